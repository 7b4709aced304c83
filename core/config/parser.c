/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's side: starts the process, sends a text and reads the tree. The reply is checked as
 * strictly as a worker's.
 */
#include "core/config/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int start(struct conf_parser *parser, const char *name, struct error *err)
{
	static const char *const arguments[] = {"-"};
	const struct process_program program = {.path = parser->program,
						.first = WORKER_PARSE_CONFIG,
						.arguments = arguments,
						.count = 1};
	struct error why = {0};
	int r = 0;

	if (!parser->started && !parser->answer)
		r = process_start(&program, &parser->process, &why);
	if (r)
		return error_set(err, r, "%s: cannot be parsed: %s", name, why.text);
	parser->started = true;
	return 0;
}

/* Answer a request here, and put the reply where a socket would. */
static int answer_here(struct conf_parser *parser)
{
	struct wire_in request = {.bytes = parser->out.bytes, .end = parser->out.len};
	struct wire_out reply = {0};
	struct wire_message message;
	int r = wire_next(&request, CONF_TEXT_MAX + WIRE_TEXT_MAX, &message) == 1
			? parser->answer(&message, &reply)
			: -EBADMSG;

	parser->out.len = 0;
	free(parser->in.bytes);
	parser->in = (struct wire_in){.bytes = reply.bytes, .room = reply.room, .end = reply.len};
	return r;
}

static int exchange(struct conf_parser *parser, struct wire_message *ret)
{
	uint64_t deadline = wire_deadline(CONF_PARSE_MS);
	int r = parser->answer ? answer_here(parser)
			       : wire_send(&parser->out, parser->process.socket, deadline),
	    n = 0;

	while (!r && (n = wire_next(&parser->in, CONF_REPLY_MAX, ret)) == 0)
		r = wire_fill(&parser->in, parser->process.socket, deadline);
	/* Bytes after the reply would count as the next text's reply. */
	if (!r && n > 0 && parser->in.at != parser->in.end)
		return -EBADMSG;
	return r ? r : n < 0 ? n : 0;
}

/* End the process, since its next message can no longer be trusted, and set err. */
static int fail(struct conf_parser *parser, const char *name, int r, struct error *err)
{
	conf_parser_end(parser);
	if (r == -ETIMEDOUT)
		return error_set(err, r, "%s: cannot be parsed: it takes longer than %u s", name,
				 CONF_PARSE_MS / 1000);
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	if (r == -EFBIG)
		return error_set(err, r, "%s: holds more than %u settings, expected at most that",
				 name, CONF_NODES_MAX);
	return error_set(err, -EIO, "out of memory or crashed while parsing %s", name);
}

/* Read a refusal: a syntax error with its line, or line 0 and why nothing was parsed. */
static int get_refusal(struct conf_parser *parser, const char *name, struct wire_message *reply,
		       unsigned *ret_line, struct error *err)
{
	unsigned line = wire_get_u32(&reply->body);
	const char *text = wire_get_words(&reply->body, WIRE_TEXT_MAX);

	if (!text || !wire_done(&reply->body) || !line != (reply->head.status != -EINVAL))
		return fail(parser, name, -EBADMSG, err);
	*ret_line = line;
	if (line)
		return error_set(err, -EINVAL, "%s", text);
	if (reply->head.status == -EFBIG || reply->head.status == -ENOMEM)
		return fail(parser, name, reply->head.status, err);
	return error_set(err, reply->head.status, "%s: cannot be parsed: %s", name, text);
}

int conf_parse(struct conf_parser *parser, const struct conf_text *text,
	       const struct conf_node **ret, unsigned *ret_line, struct error *err)
{
	struct wire_message reply;
	struct conf_node *root;
	int r;

	*ret_line = 0;
	arena_free(&parser->nodes);
	root = arena_alloc(&parser->nodes, sizeof(*root), 8);
	if (!root)
		return error_set(err, -ENOMEM, "out of memory");
	if (text->len > CONF_TEXT_MAX)
		return error_set(err, -EFBIG, "%s: is larger than %u bytes, expected at most that",
				 text->name, CONF_TEXT_MAX);
	r = start(parser, text->name, err);
	if (r)
		return r;
	wire_begin(&parser->out, 0, WIRE_CONFIG, 0, CONF_TEXT_MAX + WIRE_TEXT_MAX);
	wire_put_text(&parser->out, text->text, text->len);
	r = wire_end(&parser->out);
	if (!r)
		r = exchange(parser, &reply);
	if (!r && (reply.head.op != WIRE_CONFIG || reply.head.status > 0))
		r = -EBADMSG;
	if (!r && reply.head.status)
		return get_refusal(parser, text->name, &reply, ret_line, err);
	if (!r)
		r = conf_get(&reply.body, &parser->nodes, root);
	if (r)
		return fail(parser, text->name, r, err);
	*ret = root;
	return 0;
}

void conf_parser_end(struct conf_parser *parser)
{
	/* The process holds nothing that could be lost. */
	if (parser->started && !parser->answer)
		process_end(&parser->process, 0, NULL, 0);
	parser->started = false;
	wire_out_free(&parser->out);
	wire_in_free(&parser->in);
	arena_free(&parser->nodes);
}
