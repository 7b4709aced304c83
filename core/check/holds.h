/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operators' holds: a held device is neither source nor target until it is released. Each hold
 * has a reason. A change is on disk before it counts. A file that cannot be understood is an
 * error, since a hold that is forgotten would be a wrong yes.
 *
 * Questions about this host obey holds without the service too: local workers and the library
 * read the file. A service that is down must not turn a held device into a yes, and "prepare"
 * never asks it. A caller that cannot read the file gets no yes. A missing folder has no holds.
 */
#ifndef CORE_CHECK_HOLDS_H
#define CORE_CHECK_HOLDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/check/hold_list.h"
#include "core/facts/error.h"
#include "core/facts/model.h"

#define HOLDS_DIR "/run/migcompat" /* the default folder */

/* Zeroed, it is an empty list that cannot be changed. */
struct holds {
	/* One change at a time: held from copying the list until the copy has replaced it. */
	pthread_mutex_t changing;
	pthread_rwlock_t lock; /* guards the list, never for long */
	struct hold_list now;
	_Atomic uint64_t changes; /* since the start */
	char path[4096];          /* of the file */
	/*
	 * All devices that are asked about are this host's, as the file is. The host's name is then
	 * ignored, since a running host may be renamed. Set before other threads use the holds.
	 */
	bool of_this_host;
	/*
	 * Called without a lock after each change, by the thread that made it. May be NULL. Set
	 * before other threads use the holds.
	 */
	void (*changed)(void *arg);
	void *changed_arg;
};

/*
 * Read DIR/holds.json. A missing file is an empty list. Errors name the file or folder. -EPERM: of
 * either, as above.
 */
int holds_load(struct holds *holds, const char *dir, struct error *err);
void holds_free(struct holds *holds);

/* Any threads may call the functions below at once. */

/* Is a device held? reason, of HOLD_REASON_BYTES + 1 bytes or NULL, gets the reason. */
bool holds_find(struct holds *holds, const struct device *device, char *reason, size_t size);
/* The same as a callback of the engine; arg is the holds. */
bool holds_ask(void *arg, const struct device *device, char *reason, size_t size);
size_t holds_count(struct holds *holds);
/* The number of changes. An answer from before a change is void. */
uint64_t holds_changed(const struct holds *holds);
/* A copy of the list; free it with hold_list_free. -ENOMEM. */
int holds_copy(struct holds *holds, struct hold_list *ret);

/* Add a hold, or replace its reason. Errors are hold_list_put's, or the errno of writing. */
int holds_add(struct holds *holds, const char *host, const char *device, const char *reason,
	      struct error *err);
/* name: DEVICE or HOST//DEVICE. Errors are hold_list_find's, or the errno of writing. */
int holds_remove(struct holds *holds, const char *name, struct error *err);

#endif
