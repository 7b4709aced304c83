/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices and holds as watchers know them, and the newest events about them as
 * documents, in order.
 */
#ifndef CORE_SERVICE_WATCH_EVENT_LOG_H
#define CORE_SERVICE_WATCH_EVENT_LOG_H

#include <jansson.h>

#include "core/check/holds.h"
#include "core/service/watch/device_snapshot.h"

#define EVENT_LOG_MAX 1024u /* events that are kept */

struct event_log_entry {
	json_t *document; /* NULL: there was no memory for it */
	bool of_type;     /* it is about an mdev type */
};

struct event_log {
	bool scanned; /* all devices were scanned at least once */
	struct device_snapshot devices;
	struct hold_list holds;
	struct event_log_entry ring[EVENT_LOG_MAX]; /* index: number modulo EVENT_LOG_MAX */
	uint64_t next;                              /* number of the next event; never decreases */
};

/* Why a device is held; NULL: it is not. */
const char *event_log_hold(const struct hold_list *holds, const char *host, const char *device);

/* An event without a device. Like all documents, NULL if out of memory. */
json_t *event_log_document(const char *event);
/* An event about a device. old: its previous fingerprint, or NULL. */
json_t *event_log_device_document(const struct event_log *log, const char *event,
				  const struct snapshot_entry *device, const char *old);

/*
 * Append an event. On allocation failure an entry without a document is appended, and a
 * watcher that reaches it starts again with "rescan".
 */
void event_log_add_device(struct event_log *log, const char *event,
			  const struct snapshot_entry *device, const char *old);
/* reason: of a new hold; NULL: the device was released. */
void event_log_add_hold(struct event_log *log, const struct hold *hold, const char *reason);
/* backend: a document, taken over. */
void event_log_add_backend(struct event_log *log, json_t *backend);
/* The event of that number; NULL: it is no longer kept, or there was no memory for it. */
const struct event_log_entry *event_log_get(const struct event_log *log, uint64_t number);

/* Free everything. The next number stays. */
void event_log_clear(struct event_log *log);

#endif
