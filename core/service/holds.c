/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of holds in memory; holds_file.c keeps it on disk. */
#include "core/service/holds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/utf8.h"
#include "core/service/holds_file.h"

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

static size_t holds_index(const struct holds *holds, const char *host, const char *device)
{
	size_t i = 0;

	while (i < holds->count && (strcmp(holds->list[i].device, device) != 0 || strcmp(holds->list[i].host, host) != 0))
		i++;
	return i;
}

bool hold_reason_valid(const char *reason)
{
	size_t len = strlen(reason);

	return len > 0 && len <= HOLD_REASON_BYTES && utf8_clean(reason, len) && reason[strspn(reason, " ")];
}

const char *holds_find(const struct holds *holds, const struct device *device)
{
	size_t i = holds_index(holds, device->host->name, device->id);

	return i < holds->count ? holds->list[i].reason : NULL;
}

bool holds_ask(void *arg, const struct device *device, char *reason, size_t size)
{
	const char *found = holds_find(arg, device);

	if (found)
		snprintf(reason, size, "%s", found);
	return found != NULL;
}

int holds_load(struct holds *holds, const char *dir, struct error *err)
{
	struct holds made = {.count = 0};
	int r = 0;

	if ((size_t)snprintf(made.path, sizeof(made.path), "%s/holds.json", dir) >= sizeof(made.path))
		return error_set(err, -ENAMETOOLONG, "%.64s…: the folder's name is too long", dir);
	made.list = calloc(HOLDS_MAX, sizeof(*made.list));
	if (!made.list)
		return error_set(err, -ENOMEM, "out of memory");
	r = holds_file_read(&made, err);
	if (r)
		holds_free(&made);
	else
		*holds = made;
	return r;
}

void holds_free(struct holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		hold_clear(&holds->list[i]);
	free(holds->list);
	*holds = (struct holds){.count = 0};
}

int holds_put(struct holds *holds, const char *host, const char *device, const char *reason, struct error *err)
{
	if (!hold_reason_valid(reason))
		return error_set(err, -EINVAL, "the reason of a hold is one line of 1 to %u bytes of text", HOLD_REASON_BYTES);
	if (strlen(device) > HOLD_NAME_BYTES || strlen(host) > HOLD_NAME_BYTES)
		return error_set(err, -EINVAL, "the device's name is longer than %u bytes", HOLD_NAME_BYTES);
	if (holds->count == HOLDS_MAX)
		return error_set(err, -ENOSPC, "%u devices are held, which is the most", HOLDS_MAX);
	if (hold_make(&holds->list[holds->count], host, device, reason))
		return error_set(err, -ENOMEM, "out of memory");
	holds->count++;
	return 0;
}

int holds_add(struct holds *holds, const char *host, const char *device, const char *reason, struct error *err)
{
	size_t before = holds_index(holds, host, device);
	bool known = before < holds->count;
	struct hold kept;
	int r = holds_put(holds, host, device, reason, err);

	if (r)
		return r;
	/* The new one stands last; where it replaces one, it takes that one's place. */
	if (known) {
		kept = holds->list[before];
		holds->list[before] = holds->list[--holds->count];
	}
	r = holds_file_write(holds, err);
	if (r && known) {
		hold_clear(&holds->list[before]);
		holds->list[before] = kept;
	} else if (r) {
		hold_clear(&holds->list[--holds->count]);
	} else if (known) {
		hold_clear(&kept);
	}
	return r;
}

int holds_remove(struct holds *holds, const char *host, const char *device, struct error *err)
{
	size_t i = holds_index(holds, host, device);
	struct hold last, removed;
	int r;

	if (i == holds->count)
		return error_set(err, -ENOENT, "device \"%s\" is not held", device);
	removed = holds->list[i];
	last = holds->list[--holds->count];
	holds->list[i] = last;
	r = holds_file_write(holds, err);
	if (r) {
		holds->list[holds->count++] = last;
		holds->list[i] = removed;
		return r;
	}
	hold_clear(&removed);
	/* The last entry moved; its former place is behind the end. */
	holds->list[holds->count] = (struct hold){0};
	return 0;
}
