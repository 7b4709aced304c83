/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of backends beside the table of devices. */
#include "core/service/kernel/retry_list.h"

#include <stdlib.h>
#include <string.h>

struct paced {
	char *backend;
	struct pace pace;
};

static struct paced *paced_find(const struct again *again, const char *backend)
{
	for (size_t i = 0; i < again->count; i++)
		if (strcmp(again->list[i].backend, backend) == 0)
			return &again->list[i];
	return NULL;
}

static struct paced *paced_add(struct again *again, const char *backend)
{
	struct paced *list = realloc(again->list, (again->count + 1) * sizeof(*list));
	char *copy = list ? strdup(backend) : NULL;

	if (list)
		again->list = list;
	if (!copy)
		return NULL;
	list[again->count] = (struct paced){.backend = copy};
	return &list[again->count++];
}

void again_backend(struct again *again, const char *backend, enum scan_outcome outcome,
		   uint64_t now_us)
{
	struct paced *paced;

	if (outcome != SCAN_ENDED && outcome != SCAN_BUSY)
		return;
	paced = paced_find(again, backend);
	if (!paced)
		paced = paced_add(again, backend);
	if (!paced)
		return;
	if (outcome == SCAN_ENDED)
		pace_ended(&paced->pace, now_us);
	else
		pace_busy(&paced->pace, now_us);
}

void again_device(struct attached *attached, enum scan_outcome outcome, uint64_t now_us)
{
	switch (outcome) {
	case SCAN_TOLD:
		attached->retry = (struct retry){.due_us = 0};
		break;
	case SCAN_BUSY:
	case SCAN_ASIDE:
		retry_aside(&attached->retry, now_us);
		break;
	case SCAN_FAILED:
	case SCAN_ENDED:
		retry_failed(&attached->retry, outcome == SCAN_ENDED, now_us);
		break;
	}
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t backend_next(const struct again *again, const char *backend)
{
	const struct paced *paced = backend ? paced_find(again, backend) : NULL;

	return paced ? paced->pace.next_us : 0;
}

bool again_waits(const struct again *again, const struct attached *attached, const char *backend,
		 uint64_t now_us)
{
	return later(attached ? attached->retry.due_us : 0, backend_next(again, backend)) > now_us;
}

struct attached *again_due(const struct again *again, const struct attached_table *table,
			   size_t *at, uint64_t now_us)
{
	/* Twice through the table. */
	while (*at < 2 * table->count) {
		size_t i = (*at)++;
		struct attached *attached = table->list[i % table->count];

		if (attached->retry.due_us && attached->retry.ended == (i >= table->count) &&
		    !again_waits(again, attached, attached->backend, now_us))
			return attached;
	}
	return NULL;
}

uint64_t again_next(const struct again *again, const struct attached_table *table)
{
	uint64_t next = UINT64_MAX, due;

	for (size_t i = 0; i < table->count; i++) {
		const struct attached *attached = table->list[i];

		if (!attached->retry.due_us)
			continue;
		due = later(attached->retry.due_us, backend_next(again, attached->backend));
		if (due < next)
			next = due;
	}
	return next;
}

void again_forget(struct again *again, struct attached_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->list[i]->retry = (struct retry){.due_us = 0};
	again_free(again);
}

void again_free(struct again *again)
{
	while (again->count)
		free(again->list[--again->count].backend);
	free(again->list);
	again->list = NULL;
}
