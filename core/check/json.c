/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds the documents from answers. Must not compare anything. If memory runs out, a document is
 * NULL, never shorter.
 */
#include "core/check/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/doubts.h"
#include "core/wire/confinement.h"

static json_t *json_side(const struct verdict_side *side)
{
	json_t *object = json_object();

	json_set(&object, "device", json_clean(side->device ? side->device->id : NULL));
	json_set(&object, "host", json_clean(side->device ? side->device->host->name : NULL));
	json_set(&object, "kind", json_clean(side->kind_known ? kind_name(side->kind) : NULL));
	json_set(&object, "type", json_clean(*side->type ? side->type : NULL));
	return object;
}

static json_t *json_state(uint32_t state, const char *text)
{
	json_t *object = json_object();

	json_set(&object, "state", json_string(state_name(state)));
	json_set(&object, "text", json_clean(text ? text : ""));
	return object;
}

static json_t *json_lines(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len)
			json_append(&list, json_stringn(text, len));
		text += len + (text[len] != '\0');
	}
	return list;
}

json_t *json_mechanism(const struct mechanism *mechanism, const char *side)
{
	char text[ERROR_TEXT_MAX * 2];
	json_t *object = json_object();

	snprintf(text, sizeof(text), "%s%s%s", side ? side : "", side ? ": " : "",
		 side && !*mechanism->text
			 ? "nobody says whether driver and kernel can move its state"
			 : mechanism->text);
	json_set(&object, "state", json_string(state_name(mechanism->state)));
	json_set(&object, "source", json_string(mechanism_source_name(mechanism->source)));
	json_set(&object, "features",
		 mechanism->features ? json_lines(mechanism->features) : json_null());
	json_set(&object, "text", json_clean(text));
	return object;
}

json_t *json_verdict(const struct migcompat_verdict *verdict)
{
	const struct migcompat_result *result = &verdict->result;
	json_t *object = json_object(), *findings = json_array(), *rules = json_array();
	const char *side = NULL;
	const struct mechanism *mechanism = verdict_mechanism(verdict, &side);
	char reason[ERROR_TEXT_MAX * 2];

	for (size_t i = 0; i < result->count; i++)
		json_append(&findings, json_finding(&result->findings[i]));
	for (size_t i = 0; i < verdict->nrules; i++)
		json_append(&rules, json_clean(verdict->rules[i]));
	json_set(&object, "format", json_string("migcompat-verdict/1"));
	json_set(&object, "verdict", json_string(verdict_name(verdict->code)));
	json_set(&object, "grade", json_clean(grade_name(verdict->grade)));
	json_set(&object, "limit", json_clean(limit_name(verdict->limit)));
	json_set(&object, "errno", json_clean(verdict->error ? error_name(verdict->error) : NULL));
	json_set(&object, "reason", json_clean(verdict_reason(verdict, reason, sizeof(reason))));
	json_set(&object, "source", json_side(&verdict->source));
	json_set(&object, "target", json_side(&verdict->target));
	json_set(&object, "findings", findings);
	json_set(&object, "truncated", json_integer((json_int_t)result->truncated));
	json_set(&object, "mechanism", json_mechanism(mechanism, side));
	json_set(&object, "availability",
		 json_state(result->availability, result->availability_text));
	json_set(&object, "policy", rules);
	json_set(&object, "forced", json_boolean(verdict->forced));
	json_set(&object, "source_fingerprint",
		 json_clean(*verdict->source.fingerprint ? verdict->source.fingerprint : NULL));
	json_set(&object, "target_fingerprint",
		 json_clean(*verdict->target.fingerprint ? verdict->target.fingerprint : NULL));
	return object;
}

static json_t *json_choice(const struct choice *choice)
{
	json_t *object = json_object();

	json_set(&object, "device", json_clean(choice->device->id));
	json_set(&object, "host", json_clean(choice->device->host->name));
	json_set(&object, "kind", json_string(kind_name(choice->device->kind)));
	json_set(&object, "type", json_clean(choice->type));
	json_set(&object, "grade", json_clean(grade_name(choice->grade)));
	json_set(&object, "availability", json_state(choice->availability, choice->text));
	json_set(&object, "mechanism", json_mechanism(&choice->mechanism, NULL));
	json_set(&object, "extra",
		 json_integer(choice->extra > INT64_MAX ? INT64_MAX : (json_int_t)choice->extra));
	json_set(&object, "set", json_clean(choice->candidate));
	json_set(&object, "text", json_clean(choice->text ? choice->text : ""));
	return object;
}

static json_t *json_refused(const struct refused *refused)
{
	json_t *object = json_object();

	json_set(&object, "device", json_clean(refused->device->id));
	json_set(&object, "host", json_clean(refused->device->host->name));
	json_set(&object, "kind", json_string(kind_name(refused->device->kind)));
	json_set(&object, "limit", json_clean(limit_name(refused->limit)));
	json_set(&object, "availability", json_state(refused->availability, refused->available));
	json_set(&object, "text", json_clean(refused->text));
	return object;
}

/* JSON null: refused devices were not asked for. */
static json_t *json_all_refused(const struct answer *answer)
{
	json_t *list = answer->flags & ASK_REFUSED ? json_array() : json_null();

	for (size_t i = 0; i < answer->nrefused; i++)
		json_append(&list, json_refused(&answer->refused[i]));
	return list;
}

json_t *json_answer(const struct answer *answer)
{
	json_t *object = json_object(), *choices = json_array(), *unanswered = json_array();

	for (size_t i = 0; i < answer->nchoices; i++)
		json_append(&choices, json_choice(&answer->choices[i]));
	for (size_t i = 0; i < answer->nunanswered; i++) {
		json_t *entry = json_object();

		json_set(&entry, "device", json_clean(answer->unanswered[i].device->id));
		json_set(&entry, "host", json_clean(answer->unanswered[i].device->host->name));
		json_set(&entry, "text", json_clean(answer->unanswered[i].text));
		json_append(&unanswered, entry);
	}
	json_set(&object, "format", json_string("migcompat-choices/1"));
	json_set(&object, "source", json_side(&answer->source));
	json_set(&object, "choices", choices);
	json_set(&object, "unanswered", unanswered);
	json_set(&object, "refused", json_all_refused(answer));
	json_set(&object, "asked", json_integer((json_int_t)answer->asked));
	return object;
}

/* Add the reason of an answer, if there is one. */
static void ask_reason(const struct engine *engine, const struct answer *answer, json_t **object)
{
	const struct device *source = answer->source.device;
	char reason[ERROR_TEXT_MAX * 2], held[ERROR_TEXT_MAX];

	if (answer->asked && answer->asked == answer->nunanswered) {
		const struct unanswered *first = &answer->unanswered[0];

		snprintf(reason, sizeof(reason),
			 "none of the %zu devices of this backend could be asked; %s//%s: %s",
			 answer->asked, first->device->host->name, first->device->id, first->text);
		json_refuse(object, "error", -EIO, reason);
	} else if (engine->holds_unread && answer->nunanswered && !answer->nchoices) {
		json_refuse(object, "error", -EACCES, engine->holds_unread);
	} else if (source && engine->hold &&
		   engine->hold(engine->hold_arg, source, held, sizeof(held))) {
		snprintf(reason, sizeof(reason), "source %s is held: %s", source->id, held);
		json_set(object, "reason", json_clean(reason));
	}
}

int json_ask(const struct engine *engine, const struct ask_question *question, json_t **ret,
	     struct error *err)
{
	const struct device *source = question->source;
	struct answer answer = {0};
	json_t *object;
	int r = ask_targets(engine, question, &answer, err);

	if (r && (source ? r != -ENODEV : r != -EINVAL && r != -E2BIG))
		return r;
	if (r) {
		answer =
			(struct answer){.flags = question->flags,
					.source = {.device = source, .kind_known = source != NULL}};
		answer.source.kind = source ? source->kind : MIGCOMPAT_KIND_MDEV;
	}
	object = json_answer(&answer);
	if (r)
		json_set(&object, "reason", json_clean(err->text));
	else
		ask_reason(engine, &answer, &object);
	json_set(&object, "findings",
		 doubts_ask(engine, source ? source->host : NULL, question->host));
	answer_free(&answer);
	if (!object)
		return error_set(err, -ENOMEM, "out of memory");
	*ret = object;
	return 0;
}

json_t *json_row(const struct row *row)
{
	const struct device *device = row->device;
	json_t *object = json_object();

	json_set(&object, "device", json_clean(device->id));
	json_set(&object, "host", json_clean(device->host->name));
	json_set(&object, "kind", json_string(kind_name(device->kind)));
	json_set(&object, "driver", json_clean(row->driver));
	json_set(&object, "parent", json_clean(device->parent));
	json_set(&object, "path", json_clean(device->path));
	json_set(&object, "type", json_clean(row->type));
	json_set(&object, "model", json_clean(row->model));
	json_set(&object, "label", json_clean(row->label));
	json_set(&object, "backend", json_clean(row->backend));
	json_set(&object, "migratable", json_string(row_migratable(row)));
	json_set(&object, "source", json_string(state_name(row->source)));
	json_set(&object, "target", json_string(state_name(row->target)));
	json_set(&object, "mechanism", json_mechanism(&row->mechanism, NULL));
	json_set(&object, "availability", json_state(row->available, row->available_text));
	json_set(&object, "reason", json_clean(row->reason ? row->reason : ""));
	json_set(&object, "class", json_clean(row->class));
	json_set(&object, "version", json_clean(row->version));
	json_set(&object, "fingerprint", json_clean(row->fingerprint));
	json_set(&object, "hold", json_clean(row->hold));
	return object;
}

json_t *json_device(const struct row *row)
{
	json_t *object = json_row(row);

	json_set(&object, "format", json_string("migcompat-device/1"));
	if (row->error)
		json_refuse(&object, "error", row->error, row->reason ? row->reason : "");
	return object;
}

json_t *json_parameters(const struct device *device, const struct migcompat_sink *sink)
{
	static const char *const types[] = {"bool", "int", "str"};
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < sink->nparameters; i++) {
		const struct migcompat_parameter *parameter = &sink->parameters[i];
		json_t *entry = json_object();

		json_set(&entry, "name", json_clean(parameter->name));
		json_set(&entry, "type", json_string(types[parameter->type]));
		json_set(&entry, "value", json_clean(parameter->value));
		json_set(&entry, "allowed_values", json_clean(parameter->allowed));
		json_set(&entry, "init_value", json_clean(parameter->init));
		json_set(&entry, "off_value", json_clean(parameter->off));
		json_set(&entry, "attribute", json_clean(parameter->attribute));
		json_set(&entry, "runtime", json_boolean(parameter->runtime));
		json_set(&entry, "description",
			 json_clean(parameter->description ? parameter->description : ""));
		json_append(&list, entry);
	}
	json_set(&object, "format", json_string("migcompat-parameters/1"));
	json_set(&object, "device", json_clean(device->id));
	json_set(&object, "host", json_clean(device->host->name));
	json_set(&object, "parameters", list);
	return object;
}

json_t *json_plan(const struct plan *plan, const struct migcompat_verdict *verdict)
{
	json_t *object = json_object(), *writes = json_array();

	for (size_t i = 0; i < plan->nwrites; i++) {
		json_t *entry = json_object();

		json_set(&entry, "path", json_clean(plan->writes[i].path));
		json_set(&entry, "value", json_clean(plan->writes[i].value));
		json_set(&entry, "runtime", json_boolean(plan->writes[i].runtime));
		json_append(&writes, entry);
	}
	json_set(&object, "format", json_string("migcompat-plan/1"));
	json_set(&object, "verdict", json_verdict(verdict));
	json_set(&object, "writes", writes);
	return object;
}

json_t *json_backend(const struct backend_info *info)
{
	json_t *object = json_object(), *keys = json_array();

	for (size_t i = 0; i < info->nkeys && !info->error; i++)
		json_append(&keys, json_clean(info->keys[i]));
	json_set(&object, "name", json_clean(info->error ? NULL : info->name));
	json_set(&object, "version", json_clean(info->error ? NULL : info->version));
	json_set(&object, "description", json_clean(info->error ? NULL : info->description));
	json_set(&object, "keys", keys);
	json_set(&object, "fallback", json_boolean(!info->error && info->fallback));
	json_set(&object, "file", json_clean(info->path));
	json_set(&object, "status", json_string(info->error ? "failed" : "loaded"));
	json_set(&object, "reason", json_clean(info->error ? info->error : ""));
	return object;
}

json_t *json_provider(struct provider *provider)
{
	static const char *const states[PROVIDER_STATE_COUNT] = {
		[PROVIDER_HERE] = "running",          [PROVIDER_RUNNING] = "running",
		[PROVIDER_RESTARTING] = "restarting", [PROVIDER_PARKED] = "parked",
		[PROVIDER_ENDED] = "failed",
	};
	json_t *object = json_backend(&provider->info);
	char text[CONFINEMENT_TEXT_MAX];
	struct provider_status status;

	provider_status(provider, &status);
	json_set(&object, "state", json_string(states[status.state]));
	json_set(&object, "restarts",
		 json_integer(status.generation ? (json_int_t)status.generation - 1 : 0));
	json_set(&object, "ended", json_clean(*status.death.text ? status.death.text : NULL));
	json_set(&object, "unconfined",
		 status.missing ? json_string(confinement_text(status.missing, text, sizeof(text)))
				: json_null());
	return object;
}

json_t *json_backends(const struct engine *engine)
{
	json_t *object = json_object(), *backends = json_array();

	for (size_t i = 0; i < engine->nproviders; i++)
		json_append(&backends, json_provider(engine->providers[i]));
	json_set(&object, "format", json_string("migcompat-backends/1"));
	json_set(&object, "backends", backends);
	return object;
}

json_t *json_error(int error, const char *text)
{
	json_t *object = json_object();

	json_set(&object, "format", json_string("migcompat-error/1"));
	json_refuse(&object, "error", error, text);
	return object;
}
