/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON documents: the same keys in every interface. Each returns a new reference, or NULL when
 * out of memory. */
#ifndef CORE_CHECK_JSON_H
#define CORE_CHECK_JSON_H

#include <jansson.h>

#include "core/backend/sink.h"
#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/plan.h"
#include "core/check/row.h"

json_t *json_verdict(const struct migcompat_verdict *verdict); /* "migcompat-verdict/1" */
json_t *json_answer(const struct answer *answer);	       /* {"source":…,"choices":[…]} */
/* A finding that belongs to no one comparison. */
json_t *json_warning(const char *field, const char *text);
/* The same object in each document. side: its text begins with that; NULL: with nothing. */
json_t *json_mechanism(const struct mechanism *mechanism, const char *side);
json_t *json_row(const struct row *row);    /* one device of "list" */
json_t *json_device(const struct row *row); /* "migcompat-device/1", for "show" */
json_t *json_parameters(const struct device *device, const struct migcompat_sink *sink);
json_t *json_plan(const struct plan *plan, const struct migcompat_verdict *verdict);
json_t *json_backend(const struct backend_info *info);
json_t *json_provider(
	struct provider *provider); /* the same, with how its worker fares; waits for nobody */
json_t *
json_backends(const struct engine *engine);	 /* "migcompat-backends/1", of a settled engine */
json_t *json_error(int error, const char *text); /* "migcompat-error/1" */

/*
 * ask_device_with or, if source is NULL, ask_text, as a document. flags: of enum ask_flags. A
 * string that is none and a source that has none are answers as well: no choice, with the reason.
 * So is a source that is held. If each device that was asked failed, nobody said no: that is an
 * error in the document.
 */
int json_ask(const struct engine *engine, const struct device *source, const char *text, size_t len,
	     const char *host, unsigned flags, json_t **ret, struct error *err);

/*
 * Put a new reference into a document that is being made. If that fails, all of it becomes NULL
 * and stays so: a document lacks nothing or does not come out.
 */
void json_set(json_t **object, const char *key, json_t *value);
void json_append(json_t **array, json_t *value);

/*
 * What every document says that is no answer, or no yes: "verdict", "errno", "reason" and
 * "findings", which are none.
 */
void json_refuse(json_t **object, const char *verdict, int error, const char *reason);

/* A string that is a document's whatever its bytes are; null for NULL. */
json_t *json_clean(const char *text);

/* Compact (flags 0) or any of jansson's; malloc'd, or NULL. Texts that are not UTF-8 were cleaned
 * before. */
char *json_text(json_t *document, size_t flags);

#endif
