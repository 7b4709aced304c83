/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sorted array. Scanning opens a view of the host, and computes fingerprints. */
#include "core/service/watch/device_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"

static void entry_clear(struct snapshot_entry *entry)
{
	free(entry->host);
	*entry = (struct snapshot_entry){.host = NULL};
}

void snapshot_free(struct device_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		entry_clear(&snapshot->list[i]);
	free(snapshot->list);
	*snapshot = (struct device_snapshot){.list = NULL};
}

static int list_grow(struct device_snapshot *snapshot)
{
	size_t room = snapshot->room ? snapshot->room * 2 : 16;
	struct snapshot_entry *grown;

	if (snapshot->count < snapshot->room)
		return 0;
	grown = realloc(snapshot->list, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	snapshot->list = grown;
	snapshot->room = room;
	return 0;
}

static int entry_make(struct snapshot_entry *entry, const char *host, const char *device,
		      enum migcompat_kind kind)
{
	size_t before = strlen(host) + 1, size = before + strlen(device) + 1;
	char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	memcpy(text, host, before);
	memcpy(text + before, device, size - before);
	*entry = (struct snapshot_entry){.host = text, .device = text + before, .kind = kind};
	return 0;
}

static int entry_add(struct device_snapshot *snapshot, const struct engine *engine,
		     const struct device *device)
{
	struct provider *provider = NULL;
	struct snapshot_entry entry;

	if (list_grow(snapshot) || entry_make(&entry, device->host->name, device->id, device->kind))
		return -ENOMEM;
	if (engine_provider(engine, device, &provider, NULL) == 0) {
		fingerprint_facts(engine, provider, device, entry.fingerprint);
		snapshot->unannounced |= !info_announced(&provider->info);
	}
	snapshot->unannounced |= device_lacks_type(device);
	snapshot->list[snapshot->count++] = entry;
	return 0;
}

int snapshot_scan(struct device_snapshot *snapshot, struct world *world, const char *only,
		  struct error *err)
{
	struct view view;
	int r = view_open(world, only, &view, err);

	if (r)
		return r;
	for (size_t i = 0; i < view.engine.inventory.ndevices && !r; i++)
		r = entry_add(snapshot, &view.engine, &view.engine.inventory.devices[i]);
	view_close(&view);
	return r ? error_set(err, r, "out of memory") : 0;
}

int snapshot_compare(const struct snapshot_entry *a, const struct snapshot_entry *b)
{
	int order = strcmp(a->host, b->host);

	return order ? order : strcmp(a->device, b->device);
}

static int compare(const void *a, const void *b)
{
	return snapshot_compare(a, b);
}

void snapshot_sort(struct device_snapshot *snapshot)
{
	if (snapshot->count)
		qsort(snapshot->list, snapshot->count, sizeof(*snapshot->list), compare);
}

size_t snapshot_index(const struct device_snapshot *snapshot, const char *host, const char *device)
{
	const struct snapshot_entry wanted = {.host = (char *)(uintptr_t)host, .device = device};
	size_t low = 0, high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (snapshot_compare(&snapshot->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int snapshot_insert(struct device_snapshot *snapshot, size_t at, const struct snapshot_entry *entry)
{
	struct snapshot_entry copy;

	if (list_grow(snapshot) || entry_make(&copy, entry->host, entry->device, entry->kind))
		return -ENOMEM;
	memcpy(copy.fingerprint, entry->fingerprint, sizeof(copy.fingerprint));
	memmove(snapshot->list + at + 1, snapshot->list + at,
		(snapshot->count - at) * sizeof(*snapshot->list));
	snapshot->list[at] = copy;
	snapshot->count++;
	return 0;
}

void snapshot_remove(struct device_snapshot *snapshot, size_t at)
{
	entry_clear(&snapshot->list[at]);
	memmove(snapshot->list + at, snapshot->list + at + 1,
		(--snapshot->count - at) * sizeof(*snapshot->list));
}

struct snapshot_entry *snapshot_find(struct device_snapshot *snapshot, const char *device)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (strcmp(snapshot->list[i].device, device) == 0)
			return &snapshot->list[i];
	return NULL;
}
