/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods about devices. Their replies are the documents of the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/check/ask.h"
#include "core/check/doubts.h"
#include "core/check/json.h"
#include "core/facts/base64.h"
#include "core/facts/json_escaped.h"
#include "core/facts/json_source.h"
#include "core/service/clock.h"
#include "core/service/log.h"
#include "core/service/varlink/call_view.h"
#include "core/service/varlink/methods.h"

/* ---------------------------------------------------------------- rows */

#define CHOICE_BYTES 96u    /* of a kept choice, besides its text */
#define REFUSED_BYTES 1024u /* of a kept refusal, with a reason of usual length */
#define LIST_FORMAT "migcompat-list/1"

/* Takes both over. row: NULL if there is none. */
static json_t *list_document(json_t *row, json_t *findings)
{
	json_t *document = json_object(), *devices = json_array();

	if (row)
		json_append(&devices, json_incref(row));
	json_set(&document, "format", json_string(LIST_FORMAT));
	json_set(&document, "devices", devices);
	json_set(&document, "findings", findings);
	return document;
}

/*
 * With "more", each device is one reply. A row is kept until it is known whether it is
 * the last. 0, or negative. Takes the row over.
 */
static int list_add_more(struct call *call, json_t *row)
{
	json_t *before = call->kept;
	int r = 0;

	call->kept = row;
	if (before)
		r = call_reply(call, list_document(before, json_array()), true);
	json_decref(before);
	return r < 0 ? r : 0;
}

/*
 * Without "more", there is one reply. It is sent while it is made, so that a long list is
 * never in memory as a whole. 0, or negative. Takes the row over.
 */
static int list_add_whole(struct call *call, json_t *row)
{
	char *text = json_escaped(row, JSON_COMPACT);
	int r = text ? 0 : -ENOMEM;

	if (!r && call->listed)
		r = call_part(call, ",", 1);
	if (!r)
		r = call_part(call, text, strlen(text));
	call->listed = true;
	free(text);
	json_decref(row);
	return r;
}

static int list_add(struct call *call, json_t *row)
{
	if (!row)
		return -ENOMEM;
	return call->text.more ? list_add_more(call, row) : list_add_whole(call, row);
}

static int list_end_whole(struct call *call, json_t *findings)
{
	static const char before[] = "],\"findings\":", end[] = "}}";
	char *text = json_escaped(findings, JSON_COMPACT);
	int r = text ? call_part(call, before, sizeof(before) - 1) : -ENOMEM;

	if (!r)
		r = call_part(call, text, strlen(text));
	if (!r)
		r = call_part(call, end, sizeof(end));
	free(text);
	json_decref(findings);
	return r ? r : 1;
}

static int list_end(struct call *call)
{
	json_t *findings = doubts_list(&call->view.engine);

	if (call->text.more)
		return call_reply(call, list_document(call->kept, findings), false);
	return list_end_whole(call, findings);
}

static int list_begin(struct call *call)
{
	static const char begin[] = "{\"parameters\":{\"format\":\"" LIST_FORMAT "\",\"devices\":[";
	int r = call_view(call, NULL);

	if (r)
		return r;
	return call->text.more ? 0 : call_part(call, begin, sizeof(begin) - 1);
}

int method_list(struct call *call)
{
	bool types = json_is_true(json_object_get(call->text.parameters, "types"));
	const struct inventory *inventory = &call->view.engine.inventory;
	struct arena arena = {0};
	struct row row;
	int r = call->view.world ? 0 : list_begin(call);

	for (size_t i = 0; i < CALL_STEP_DEVICES && call->next < inventory->ndevices && !r;
	     call->next++) {
		const struct device *device = &inventory->devices[call->next];

		if (!types && device->kind == MIGCOMPAT_KIND_MDEV_TYPE)
			continue;
		i++;
		r = row_make(&call->view.engine, device, &arena, &row);
		if (!r)
			r = list_add(call, json_row(&row));
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
	struct row row;
	int r = call_device(call, "device", &device);

	if (r)
		return r;
	r = row_make(&call->view.engine, device, &arena, &row);
	if (!r)
		r = call_reply(call, json_device(&row), false);
	arena_free(&arena);
	return r;
}

/* ---------------------------------------------------------------- questions about one */

/* Reply with a backend's error about a device. */
static int device_refused(struct call *call, const struct device *device, int r,
			  const struct error *err)
{
	return call_refuse(call, r == -ENODEV ? "NotMigratable" : "Failed", r, "%s: %s", device->id,
			   err->text);
}

int method_version(struct call *call)
{
	struct log_answer answer = {.method = "Version", .uid = call->peer.uid, .verdict = "read"};
	char text[MIGCOMPAT_STRING_MAX + 1], hash[FINGERPRINT_SIZE];
	const struct device *device = NULL;
	char reason[HOLD_REASON_BYTES + 1];
	struct error err = {0};
	uint64_t start = now_us();
	int r = call_device(call, "device", &device);

	if (r)
		return r;
	if (holds_find(call->context->holds, device, reason, sizeof(reason)))
		return call_refuse(call, "DeviceHeld", -EBUSY, "%s is held: %s", device->id,
				   reason);
	r = check_source(&call->view.engine, device, text, sizeof(text), &err);
	if (r < 0)
		return device_refused(call, device, r, &err);
	fingerprint_text(text, (size_t)r, hash);
	answer.source = device->id;
	answer.hash = hash;
	answer.duration_us = now_us() - start;
	log_answered(&answer);
	return call_reply(call,
			  json_pack("{s:s,s:o,s:o,s:s}", "format", "migcompat-version/1", "device",
				    json_clean(device->id), "host", json_clean(device->host->name),
				    "version", text),
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

/* The source of a question: a device, or a string (then device is NULL). */
struct source {
	const struct device *device;
	const char *text;
	size_t len;
	char *bytes; /* decoded from base64, or NULL */
};

/* "bytes" also carries what no JSON string can hold. */
static int source_decode(struct call *call, const char *base64, struct source *ret)
{
	size_t len = strlen(base64);
	char *bytes = malloc(len + 1);

	if (!bytes)
		return -ENOMEM;
	if (base64_decode(base64, len, bytes, &ret->len)) {
		free(bytes);
		return call_invalid(call, "bytes");
	}
	ret->text = ret->bytes = bytes;
	return 0;
}

/* 0, or as call_refuse. The caller frees ret->bytes. */
static int source_find(struct call *call, struct source *ret)
{
	const char *name = call_text(call, "source"), *text = call_text(call, "version"),
		   *bytes = call_text(call, "bytes");

	*ret = (struct source){.text = text, .len = text ? strlen(text) : 0};
	if ((name != NULL) + (text != NULL) + (bytes != NULL) != 1)
		return call_invalid(call, !name ? "source" : text ? "version" : "bytes");
	if (bytes)
		return source_decode(call, bytes, ret);
	return name ? call_device(call, "source", &ret->device) : 0;
}

static void log_verdict(const struct call *call, const struct migcompat_verdict *verdict,
			uint64_t duration_us)
{
	const struct log_answer answer = {
		.method = "Check",
		.source = verdict->source.device ? verdict->source.device->id : NULL,
		.target = verdict->target.device ? verdict->target.device->id : NULL,
		.hash = verdict->source.fingerprint,
		.verdict = verdict_name(verdict->code),
		.limit = limit_name(verdict->limit),
		.error = verdict->error ? error_name(verdict->error) : NULL,
		.forced = verdict->forced,
		.duration_us = duration_us,
		.uid = call->peer.uid,
	};

	log_answered(&answer);
}

int method_check(struct call *call)
{
	const struct device *target = NULL;
	struct migcompat_verdict verdict = {0};
	struct source source = {0};
	uint64_t start = now_us();
	int r = 0;

	/* If the source is a device too, both must be in one view. */
	if (call_text(call, "source"))
		r = call_view(call, NULL);
	if (!r)
		r = source_find(call, &source);
	if (!r)
		r = call_device(call, "target", &target);
	if (r)
		goto out;
	r = source.device
		    ? check_devices(&call->view.engine, source.device, target, &verdict)
		    : check_text(&call->view.engine, source.text, source.len, target, &verdict);
	if (!r) {
		verdict_expect(&verdict, call_text(call, "fingerprint"));
		log_verdict(call, &verdict, now_us() - start);
		r = call_reply(call, json_verdict(&verdict), false);
	}
	verdict_clear(&verdict);
out:
	free(source.bytes);
	return r;
}

static unsigned ask_flags(const struct call *call)
{
	static const struct {
		const char *name;
		unsigned flags;
	} table[] = {{"available", ASK_AVAILABLE},
		     {"other_hosts", ASK_OTHER_HOSTS},
		     {"all", ASK_REFUSED | ASK_OTHERS}};
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (json_is_true(json_object_get(call->text.parameters, table[i].name)))
			flags |= table[i].flags;
	return flags;
}

/* Make the whole answer's document, and keep it. */
static int ask_begin(struct call *call)
{
	const struct engine *engine = &call->view.engine;
	const char *host = call_text(call, "host");
	struct source source = {0};
	struct error err = {0};
	int r = call_view(call, NULL);

	if (!r)
		r = source_find(call, &source);
	if (r)
		goto out;
	/* The host of a string is unknown. */
	if (!source.device && ask_flags(call) & ASK_OTHER_HOSTS) {
		r = call_invalid(call, "other_hosts");
		goto out;
	}
	if (host && inventory_find_host(&engine->inventory, host, &err)) {
		r = call_refuse(call, "HostNotFound", -ENOENT, "%s", err.text);
		goto out;
	}
	r = json_ask(engine,
		     &(struct ask_question){
			     .source = source.device,
			     .text = source.device ? NULL : source.text,
			     .len = source.len,
			     .host = host,
			     .flags = ask_flags(call),
		     },
		     &call->kept, &err);
	if (r)
		r = source.device ? device_refused(call, source.device, r, &err)
				  : call_refuse(call, "Failed", r, "%s", err.text);
out:
	free(source.bytes);
	return r;
}

/*
 * Replace choices by their text, which takes a tenth of the memory, and drop the view. 0,
 * or as call_refuse.
 */
static int ask_keep(struct call *call)
{
	json_t *choices = json_object_get(call->kept, "choices");
	bool fits = call_charge(call, json_array_size(json_object_get(call->kept, "refused")) *
					      REFUSED_BYTES);

	for (size_t i = 0; fits && i < json_array_size(choices); i++) {
		char *text = json_escaped(json_array_get(choices, i), JSON_COMPACT);
		int failed;

		fits = text && call_charge(call, strlen(text) + CHOICE_BYTES);
		failed = json_array_set_new(choices, i, json_string(text));
		free(text);
		if (failed)
			return -ENOMEM;
	}
	if (!fits)
		return call_refuse(
			call, "Busy", -ENOBUFS,
			"too many long replies wait to be read by others; ask again later");
	view_close(&call->view);
	return 0;
}

/* json_copy drops a member silently if it is out of memory. */
static json_t *document_copy(json_t *document)
{
	json_t *copy = json_object(), *value;
	const char *key;

	json_object_foreach (document, key, value) {
		json_set(&copy, key, json_incref(value));
	}
	return copy;
}

/*
 * The document with one of its choices. Only the last reply has the members besides
 * choices.
 */
static json_t *ask_portion(const struct call *call, size_t index, bool last)
{
	const json_t *text = json_array_get(json_object_get(call->kept, "choices"), index);
	json_t *portion = document_copy(call->kept), *choices = json_array(), *choice = NULL;

	(void)json_source_text(&(struct json_text){.name = "choice",
						   .what = "text",
						   .bytes = json_string_value(text),
						   .len = json_string_length(text),
						   .max = CALL_REPLY_MAX},
			       &choice, NULL);
	json_append(&choices, choice);
	json_set(&portion, "choices", choices);
	if (!last)
		json_set(&portion, "unanswered", json_array());
	if (!last)
		json_set(&portion, "findings", json_array());
	if (!last && json_is_array(json_object_get(call->kept, "refused")))
		json_set(&portion, "refused", json_array());
	return portion;
}

int method_ask(struct call *call)
{
	bool begins = !call->kept;
	int r = begins ? ask_begin(call) : 0;
	size_t count;

	if (r)
		return r;
	count = json_array_size(json_object_get(call->kept, "choices"));
	if (!call->text.more || count == 0)
		return call_reply(call, json_incref(call->kept), false);
	if (begins)
		r = ask_keep(call);
	if (r)
		return r;
	for (size_t i = 0; i < CALL_STEP_DEVICES && call->next < count; i++, call->next++) {
		bool last = call->next + 1 == count;

		r = call_reply(call, ask_portion(call, call->next, last), !last);
		if (r < 0)
			return r;
	}
	return call->next == count;
}
