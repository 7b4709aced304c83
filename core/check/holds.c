/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds with their locks. A change is made on a copy of the list. The copy replaces the list after
 * it is on disk, so no question waits for a disk.
 */
#include "core/check/holds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/check/holds_file.h"
#include "core/facts/text.h"

/* ---------------------------------------------------------------- asking */

bool holds_find(struct holds *holds, const struct device *device, char *reason, size_t size)
{
	bool there;
	size_t i;

	pthread_rwlock_rdlock(&holds->lock);
	i = hold_list_index(&holds->now, device->host->name, device->id, &there);
	if (!there && holds->of_this_host) {
		/* The first hold of that device, whatever the host's name was. */
		i = hold_list_index(&holds->now, "", device->id, &there);
		there = i < holds->now.count && strcmp(holds->now.list[i].device, device->id) == 0;
	}
	if (there && reason)
		snprintf(reason, size, "%s", holds->now.list[i].reason);
	pthread_rwlock_unlock(&holds->lock);
	return there;
}

bool holds_ask(void *arg, const struct device *device, char *reason, size_t size)
{
	return holds_find(arg, device, reason, size);
}

size_t holds_count(struct holds *holds)
{
	size_t count;

	pthread_rwlock_rdlock(&holds->lock);
	count = holds->now.count;
	pthread_rwlock_unlock(&holds->lock);
	return count;
}

uint64_t holds_changed(const struct holds *holds)
{
	return holds->changes;
}

int holds_copy(struct holds *holds, struct hold_list *ret)
{
	int r;

	pthread_rwlock_rdlock(&holds->lock);
	r = hold_list_copy(&holds->now, ret);
	pthread_rwlock_unlock(&holds->lock);
	return r;
}

/* ---------------------------------------------------------------- changing */

/* Write a changed copy to disk and let it replace the list. On failure it is freed. */
static int holds_replace(struct holds *holds, struct hold_list *next, struct error *err)
{
	struct hold_list before = *next;
	int r = holds_file_write(holds->path, next, err);

	if (!r) {
		pthread_rwlock_wrlock(&holds->lock);
		before = holds->now;
		holds->now = *next;
		holds->changes++;
		pthread_rwlock_unlock(&holds->lock);
	}
	hold_list_free(&before);
	return r;
}

/* A hold to add, or, if reason is NULL, the name of one to remove. */
struct change {
	const char *host;
	const char *device;
	const char *reason;
};

static int change_apply(const struct change *change, struct hold_list *list, struct error *err)
{
	size_t index = 0;
	int r;

	if (change->reason)
		return hold_list_put(list, change->host, change->device, change->reason, err);
	r = hold_list_find(list, change->device, &index, err);
	if (!r)
		hold_list_remove(list, index);
	return r;
}

static int holds_change(struct holds *holds, const struct change *change, struct error *err)
{
	struct hold_list next = {0};
	int r;

	pthread_mutex_lock(&holds->changing);
	r = holds_copy(holds, &next);
	if (r)
		error_set(err, r, "out of memory");
	else
		r = change_apply(change, &next, err);
	if (r)
		hold_list_free(&next);
	else
		r = holds_replace(holds, &next, err);
	pthread_mutex_unlock(&holds->changing);
	if (!r && holds->changed)
		holds->changed(holds->changed_arg);
	return r;
}

int holds_add(struct holds *holds, const char *host, const char *device, const char *reason,
	      struct error *err)
{
	return holds_change(holds, &(struct change){host, device, reason}, err);
}

int holds_remove(struct holds *holds, const char *name, struct error *err)
{
	return holds_change(holds, &(struct change){.device = name}, err);
}

/* ---------------------------------------------------------------- beginning and end */

int holds_load(struct holds *holds, const char *dir, struct error *err)
{
	struct holds made = {.changed = NULL};
	int r;

	if (text_format(made.path, sizeof(made.path), "%s/" HOLDS_NAME, dir) < 0)
		return error_set(err, -ENAMETOOLONG, "%.64s…: the folder's name is too long", dir);
	r = holds_file_read(dir, made.path, &made.now, err);
	if (r) {
		hold_list_free(&made.now);
		return r;
	}
	*holds = made;
	pthread_mutex_init(&holds->changing, NULL);
	pthread_rwlock_init(&holds->lock, NULL);
	return 0;
}

void holds_free(struct holds *holds)
{
	hold_list_free(&holds->now);
	pthread_mutex_destroy(&holds->changing);
	pthread_rwlock_destroy(&holds->lock);
	*holds = (struct holds){.changed = NULL};
}
