/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The JSON documents, the same in every interface. Each function returns a new reference,
 * or NULL if memory runs out.
 */
#ifndef CORE_CHECK_JSON_H
#define CORE_CHECK_JSON_H

#include <jansson.h>

#include "core/backend/sink.h"
#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/json_common.h"
#include "core/check/plan.h"
#include "core/check/row.h"

json_t *json_verdict(const struct migcompat_verdict *verdict); /* "migcompat-verdict/1" */
json_t *json_answer(const struct answer *answer);              /* "migcompat-choices/1" */
/* The mechanism object of every document. side, unless NULL, begins its text. */
json_t *json_mechanism(const struct mechanism *mechanism, const char *side);
json_t *json_row(const struct row *row);    /* a device of "list" */
json_t *json_device(const struct row *row); /* "migcompat-device/1", for "show" */
json_t *json_parameters(const struct device *device, const struct migcompat_sink *sink);
json_t *json_plan(const struct plan *plan, const struct migcompat_verdict *verdict);
json_t *json_backend(const struct backend_info *info);
json_t *json_provider(
	struct provider *provider); /* The same with the state of its worker. Waits for nothing. */
json_t *
json_backends(const struct engine *engine);      /* "migcompat-backends/1"; the engine is settled */
json_t *json_error(int error, const char *text); /* "migcompat-error/1" */

/*
 * Ask, as a document. A string that is malformed and a source that can be none are answers too: no
 * choice, with the reason. A source that is held is one as well. If every device failed, none of
 * them refused, so the document is an error.
 */
int json_ask(const struct engine *engine, const struct ask_question *question, json_t **ret,
	     struct error *err);

#endif
