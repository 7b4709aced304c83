/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts that several documents have. */
#ifndef CORE_CHECK_JSON_COMMON_H
#define CORE_CHECK_JSON_COMMON_H

#include <jansson.h>

#include "core/facts/json_build.h"
#include "core/finding/result.h"

/*
 * Put the members of an answer that is an error or a no into a document: "verdict", "errno",
 * "reason", and "findings", which is empty.
 */
void json_refuse(json_t **object, const char *verdict, int error, const char *reason);

/* The text of a value; null if it has none. */
json_t *json_value(const struct migcompat_value *value);
json_t *json_finding(const struct finding *finding);
/* A finding of status "warn" that belongs to no comparison. */
json_t *json_warning(const char *field, const char *text);

/*
 * A document as text, with flags of jansson (0: compact). The caller frees it. NULL: out of memory.
 */
char *json_text(json_t *document, size_t flags);

#endif
