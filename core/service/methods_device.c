/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods about devices: the questions of the command line, with the same documents as answers. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/check/ask.h"
#include "core/check/json.h"
#include "core/service/call.h"
#include "core/service/log.h"

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* ---------------------------------------------------------------- rows */

/* A row with its hold. */
static json_t *held_row(const struct call *call, const struct row *row)
{
	json_t *object = json_row(row);

	if (object && json_object_set_new(object, "hold", json_clean(holds_find(call->context->holds, row->device))) == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* Takes the array over. */
static json_t *list_document(json_t *devices)
{
	return devices ? json_pack("{s:s,s:o}", "format", "migcompat-list/1", "devices", devices) : NULL;
}

static json_t *array_of(json_t *value)
{
	json_t *array = json_array();

	if (!value || json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* One more row; taken over. With "more" it is kept until it is known whether it is the last. 0, or negative. */
static int list_add(struct call *call, json_t *row)
{
	json_t *before = call->kept;
	int r = 0;

	if (!row)
		return -ENOMEM;
	if (!call->text.more)
		return json_array_append_new(call->kept, row) ? -ENOMEM : 0;
	call->kept = row;
	if (before)
		r = call_reply(call, list_document(array_of(before)), true);
	return r < 0 ? r : 0;
}

static int list_end(struct call *call)
{
	json_t *kept = call->kept;

	call->kept = NULL;
	return call_reply(call, list_document(call->text.more ? array_of(kept) : kept), false);
}

static int list_begin(struct call *call)
{
	struct error err = {0};
	int r = view_open(call->context->world, NULL, &call->view, &err);

	if (r)
		return call_refuse(call, "Failed", r, "%s", err.text);
	if (!call->text.more)
		call->kept = json_array();
	return call->text.more || call->kept ? 0 : -ENOMEM;
}

int method_list(struct call *call)
{
	bool types = json_is_true(json_object_get(call->text.parameters, "types"));
	const struct inventory *inventory = &call->view.engine.inventory;
	struct arena arena = {0};
	struct row row;
	int r = call->view.world ? 0 : list_begin(call);

	for (size_t i = 0; i < CALL_STEP_DEVICES && call->next < inventory->ndevices && !r; call->next++) {
		const struct device *device = &inventory->devices[call->next];

		if (!types && device->kind == MIGCOMPAT_KIND_MDEV_TYPE)
			continue;
		i++;
		r = row_make(&call->view.engine, device, &arena, &row);
		if (!r)
			r = list_add(call, held_row(call, &row));
		arena_free(&arena);
	}
	if (r || call->next < inventory->ndevices)
		return r;
	return list_end(call);
}

int method_describe(struct call *call)
{
	const struct device *device = NULL;
	struct arena arena = {0};
	json_t *object = NULL;
	struct row row;
	int r = call_device(call, "device", &device), failed;

	if (r)
		return r;
	r = row_make(&call->view.engine, device, &arena, &row);
	if (!r)
		object = held_row(call, &row);
	failed = !object || json_object_set_new(object, "format", json_string("migcompat-device/1"));
	if (!failed && row.error)
		failed = json_object_set_new(object, "verdict", json_string("error")) ||
			 json_object_set_new(object, "errno", json_string(error_name(row.error)));
	arena_free(&arena);
	if (!failed)
		return call_reply(call, object, false);
	json_decref(object);
	return -ENOMEM;
}

/* ---------------------------------------------------------------- questions about one */

/* What a backend said of a device instead of an answer. */
static int device_refused(struct call *call, const struct device *device, int r, const struct error *err)
{
	return call_refuse(call, r == -ENODEV ? "NotMigratable" : "Failed", r, "%s: %s", device->id, err->text);
}

int method_version(struct call *call)
{
	struct log_answer answer = {.method = "Version", .uid = call->peer.uid, .verdict = "read"};
	char text[MIGCOMPAT_STRING_MAX + 1], hash[FINGERPRINT_SIZE];
	const struct device *device = NULL;
	struct opened *opened = NULL;
	const char *reason;
	struct error err = {0};
	uint64_t start = now_us();
	int r = call_device(call, "device", &device);

	if (r)
		return r;
	reason = holds_find(call->context->holds, device);
	if (reason)
		return call_refuse(call, "DeviceHeld", -EBUSY, "%s is held: %s", device->id, reason);
	r = engine_open(&call->view.engine, device, &opened, &err);
	if (!r)
		r = check_version(opened, text, sizeof(text), &err);
	opened_close(opened);
	if (r < 0)
		return device_refused(call, device, r, &err);
	fingerprint_text(text, (size_t)r, hash);
	answer.source = device->id;
	answer.hash = hash;
	answer.duration_us = now_us() - start;
	log_answered(&answer);
	return call_reply(call,
			  json_pack("{s:s,s:o,s:o,s:s}", "format", "migcompat-version/1", "device", json_clean(device->id), "host",
				    json_clean(device->host->name), "version", text),
			  false);
}

int method_params(struct call *call)
{
	const struct device *device = NULL;
	struct migcompat_sink sink = {0};
	struct error err = {0};
	int r = call_device(call, "device", &device);

	if (r)
		return r;
	r = plan_parameters(&call->view.engine, device, &sink, &err);
	if (r)
		r = device_refused(call, device, r, &err);
	else
		r = call_reply(call, json_parameters(device, &sink), false);
	sink_free(&sink);
	return r;
}

/* ---------------------------------------------------------------- check and ask */

/* The source of a question: a device, or NULL and a string. 0, or as call_refuse. */
static int source_find(struct call *call, const struct device **ret_device, const char **ret_text)
{
	const char *name = call_text(call, "source"), *text = call_text(call, "version");

	*ret_text = text;
	if ((name != NULL) == (text != NULL))
		return call_invalid(call, name ? "version" : "source");
	return name ? call_device(call, "source", ret_device) : 0;
}

static int view_all(struct call *call)
{
	struct error err = {0};
	int r = view_open(call->context->world, NULL, &call->view, &err);

	return r ? call_refuse(call, "Failed", r, "%s", err.text) : 0;
}

static void log_verdict(const struct call *call, const struct migcompat_verdict *verdict, uint64_t duration_us)
{
	const struct log_answer answer = {
		.method = "Check",
		.source = verdict->source.device ? verdict->source.device->id : NULL,
		.target = verdict->target.device ? verdict->target.device->id : NULL,
		.hash = verdict->source.fingerprint,
		.verdict = verdict_name(verdict->code),
		.limit = limit_name(verdict->limit),
		.error = verdict->error ? error_name(verdict->error) : NULL,
		.duration_us = duration_us,
		.uid = call->peer.uid,
	};

	log_answered(&answer);
}

int method_check(struct call *call)
{
	const struct device *source = NULL, *target = NULL;
	struct migcompat_verdict verdict = {0};
	uint64_t start = now_us();
	const char *text = NULL;
	int r = 0;

	/* A string is asked about one device; two devices may be any two. */
	if (call_text(call, "source"))
		r = view_all(call);
	if (!r)
		r = source_find(call, &source, &text);
	if (!r)
		r = call_device(call, "target", &target);
	if (r)
		return r;
	r = source ? check_devices(&call->view.engine, source, target, &verdict)
		   : check_text(&call->view.engine, text, strlen(text), target, &verdict);
	if (!r) {
		verdict_expect(&verdict, call_text(call, "fingerprint"));
		log_verdict(call, &verdict, now_us() - start);
		r = call_reply(call, json_verdict(&verdict), false);
	}
	verdict_clear(&verdict);
	return r;
}

static bool host_known(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->nhosts; i++)
		if (strcmp(inventory->hosts[i]->name, name) == 0)
			return true;
	return false;
}

/* The answer's document into kept. A source that has no choice whatever the targets are is an answer too. */
static int ask_begin(struct call *call)
{
	const struct engine *engine = &call->view.engine;
	const char *text = NULL, *host = call_text(call, "host"), *held;
	const struct device *source = NULL;
	struct answer answer = {0};
	struct error err = {0};
	char reason[ERROR_TEXT_MAX * 2] = "";
	int r = view_all(call);

	if (!r)
		r = source_find(call, &source, &text);
	if (r)
		return r;
	if (host && !host_known(&engine->inventory, host))
		return call_refuse(call, "HostNotFound", -ENOENT, "no host \"%s\"", host);
	r = source ? ask_device(engine, source, host, &answer, &err) : ask_text(engine, NULL, text, strlen(text), host, &answer, &err);
	if (r && r != -ENODEV && (source || (r != -EINVAL && r != -E2BIG)))
		return source ? device_refused(call, source, r, &err) : call_refuse(call, "Failed", r, "%s", err.text);
	held = source ? holds_find(call->context->holds, source) : NULL;
	if (r)
		snprintf(reason, sizeof(reason), "%s", err.text);
	else if (held)
		snprintf(reason, sizeof(reason), "source %s is held: %s", source->id, held);
	if (r) {
		answer = (struct answer){.source = {.device = source, .kind_known = source != NULL}};
		answer.source.kind = source ? source->kind : MIGCOMPAT_KIND_MDEV;
	}
	call->kept = json_answer(&answer);
	answer_free(&answer);
	if (!call->kept || (*reason && json_object_set_new(call->kept, "reason", json_clean(reason))))
		return -ENOMEM;
	return 0;
}

/* The whole document with one choice of it, and only in the last reply what stands beside the choices. */
static json_t *ask_portion(const struct call *call, size_t index, bool last)
{
	json_t *portion = json_copy(call->kept), *choices = json_array();
	int failed = !portion || !choices;

	if (!failed)
		failed |= json_array_append(choices, json_array_get(json_object_get(call->kept, "choices"), index));
	failed |= json_object_set_new(portion, "choices", choices);
	if (!last)
		failed |= json_object_set_new(portion, "unanswered", json_array());
	if (!failed)
		return portion;
	json_decref(portion);
	return NULL;
}

int method_ask(struct call *call)
{
	int r = call->kept ? 0 : ask_begin(call);
	size_t count;

	if (r)
		return r;
	count = json_array_size(json_object_get(call->kept, "choices"));
	if (!call->text.more || count == 0)
		return call_reply(call, json_incref(call->kept), false);
	for (size_t i = 0; i < CALL_STEP_DEVICES && call->next < count; i++, call->next++) {
		bool last = call->next + 1 == count;

		r = call_reply(call, ask_portion(call, call->next, last), !last);
		if (r < 0)
			return r;
	}
	return call->next == count;
}
