/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of backends; the devices are in the attachment table. */
#include "core/service/kernel/retry_list.h"

#include <stdlib.h>
#include <string.h>

struct paced_backend {
	char *backend;
	struct backend_pace pace;
};

static struct paced_backend *paced_find(const struct retry_list *list, const char *backend)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->paced[i].backend, backend) == 0)
			return &list->paced[i];
	return NULL;
}

static struct paced_backend *paced_add(struct retry_list *list, const char *backend)
{
	struct paced_backend *paced = realloc(list->paced, (list->count + 1) * sizeof(*paced));
	char *copy = paced ? strdup(backend) : NULL;

	if (paced)
		list->paced = paced;
	if (!copy)
		return NULL;
	paced[list->count] = (struct paced_backend){.backend = copy};
	return &paced[list->count++];
}

void retry_list_backend(struct retry_list *list, const char *backend, enum scan_outcome outcome,
			uint64_t now_us)
{
	struct paced_backend *paced;

	if (outcome != SCAN_ENDED && outcome != SCAN_BUSY)
		return;
	paced = paced_find(list, backend);
	if (!paced)
		paced = paced_add(list, backend);
	if (!paced)
		return;
	if (outcome == SCAN_ENDED)
		pace_ended(&paced->pace, now_us);
	else
		pace_busy(&paced->pace, now_us);
}

void retry_list_device(struct attachment *attachment, enum scan_outcome outcome, uint64_t now_us)
{
	switch (outcome) {
	case SCAN_ANSWERED:
		attachment->retry = (struct retry){.due_us = 0};
		break;
	case SCAN_BUSY:
	case SCAN_SKIPPED:
		retry_skipped(&attachment->retry, now_us);
		break;
	case SCAN_FAILED:
	case SCAN_ENDED:
		retry_failed(&attachment->retry, outcome == SCAN_ENDED, now_us);
		break;
	}
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t backend_next(const struct retry_list *list, const char *backend)
{
	const struct paced_backend *paced = backend ? paced_find(list, backend) : NULL;

	return paced ? paced->pace.next_us : 0;
}

bool retry_list_waits(const struct retry_list *list, const struct attachment *attachment,
		      const char *backend, uint64_t now_us)
{
	return later(attachment ? attachment->retry.due_us : 0, backend_next(list, backend)) >
	       now_us;
}

struct attachment *retry_list_due(const struct retry_list *list,
				  const struct attachment_table *table, size_t *at, uint64_t now_us)
{
	/* Two passes: devices that ended a worker come in the second one. */
	while (*at < 2 * table->count) {
		size_t i = (*at)++;
		struct attachment *attachment = table->list[i % table->count];

		if (attachment->retry.due_us && attachment->retry.ended == (i >= table->count) &&
		    !retry_list_waits(list, attachment, attachment->backend, now_us))
			return attachment;
	}
	return NULL;
}

uint64_t retry_list_next(const struct retry_list *list, const struct attachment_table *table)
{
	uint64_t next = UINT64_MAX, due;

	for (size_t i = 0; i < table->count; i++) {
		const struct attachment *attachment = table->list[i];

		if (!attachment->retry.due_us)
			continue;
		due = later(attachment->retry.due_us, backend_next(list, attachment->backend));
		if (due < next)
			next = due;
	}
	return next;
}

void retry_list_forget(struct retry_list *list, struct attachment_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->list[i]->retry = (struct retry){.due_us = 0};
	retry_list_free(list);
}

void retry_list_free(struct retry_list *list)
{
	while (list->count)
		free(list->paced[--list->count].backend);
	free(list->paced);
	list->paced = NULL;
}
