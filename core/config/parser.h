/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses configuration files in a process of their own. If libconfig runs out of memory, it
 * crashes (1.5) or aborts (later releases), and this library lives in other programs. So the
 * worker program parses, confined like a worker but for its user: it gets the text and sends the
 * tree as one bounded message. A process that ends is an error, never a default policy.
 */
#ifndef CORE_CONFIG_PARSER_H
#define CORE_CONFIG_PARSER_H

#include "core/config/tree.h"
#include "core/facts/arena.h"
#include "core/facts/error.h"
#include "core/wire/wire.h"
#include "core/worker_client/process.h"

#define CONF_PARSE_MS 30000u /* for one text */

/* Answers a request in this process, as core/config/parse.h does. For tests. */
typedef int conf_answer_fn(struct wire_message *request, struct wire_out *out);

/* Parses one text after the other with one process, which the first text starts. */
struct conf_parser {
	const char *program;    /* the worker program */
	conf_answer_fn *answer; /* in place of the program; or NULL */
	bool started;
	struct process process;
	struct wire_out out;
	struct wire_in in;
	struct arena nodes;
};

struct conf_text {
	const char *name; /* in messages */
	const char *text;
	size_t len;
};

/*
 * Parse a text. The tree lives until the next call. -EINVAL: a syntax error; *ret_line is its line
 * and err is libconfig's text. For other errors *ret_line is 0 and err is a sentence with the name:
 * -EFBIG, -EIO (the process ended), -ETIMEDOUT, or the errno of starting the process.
 */
int conf_parse(struct conf_parser *parser, const struct conf_text *text,
	       const struct conf_node **ret, unsigned *ret_line, struct error *err);
/* End the process and free the last tree. The parser may be used again. */
void conf_parser_end(struct conf_parser *parser);

#endif
