/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sorted array for numbers, which only grow, and a tree for ids. */
#include "core/service/kernel/attachment_table.h"

#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The tree's keys are the ids inside the entries. */
static int id_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct attachment *of_id(char *id)
{
	return (struct attachment *)(void *)(id - offsetof(struct attachment, id));
}

int attachment_add(struct attachment_table *table, uint64_t number, const char *id, bool is_type,
		   struct attachment **ret)
{
	size_t len = strlen(id) + 1, room = table->room ? table->room * 2 : 64;
	struct attachment **list, *attachment;

	if (attachment_find_id(table, id))
		return -EEXIST;
	if (!number || (table->count && table->list[table->count - 1]->number >= number))
		return -EINVAL;
	if (table->count == table->room) {
		list = realloc(table->list, room * sizeof(struct attachment *));
		if (!list)
			return -ENOMEM;
		table->list = list;
		table->room = room;
	}
	attachment = calloc(1, sizeof(*attachment) + len);
	if (!attachment)
		return -ENOMEM;
	attachment->number = number;
	attachment->is_type = is_type;
	memcpy(attachment->id, id, len);
	if (!tsearch(attachment->id, &table->by_id, id_order)) {
		free(attachment);
		return -ENOMEM;
	}
	table->list[table->count++] = attachment;
	*ret = attachment;
	return 0;
}

/* Index of a number, or of the first one above it. */
static size_t index_of(const struct attachment_table *table, uint64_t number)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->list[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct attachment *attachment_find(const struct attachment_table *table, uint64_t number)
{
	size_t i = index_of(table, number);

	return i < table->count && table->list[i]->number == number ? table->list[i] : NULL;
}

struct attachment *attachment_find_id(const struct attachment_table *table, const char *id)
{
	char **found = tfind(id, &table->by_id, id_order);

	return found ? of_id(*found) : NULL;
}

int attachment_set_backend(struct attachment *attachment, const char *backend)
{
	char *copy;

	if (attachment->backend && strcmp(attachment->backend, backend) == 0)
		return 0;
	copy = strdup(backend);
	if (!copy)
		return -ENOMEM;
	free(attachment->backend);
	attachment->backend = copy;
	return 0;
}

static void attachment_drop(struct attachment *attachment)
{
	free(attachment->backend);
	free(attachment);
}

void attachment_remove(struct attachment_table *table, struct attachment *attachment)
{
	size_t i = index_of(table, attachment->number);

	memmove(&table->list[i], &table->list[i + 1],
		(--table->count - i) * sizeof(struct attachment *));
	tdelete(attachment->id, &table->by_id, id_order);
	attachment_drop(attachment);
}

void attachment_table_free(struct attachment_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		tdelete(table->list[i]->id, &table->by_id, id_order);
		attachment_drop(table->list[i]);
	}
	free(table->list);
	*table = (struct attachment_table){.list = NULL};
}
