/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One JSON value from bytes to jansson's tree. The lexer is ours: if jansson's cannot get
 * memory for a longer token, it drops a byte of it and goes on. Here every failed
 * allocation is -ENOMEM, and the tree holds what the text says or there is none.
 */
#ifndef CORE_FACTS_JSON_READ_H
#define CORE_FACTS_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/facts/error.h"

#define JSON_READ_DEPTH_MAX 2048u /* values inside each other, as jansson has it */

/* The text, in stretches. */
struct json_input {
	const char *at; /* at..end are yet to be read */
	const char *end;
	/*
	 * Set the next stretch, if at is end. false: the text ends here, or cannot be read
	 * any further.
	 */
	bool (*more)(struct json_input *input);
	bool nul;	   /* are zero bytes in strings taken? */
	size_t containers; /* that were begun */
	size_t containers_max;
};

/*
 * Read the value that comes next; at stands behind it then. Members that stand twice are
 * refused. -ENOMEM; -ENODATA: the text ends within the value; -E2BIG: too many containers;
 * -EINVAL, and why says what is wrong at at.
 */
int json_read(struct json_input *input, json_t **ret, struct error *why);

#endif
