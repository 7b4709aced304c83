/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jansson's tree to text, whole or not at all. json_dumps does not look whether the name
 * of a member was written: out of memory, it leaves bytes of it out and goes on. Nothing
 * else in the library and the programs turns trees into text.
 */
#ifndef CORE_FACTS_JSON_WRITE_H
#define CORE_FACTS_JSON_WRITE_H

#include <stddef.h>

#include <jansson.h>

/*
 * flags: jansson's, for compact or indented text. malloc'd; NULL: out of memory, or json
 * is NULL.
 */
char *json_write(const json_t *json, size_t flags);

#endif
