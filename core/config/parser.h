/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing in a process of its own. libconfig ends a program that runs out of memory, by a
 * crash or by abort(), and this library lives in other programs. So the worker program
 * parses: it gets the text and sends the tree, or it ends, which is an error.
 */
#ifndef CORE_CONFIG_PARSER_H
#define CORE_CONFIG_PARSER_H

#include "core/worker_client/process.h"
#include "core/wire/wire.h"
#include "core/config/tree.h"
#include "core/facts/arena.h"
#include "core/facts/error.h"

#define CONF_PARSE_MS 30000u /* for one text */

/* Carries out a request in this process, as core/config/parse.h does: for tests. */
typedef int conf_answer_fn(struct wire_message *request, struct wire_out *out);

/* Texts are parsed one after the other by one process, which the first one starts. */
struct conf_parser {
	const char *program;	/* the worker program */
	conf_answer_fn *answer; /* or NULL: the program does it */
	bool started;
	struct process process;
	struct wire_out out;
	struct wire_in in;
	struct arena nodes;
};

/*
 * Parse a text; name stands for it in messages. The tree lives until the next call.
 * -EINVAL: a syntax error, *ret_line is its line in the text and err is what libconfig
 * says; in all other cases *ret_line is 0 and err is a sentence with the name: -EFBIG,
 * -EIO (the process ended), -ETIMEDOUT, or why it could not be started.
 */
int conf_parse(struct conf_parser *parser, const char *name, const char *text, size_t len,
	       const struct conf_node **ret, unsigned *ret_line, struct error *err);
/* End the process and free the last tree. It may be used again. */
void conf_parser_end(struct conf_parser *parser);

#endif
