/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices that exist, each with its fingerprint: of all of them or of some. Made from
 * facts alone; no backend code runs.
 */
#ifndef CORE_SERVICE_WATCH_DEVICE_SNAPSHOT_H
#define CORE_SERVICE_WATCH_DEVICE_SNAPSHOT_H

#include "core/check/verdict.h"
#include "core/service/world.h"

struct snapshot_entry {
	char *host; /* one allocation holds host and device */
	const char *device;
	enum migcompat_kind kind;
	char fingerprint[FINGERPRINT_SIZE]; /* "": no backend serves the device */
};

/* Sorted by host, then device. Zeroed, it is empty. */
struct device_snapshot {
	struct snapshot_entry *list;
	size_t count;
	size_t room;
	bool unannounced; /* some devices have facts that change, or a type that comes, without
			     an event */
};

/*
 * Append one device, if it exists, or all (NULL). May block. The caller sorts the list
 * after the last call. -errno with a sentence; what was appended before stays.
 */
int snapshot_scan(struct device_snapshot *snapshot, struct world *world, const char *only,
		  struct error *err);
void snapshot_sort(struct device_snapshot *snapshot);

int snapshot_compare(const struct snapshot_entry *a, const struct snapshot_entry *b);
/* Index of the first entry that is not before this device; count: there is none. */
size_t snapshot_index(const struct device_snapshot *snapshot, const char *host, const char *device);
/* Find a device by its name alone; NULL: it is not there. */
struct snapshot_entry *snapshot_find(struct device_snapshot *snapshot, const char *device);
/* Insert a copy of the entry. -ENOMEM. */
int snapshot_insert(struct device_snapshot *snapshot, size_t at,
		    const struct snapshot_entry *entry);
void snapshot_remove(struct device_snapshot *snapshot, size_t at);
void snapshot_free(struct device_snapshot *snapshot);

#endif
