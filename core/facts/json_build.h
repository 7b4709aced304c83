/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts documents together so that a document is complete or there is none. */
#ifndef CORE_FACTS_JSON_BUILD_H
#define CORE_FACTS_JSON_BUILD_H

#include <jansson.h>

/*
 * Put a new reference into a document that is being made. If value is NULL or memory runs out, the
 * whole document becomes NULL and stays so.
 */
void json_set(json_t **object, const char *key, json_t *value);
void json_append(json_t **array, json_t *value);

/* A string. Bytes that are not UTF-8 are replaced, so that they never cost the document. null for
 * NULL. */
json_t *json_clean(const char *text);

#endif
