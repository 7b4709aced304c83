/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for watchers, and a ring that all of them read from, each at its own pace. */
#include "core/service/watch/event_log.h"

#include <string.h>

#include "core/check/json.h"
#include "core/facts/rfc3339.h"

struct word {
	const char *event;
	const char *host;
	const char *device;
	const char *kind;
	const char *old_fingerprint;
	const char *fingerprint;
	const char *hold;
};

/* What is not known, or not there, is null. */
static json_t *text_or_null(const char *text)
{
	return json_clean(text && *text ? text : NULL);
}

/* When it was noticed, as inventories have it. */
static json_t *time_now(void)
{
	char text[RFC3339_BYTES];
	size_t len = rfc3339_now(text);

	return len ? json_stringn(text, len) : NULL;
}

json_t *told_event(const char *event)
{
	json_t *object = json_object();

	json_set(&object, "format", json_string("migcompat-event/1"));
	json_set(&object, "event", json_string(event));
	json_set(&object, "time", time_now());
	return object;
}

static json_t *word_make(const struct word *word)
{
	json_t *object = told_event(word->event);

	json_set(&object, "device", text_or_null(word->device));
	json_set(&object, "host", text_or_null(word->host));
	json_set(&object, "kind", text_or_null(word->kind));
	json_set(&object, "old_fingerprint", text_or_null(word->old_fingerprint));
	json_set(&object, "fingerprint", text_or_null(word->fingerprint));
	json_set(&object, "hold", text_or_null(word->hold));
	return object;
}

const char *told_hold(const struct hold_list *held, const char *host, const char *device)
{
	bool there;
	size_t i = hold_list_index(held, host, device, &there);

	return there ? held->list[i].reason : NULL;
}

json_t *told_device(const struct told *told, const char *event, const struct seen *device,
		    const char *old)
{
	const struct word word = {
		.event = event,
		.host = device->host,
		.device = device->device,
		.kind = kind_name(device->kind),
		.old_fingerprint = old,
		.fingerprint = strcmp(event, "removed") == 0 ? NULL : device->fingerprint,
		.hold = told_hold(&told->held, device->host, device->device),
	};

	return word_make(&word);
}

static void add(struct told *told, json_t *word, bool of_type)
{
	struct told_change *change = &told->ring[told->next % TOLD_CHANGES_MAX];

	json_decref(change->word);
	*change = (struct told_change){.word = word, .of_type = of_type};
	told->next++;
}

void told_add_device(struct told *told, const char *event, const struct seen *device,
		     const char *old)
{
	add(told, told_device(told, event, device, old), device->kind == MIGCOMPAT_KIND_MDEV_TYPE);
}

void told_add_hold(struct told *told, const struct hold *hold, const char *reason)
{
	size_t i = seen_index(&told->devices, hold->host, hold->device);
	const struct seen *seen = i < told->devices.count ? &told->devices.list[i] : NULL;
	struct word word = {.event = reason ? "held" : "released",
			    .host = hold->host,
			    .device = hold->device,
			    .hold = reason};

	/* What is held may be gone. */
	if (seen &&
	    (strcmp(seen->host, hold->host) != 0 || strcmp(seen->device, hold->device) != 0))
		seen = NULL;
	if (seen) {
		word.kind = kind_name(seen->kind);
		word.fingerprint = seen->fingerprint;
	}
	add(told, word_make(&word), seen && seen->kind == MIGCOMPAT_KIND_MDEV_TYPE);
}

void told_add_backend(struct told *told, json_t *backend)
{
	json_t *word = told_event("backend");

	json_set(&word, "backend", backend);
	add(told, word, false);
}

const struct told_change *told_change(const struct told *told, uint64_t number)
{
	const struct told_change *change = &told->ring[number % TOLD_CHANGES_MAX];

	return told->next - number <= TOLD_CHANGES_MAX && change->word ? change : NULL;
}

void told_forget(struct told *told)
{
	told->whole = false;
	seen_list_free(&told->devices);
	hold_list_free(&told->held);
	for (size_t i = 0; i < TOLD_CHANGES_MAX; i++) {
		json_decref(told->ring[i].word);
		told->ring[i] = (struct told_change){.word = NULL};
	}
}

struct seen *told_find(struct seen_list *list, const char *device)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->list[i].device, device) == 0)
			return &list->list[i];
	return NULL;
}
