/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What devices there are, each with its fingerprint: a look at all of them or at some. No backend's
 * code runs for it. */
#ifndef CORE_SERVICE_WATCH_DEVICE_SNAPSHOT_H
#define CORE_SERVICE_WATCH_DEVICE_SNAPSHOT_H

#include "core/check/verdict.h"
#include "core/service/world.h"

struct seen {
	char *host; /* with device in one piece of memory */
	const char *device;
	enum migcompat_kind kind;
	char fingerprint[FINGERPRINT_SIZE]; /* "": nobody serves it */
};

/* Sorted by host, then device. Zeroed is an empty one. */
struct seen_list {
	struct seen *list;
	size_t count;
	size_t room;
	bool silent; /* some have facts whose change nobody announces */
};

/*
 * Look. only: just this one, if it is there; NULL: all. Appends; sort the list after the last look.
 * Takes its time. -errno with a sentence; what was appended before stays.
 */
int seen_look(struct seen_list *list, struct world *world, const char *only, struct error *err);
void seen_sort(struct seen_list *list);

int seen_compare(const struct seen *a, const struct seen *b);
/* The first that is not before this one; count: there is none. */
size_t seen_index(const struct seen_list *list, const char *host, const char *device);
/* A copy of the entry. -ENOMEM. */
int seen_insert(struct seen_list *list, size_t at, const struct seen *entry);
void seen_remove(struct seen_list *list, size_t at);
void seen_list_free(struct seen_list *list);

#endif
