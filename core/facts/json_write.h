/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes jansson's trees as text. The library and the programs use it in place of
 * json_dumps. If memory runs out, json_dumps leaves out bytes of a member's name.
 */
#ifndef CORE_FACTS_JSON_WRITE_H
#define CORE_FACTS_JSON_WRITE_H

#include <stddef.h>

#include <jansson.h>

/*
 * flags are jansson's, for compact or indented text. The caller frees the text. NULL: out
 * of memory, or json is NULL.
 */
char *json_write(const json_t *json, size_t flags);

#endif
