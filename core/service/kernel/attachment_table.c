/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sorted array for numbers, which come in ascending order, and a tree for ids. */
#include "core/service/kernel/attachment_table.h"

#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The tree's keys are the entries' ids. */
static int id_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct attached *of_id(char *id)
{
	return (struct attached *)(void *)(id - offsetof(struct attached, id));
}

int attached_add(struct attached_table *table, uint64_t attachment, const char *id, bool is_type,
		 struct attached **ret)
{
	size_t len = strlen(id) + 1, room = table->room ? table->room * 2 : 64;
	struct attached **list, *attached;

	if (attached_find_id(table, id))
		return -EEXIST;
	if (!attachment ||
	    (table->count && table->list[table->count - 1]->attachment >= attachment))
		return -EINVAL;
	if (table->count == table->room) {
		list = realloc(table->list, room * sizeof(struct attached *));
		if (!list)
			return -ENOMEM;
		table->list = list;
		table->room = room;
	}
	attached = calloc(1, sizeof(*attached) + len);
	if (!attached)
		return -ENOMEM;
	attached->attachment = attachment;
	attached->is_type = is_type;
	memcpy(attached->id, id, len);
	if (!tsearch(attached->id, &table->by_id, id_order)) {
		free(attached);
		return -ENOMEM;
	}
	table->list[table->count++] = attached;
	*ret = attached;
	return 0;
}

/* The index of a number, or of the first above it. */
static size_t index_of(const struct attached_table *table, uint64_t attachment)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->list[middle]->attachment < attachment)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct attached *attached_find(const struct attached_table *table, uint64_t attachment)
{
	size_t i = index_of(table, attachment);

	return i < table->count && table->list[i]->attachment == attachment ? table->list[i] : NULL;
}

struct attached *attached_find_id(const struct attached_table *table, const char *id)
{
	char **found = tfind(id, &table->by_id, id_order);

	return found ? of_id(*found) : NULL;
}

int attached_set_backend(struct attached *attached, const char *backend)
{
	char *copy;

	if (attached->backend && strcmp(attached->backend, backend) == 0)
		return 0;
	copy = strdup(backend);
	if (!copy)
		return -ENOMEM;
	free(attached->backend);
	attached->backend = copy;
	return 0;
}

static void attached_drop(struct attached *attached)
{
	free(attached->backend);
	free(attached);
}

void attached_remove(struct attached_table *table, struct attached *attached)
{
	size_t i = index_of(table, attached->attachment);

	memmove(&table->list[i], &table->list[i + 1],
		(--table->count - i) * sizeof(struct attached *));
	tdelete(attached->id, &table->by_id, id_order);
	attached_drop(attached);
}

void attached_free(struct attached_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		tdelete(table->list[i]->id, &table->by_id, id_order);
		attached_drop(table->list[i]);
	}
	free(table->list);
	*table = (struct attached_table){.list = NULL};
}
