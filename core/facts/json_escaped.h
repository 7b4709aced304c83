/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON for a terminal, in which control characters (utf8.h) are escaped. */
#ifndef CORE_FACTS_JSON_ESCAPED_H
#define CORE_FACTS_JSON_ESCAPED_H

#include <jansson.h>

/*
 * json_write with JSON_ENCODE_ANY. Characters that control a terminal or cannot be seen
 * are written as \uXXXX, so a reader gets the same value. The caller frees the text.
 * NULL: out of memory, or json is NULL.
 */
char *json_escaped(const json_t *json, size_t flags);

#endif
