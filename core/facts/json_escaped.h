/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON for a terminal: no control character of utf8.h stands in it as such. */
#ifndef CORE_FACTS_JSON_ESCAPED_H
#define CORE_FACTS_JSON_ESCAPED_H

#include <jansson.h>

/*
 * json_write with JSON_ENCODE_ANY, except that characters which steer a terminal or cannot be seen
 * are written as \uXXXX: a reader gets the same value. malloc'd. NULL: out of memory, or json is
 * NULL.
 */
char *json_escaped(const json_t *json, size_t flags);

#endif
