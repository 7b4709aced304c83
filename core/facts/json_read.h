/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads one JSON value into jansson's tree. This lexer replaces jansson's, which drops a byte
 * of a token if its buffer cannot grow, or reads past its end. Jansson's allocator belongs to
 * the whole program, so the library cannot watch it for failures. Here each failed allocation
 * is -ENOMEM: there is the whole tree or none.
 */
#ifndef CORE_FACTS_JSON_READ_H
#define CORE_FACTS_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/facts/error.h"

#define JSON_READ_DEPTH_MAX 2048u /* the same limit as jansson's */

/* The text, in pieces. */
struct json_input {
	const char *at; /* the unread part is at..end */
	const char *end;
	/*
	 * Provide the next piece, after at reached end. false: there is none, or it
	 * cannot be read.
	 */
	bool (*more)(struct json_input *input);
	bool nul;          /* are zero bytes in strings accepted? */
	size_t containers; /* arrays and objects so far */
	size_t containers_max;
};

/*
 * Read the next value; at is after it then. A member that occurs twice is refused.
 * -ENOMEM. -ENODATA: the text ends within the value. -E2BIG: there are too many
 * containers. -EINVAL: bad JSON at at; why has the reason.
 */
int json_read(struct json_input *input, json_t **ret, struct error *why);

#endif
