/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents, and a ring buffer that each watcher reads at its own pace. */
#include "core/service/watch/event_log.h"

#include <string.h>

#include "core/check/json.h"
#include "core/facts/rfc3339.h"

struct document_fields {
	const char *event;
	const char *host;
	const char *device;
	const char *kind;
	const char *old_fingerprint;
	const char *fingerprint;
	const char *hold;
};

/* Null stands for an unknown or missing value. */
static json_t *text_or_null(const char *text)
{
	return json_clean(text && *text ? text : NULL);
}

/* When the change was noticed, in the format of inventories. */
static json_t *time_now(void)
{
	char text[RFC3339_BYTES];
	size_t len = rfc3339_now(text);

	return len ? json_stringn(text, len) : NULL;
}

json_t *event_log_document(const char *event)
{
	json_t *object = json_object();

	json_set(&object, "format", json_string("migcompat-event/1"));
	json_set(&object, "event", json_string(event));
	json_set(&object, "time", time_now());
	return object;
}

static json_t *document_make(const struct document_fields *fields)
{
	json_t *object = event_log_document(fields->event);

	json_set(&object, "device", text_or_null(fields->device));
	json_set(&object, "host", text_or_null(fields->host));
	json_set(&object, "kind", text_or_null(fields->kind));
	json_set(&object, "old_fingerprint", text_or_null(fields->old_fingerprint));
	json_set(&object, "fingerprint", text_or_null(fields->fingerprint));
	json_set(&object, "hold", text_or_null(fields->hold));
	return object;
}

const char *event_log_hold(const struct hold_list *holds, const char *host, const char *device)
{
	bool there;
	size_t i = hold_list_index(holds, host, device, &there);

	return there ? holds->list[i].reason : NULL;
}

json_t *event_log_device_document(const struct event_log *log, const char *event,
				  const struct snapshot_entry *device, const char *old)
{
	const struct document_fields fields = {
		.event = event,
		.host = device->host,
		.device = device->device,
		.kind = kind_name(device->kind),
		.old_fingerprint = old,
		.fingerprint = strcmp(event, "removed") == 0 ? NULL : device->fingerprint,
		.hold = event_log_hold(&log->holds, device->host, device->device),
	};

	return document_make(&fields);
}

static void append(struct event_log *log, json_t *document, bool of_type)
{
	struct event_log_entry *entry = &log->ring[log->next % EVENT_LOG_MAX];

	json_decref(entry->document);
	*entry = (struct event_log_entry){.document = document, .of_type = of_type};
	log->next++;
}

void event_log_add_device(struct event_log *log, const char *event,
			  const struct snapshot_entry *device, const char *old)
{
	append(log, event_log_device_document(log, event, device, old),
	       device->kind == MIGCOMPAT_KIND_MDEV_TYPE);
}

void event_log_add_hold(struct event_log *log, const struct hold *hold, const char *reason)
{
	size_t i = snapshot_index(&log->devices, hold->host, hold->device);
	const struct snapshot_entry *entry = i < log->devices.count ? &log->devices.list[i] : NULL;
	struct document_fields fields = {.event = reason ? "held" : "released",
					 .host = hold->host,
					 .device = hold->device,
					 .hold = reason};

	/* A held device may have been removed. */
	if (entry &&
	    (strcmp(entry->host, hold->host) != 0 || strcmp(entry->device, hold->device) != 0))
		entry = NULL;
	if (entry) {
		fields.kind = kind_name(entry->kind);
		fields.fingerprint = entry->fingerprint;
	}
	append(log, document_make(&fields), entry && entry->kind == MIGCOMPAT_KIND_MDEV_TYPE);
}

void event_log_add_backend(struct event_log *log, json_t *backend)
{
	json_t *document = event_log_document("backend");

	json_set(&document, "backend", backend);
	append(log, document, false);
}

const struct event_log_entry *event_log_get(const struct event_log *log, uint64_t number)
{
	const struct event_log_entry *entry = &log->ring[number % EVENT_LOG_MAX];

	return log->next - number <= EVENT_LOG_MAX && entry->document ? entry : NULL;
}

void event_log_clear(struct event_log *log)
{
	log->scanned = false;
	snapshot_free(&log->devices);
	hold_list_free(&log->holds);
	for (size_t i = 0; i < EVENT_LOG_MAX; i++) {
		json_decref(log->ring[i].document);
		log->ring[i] = (struct event_log_entry){.document = NULL};
	}
}
