/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sorted list of holds. Must not read files and must not lock. */
#include "core/check/hold_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/array.h"
#include "core/facts/utf8.h"

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

/* Insert a hold, which the list owns then. */
static int hold_list_insert(struct hold_list *list, size_t at, const struct hold *hold)
{
	struct hold *grown = array_grow(list->list, list->count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	list->list = grown;
	memmove(grown + at + 1, grown + at, (list->count - at) * sizeof(*grown));
	grown[at] = *hold;
	list->count++;
	return 0;
}

int hold_list_copy(const struct hold_list *list, struct hold_list *ret)
{
	struct hold_list copy = {0};
	int r = 0;

	for (size_t i = 0; i < list->count && !r; i++) {
		const struct hold *hold = &list->list[i];
		struct hold made;

		r = hold_make(&made, hold->host, hold->device, hold->reason);
		if (!r && (r = hold_list_insert(&copy, i, &made)))
			hold_clear(&made);
	}
	if (r)
		hold_list_free(&copy);
	else
		*ret = copy;
	return r;
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

int hold_list_find(const struct hold_list *list, const char *name, size_t *ret, struct error *err)
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

bool hold_reason_valid(const char *reason)
{
	size_t len = strlen(reason);

	return len > 0 && len <= HOLD_REASON_BYTES && utf8_clean(reason, len) &&
	       reason[strspn(reason, " ")];
}

int hold_list_put(struct hold_list *list, const char *host, const char *device, const char *reason,
		  struct error *err)
{
	struct hold hold;
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
		return error_set(err, -ENOSPC, "%u devices are held already, which is the maximum",
				 HOLDS_MAX);
	if (hold_make(&hold, host, device, reason))
		return error_set(err, -ENOMEM, "out of memory");
	if (there) {
		hold_clear(&list->list[at]);
		list->list[at] = hold;
	} else if (hold_list_insert(list, at, &hold)) {
		hold_clear(&hold);
		return error_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

void hold_list_remove(struct hold_list *list, size_t index)
{
	struct hold *hold = &list->list[index];

	hold_clear(hold);
	list->count--;
	memmove(hold, hold + 1, (list->count - index) * sizeof(*hold));
}
