/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices reduced to what a watcher is told of them. */
#include "core/service/watch/device_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"

static void entry_clear(struct seen *entry)
{
	free(entry->host);
	*entry = (struct seen){.host = NULL};
}

void seen_list_free(struct seen_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		entry_clear(&list->list[i]);
	free(list->list);
	*list = (struct seen_list){.list = NULL};
}

static int list_grow(struct seen_list *list)
{
	size_t room = list->room ? list->room * 2 : 16;
	struct seen *grown;

	if (list->count < list->room)
		return 0;
	grown = realloc(list->list, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->list = grown;
	list->room = room;
	return 0;
}

static int entry_make(struct seen *entry, const char *host, const char *device,
		      enum migcompat_kind kind)
{
	size_t before = strlen(host) + 1, size = before + strlen(device) + 1;
	char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	memcpy(text, host, before);
	memcpy(text + before, device, size - before);
	*entry = (struct seen){.host = text, .device = text + before, .kind = kind};
	return 0;
}

static int look_at(struct seen_list *list, const struct engine *engine, const struct device *device)
{
	struct provider *provider = NULL;
	struct seen entry;

	if (list_grow(list) || entry_make(&entry, device->host->name, device->id, device->kind))
		return -ENOMEM;
	if (engine_provider(engine, device, &provider, NULL) == 0) {
		fingerprint_facts(engine, provider, device, entry.fingerprint);
		list->silent |= !info_announced(&provider->info);
	}
	list->list[list->count++] = entry;
	return 0;
}

int seen_look(struct seen_list *list, struct world *world, const char *only, struct error *err)
{
	struct view view;
	int r = view_open(world, only, &view, err);

	if (r)
		return r;
	for (size_t i = 0; i < view.engine.inventory.ndevices && !r; i++)
		r = look_at(list, &view.engine, &view.engine.inventory.devices[i]);
	view_close(&view);
	return r ? error_set(err, r, "out of memory") : 0;
}

int seen_compare(const struct seen *a, const struct seen *b)
{
	int order = strcmp(a->host, b->host);

	return order ? order : strcmp(a->device, b->device);
}

static int compare(const void *a, const void *b)
{
	return seen_compare(a, b);
}

void seen_sort(struct seen_list *list)
{
	if (list->count)
		qsort(list->list, list->count, sizeof(*list->list), compare);
}

size_t seen_index(const struct seen_list *list, const char *host, const char *device)
{
	const struct seen wanted = {.host = (char *)(uintptr_t)host, .device = device};
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (seen_compare(&list->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int seen_insert(struct seen_list *list, size_t at, const struct seen *entry)
{
	struct seen copy;

	if (list_grow(list) || entry_make(&copy, entry->host, entry->device, entry->kind))
		return -ENOMEM;
	memcpy(copy.fingerprint, entry->fingerprint, sizeof(copy.fingerprint));
	memmove(list->list + at + 1, list->list + at, (list->count - at) * sizeof(*list->list));
	list->list[at] = copy;
	list->count++;
	return 0;
}

void seen_remove(struct seen_list *list, size_t at)
{
	entry_clear(&list->list[at]);
	memmove(list->list + at, list->list + at + 1, (--list->count - at) * sizeof(*list->list));
}
