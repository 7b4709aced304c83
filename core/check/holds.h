/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operators' holds: devices that nothing may move to or from until they are released, each with a
 * reason. Every change is on disk before it counts, and a file that cannot be understood is an
 * error: a hold that is forgotten would be a wrong yes.
 */
#ifndef CORE_CHECK_HOLDS_H
#define CORE_CHECK_HOLDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/facts/error.h"
#include "core/facts/model.h"

#define HOLDS_DIR "/run/migcompat" /* where they are kept unless somebody says otherwise */
#define HOLDS_MAX 4096u
#define HOLD_REASON_BYTES 512u
#define HOLD_NAME_BYTES 1024u /* of a device and of a host */

struct hold {
	char *host;
	char *device;
	char *reason;
};

/* Sorted by device, then host. */
struct hold_list {
	struct hold *list;
	size_t count;
};

/* Zeroed, it is an empty list that cannot be changed. */
struct holds {
	pthread_mutex_t changing; /* one change at a time: from reading the list until it is on disk
				     and counts */
	pthread_rwlock_t lock;	  /* guards the list, never for long */
	struct hold_list now;
	_Atomic uint64_t changes; /* so many, since the start */
	char path[4096];	  /* of the file */
	/*
	 * All devices that are asked about are this host's, as the file is: its name is no part of
	 * what is held, since a host may be given another one while it runs. Set before other
	 * threads use the holds.
	 */
	bool of_this_host;
	/* Called after each change, from the thread that made it, without a lock. Set before other
	 * threads use the holds; NULL: nobody wants to know. */
	void (*changed)(void *arg);
	void *changed_arg;
};

/*
 * A descriptor (O_PATH) of the folder that keeps holds, or a negative errno. -EPERM: it belongs to
 * neither root nor the caller, or another user can write it, with or without the sticky bit.
 */
int holds_folder_open(const char *dir, struct error *err);
/*
 * Read DIR/holds.json; none is an empty list. Errors name the file or folder. -EPERM: of the folder
 * or the file as above.
 */
int holds_load(struct holds *holds, const char *dir, struct error *err);
void holds_free(struct holds *holds);

/* Any threads may call all of these at once. */

/* Is it held? reason, of HOLD_REASON_BYTES + 1 or NULL, gets why. */
bool holds_find(struct holds *holds, const struct device *device, char *reason, size_t size);
/* The same as engine's callback wants it; arg is the holds. */
bool holds_ask(void *arg, const struct device *device, char *reason, size_t size);
size_t holds_count(struct holds *holds);
/* How often they changed: what was answered before a change counts no more. */
uint64_t holds_changed(const struct holds *holds);
/* All of them as they are now; free with hold_list_free. -ENOMEM. */
int holds_copy(struct holds *holds, struct hold_list *ret);

/* Is it UTF-8 without control characters, not empty and not too long? */
bool hold_reason_valid(const char *reason);
/* A second hold replaces the reason. -EINVAL: no valid reason; -ENOSPC: too many; or why the file
 * could not be written. */
int holds_add(struct holds *holds, const char *host, const char *device, const char *reason,
	      struct error *err);
/* name: DEVICE or HOST//DEVICE. -ENOENT: it is not held; -ENOTUNIQ: it is held on two hosts, err
 * names both; or as above. */
int holds_remove(struct holds *holds, const char *name, struct error *err);

void hold_list_free(struct hold_list *list);
/* Where it stands, or would: *ret_there says which. */
size_t hold_list_index(const struct hold_list *list, const char *host, const char *device,
		       bool *ret_there);

#endif
