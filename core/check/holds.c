/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of holds in memory; holds_file.c keeps it on disk. A change is made on a copy, which
 * takes the list's place once it is on disk: whoever asks meanwhile never waits for a disk.
 */
#include "core/check/holds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/text.h"
#include "core/facts/utf8.h"
#include "core/check/holds_file.h"

/* ---------------------------------------------------------------- lists */

static void hold_clear(struct hold *hold)
{
	free(hold->host);
	free(hold->device);
	free(hold->reason);
	*hold = (struct hold){0};
}

static int hold_make(struct hold *ret, const char *host, const char *device, const char *reason)
{
	struct hold hold = {strdup(host), strdup(device), strdup(reason)};

	if (!hold.host || !hold.device || !hold.reason) {
		hold_clear(&hold);
		return -ENOMEM;
	}
	*ret = hold;
	return 0;
}

void hold_list_free(struct hold_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		hold_clear(&list->list[i]);
	free(list->list);
	*list = (struct hold_list){0};
}

static int hold_list_copy(const struct hold_list *list, struct hold_list *ret)
{
	/* Room for one that is put in. */
	struct hold_list copy = {.list = calloc(list->count + 1, sizeof(*copy.list))};

	if (!copy.list)
		return -ENOMEM;
	for (; copy.count < list->count; copy.count++) {
		const struct hold *hold = &list->list[copy.count];

		if (hold_make(&copy.list[copy.count], hold->host, hold->device, hold->reason)) {
			hold_list_free(&copy);
			return -ENOMEM;
		}
	}
	*ret = copy;
	return 0;
}

size_t hold_list_index(const struct hold_list *list, const char *host, const char *device,
		       bool *ret_there)
{
	size_t low = 0, high = list->count;

	*ret_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct hold *hold = &list->list[middle];
		int order = strcmp(hold->device, device);

		if (order == 0)
			order = strcmp(hold->host, host);
		if (order == 0)
			*ret_there = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool hold_reason_valid(const char *reason)
{
	size_t len = strlen(reason);

	return len > 0 && len <= HOLD_REASON_BYTES && utf8_clean(reason, len) &&
	       reason[strspn(reason, " ")];
}

int hold_list_put(struct hold_list *list, const char *host, const char *device, const char *reason,
		  struct error *err)
{
	struct hold hold, *grown;
	bool there;
	size_t at;

	if (!hold_reason_valid(reason))
		return error_set(err, -EINVAL,
				 "the reason of a hold is one line of 1 to %u bytes of text",
				 HOLD_REASON_BYTES);
	if (strlen(device) > HOLD_NAME_BYTES || strlen(host) > HOLD_NAME_BYTES)
		return error_set(err, -EINVAL, "the device's name is longer than %u bytes",
				 HOLD_NAME_BYTES);
	at = hold_list_index(list, host, device, &there);
	if (!there && list->count == HOLDS_MAX)
		return error_set(err, -ENOSPC, "%u devices are held, which is the most", HOLDS_MAX);
	grown = realloc(list->list, (list->count + 1) * sizeof(*grown));
	if (!grown)
		return error_set(err, -ENOMEM, "out of memory");
	list->list = grown;
	if (hold_make(&hold, host, device, reason))
		return error_set(err, -ENOMEM, "out of memory");
	if (there) {
		hold_clear(&grown[at]);
	} else {
		memmove(grown + at + 1, grown + at, (list->count - at) * sizeof(*grown));
		list->count++;
	}
	grown[at] = hold;
	return 0;
}

/* Index of the one that a name means. */
static int hold_list_find(const struct hold_list *list, const char *name, size_t *ret,
			  struct error *err)
{
	const struct hold *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct hold *hold = &list->list[i];
		size_t len = strlen(hold->host);
		bool whole = strncmp(name, hold->host, len) == 0 &&
			     strncmp(name + len, "//", 2) == 0 &&
			     strcmp(name + len + 2, hold->device) == 0;

		if (!whole && strcmp(name, hold->device) != 0)
			continue;
		if (found)
			return error_set(
				err, -ENOTUNIQ,
				"device \"%s\" is held on %s and on %s: name it as HOST//ID", name,
				found->host, hold->host);
		found = hold;
		*ret = i;
	}
	return found ? 0 : error_set(err, -ENOENT, "device \"%s\" is not held", name);
}

/* ---------------------------------------------------------------- asking */

bool holds_find(struct holds *holds, const struct device *device, char *reason, size_t size)
{
	bool there;
	size_t i;

	pthread_rwlock_rdlock(&holds->lock);
	i = hold_list_index(&holds->now, device->host->name, device->id, &there);
	if (!there && holds->of_this_host) {
		/* The first of that device, whatever the host was called. */
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

/* The copy takes the list's place once it is on disk; on failure it is freed. The lock of changes
 * is held. */
static int holds_put(struct holds *holds, struct hold_list *next, struct error *err)
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

static void holds_tell(const struct holds *holds)
{
	if (holds->changed)
		holds->changed(holds->changed_arg);
}

int holds_add(struct holds *holds, const char *host, const char *device, const char *reason,
	      struct error *err)
{
	struct hold_list next = {0};
	int r;

	pthread_mutex_lock(&holds->changing);
	r = holds_copy(holds, &next);
	if (r)
		error_set(err, r, "out of memory");
	else
		r = hold_list_put(&next, host, device, reason, err);
	if (r)
		hold_list_free(&next);
	else
		r = holds_put(holds, &next, err);
	pthread_mutex_unlock(&holds->changing);
	if (!r)
		holds_tell(holds);
	return r;
}

int holds_remove(struct holds *holds, const char *name, struct error *err)
{
	struct hold_list next = {0};
	size_t i = 0;
	int r;

	pthread_mutex_lock(&holds->changing);
	r = holds_copy(holds, &next);
	if (r)
		error_set(err, r, "out of memory");
	else
		r = hold_list_find(&next, name, &i, err);
	if (r) {
		hold_list_free(&next);
	} else {
		hold_clear(&next.list[i]);
		memmove(next.list + i, next.list + i + 1, (--next.count - i) * sizeof(*next.list));
		r = holds_put(holds, &next, err);
	}
	pthread_mutex_unlock(&holds->changing);
	if (!r)
		holds_tell(holds);
	return r;
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
