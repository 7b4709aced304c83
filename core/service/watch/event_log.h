/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What watchers are told: the devices and holds that are known, and the newest changes of these, in
 * their order, as documents. */
#ifndef CORE_SERVICE_WATCH_EVENT_LOG_H
#define CORE_SERVICE_WATCH_EVENT_LOG_H

#include <jansson.h>

#include "core/check/holds.h"
#include "core/service/watch/device_snapshot.h"

#define TOLD_CHANGES_MAX 1024u /* that are kept */

struct told_change {
	json_t *word;
	bool of_type; /* of an mdev type */
};

struct told {
	bool whole; /* there was a look at all devices */
	struct seen_list devices;
	struct hold_list held;
	struct told_change ring[TOLD_CHANGES_MAX]; /* a change's place is its number's rest */
	uint64_t next;				   /* number of the next change; only grows */
};

/* Why a device is held; NULL: it is not. */
const char *told_hold(const struct hold_list *held, const char *host, const char *device);

/* An event alone. Like all words NULL where there is no memory. */
json_t *told_event(const char *event);
/* Of a device. old: its fingerprint before, or NULL. */
json_t *told_device(const struct told *told, const char *event, const struct seen *device,
		    const char *old);

/* Changes, for whoever comes to them. One that there is no memory for counts: whoever comes to it
 * has missed something. */
void told_add_device(struct told *told, const char *event, const struct seen *device,
		     const char *old);
/* Held, for that reason, or NULL: released. */
void told_add_hold(struct told *told, const struct hold *hold, const char *reason);
/* A document about a backend, taken over. */
void told_add_backend(struct told *told, json_t *backend);
/* NULL: it is kept no more. */
const struct told_change *told_change(const struct told *told, uint64_t number);

/* Everything but the number. */
void told_forget(struct told *told);

/* Of the list, by its name alone, or NULL. */
struct seen *told_find(struct seen_list *list, const char *device);

#endif
