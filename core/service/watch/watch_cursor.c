/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From phase to phase. A watcher that falls too far behind starts again with "rescan". */
#include "core/service/watch/watch_cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int return_document(json_t *document, json_t **ret)
{
	if (!document)
		return -ENOMEM;
	*ret = document;
	return 1;
}

void cursor_clear(struct watch_cursor *cursor)
{
	free(cursor->last_host);
	free(cursor->last_device);
	cursor->last_host = cursor->last_device = NULL;
}

static int last_set(struct watch_cursor *cursor, const struct snapshot_entry *entry)
{
	cursor_clear(cursor);
	cursor->last_host = strdup(entry->host);
	cursor->last_device = strdup(entry->device);
	if (cursor->last_host && cursor->last_device)
		return 0;
	cursor_clear(cursor);
	return -ENOMEM;
}

/* Searches by name, since the list may have changed since the last call. */
static size_t index_next(const struct watch_cursor *cursor, const struct device_snapshot *list)
{
	const struct snapshot_entry last = {.host = cursor->last_host,
					    .device = cursor->last_device};
	size_t i = cursor->last_host ? snapshot_index(list, cursor->last_host, cursor->last_device)
				     : 0;

	while (i < list->count &&
	       ((cursor->last_host && snapshot_compare(&list->list[i], &last) <= 0) ||
		(!cursor->types && list->list[i].kind == MIGCOMPAT_KIND_MDEV_TYPE)))
		i++;
	return i;
}

static int next_present(struct watch_cursor *cursor, const struct event_log *log, json_t **ret)
{
	size_t i = index_next(cursor, &log->devices);

	if (i == log->devices.count) {
		cursor_clear(cursor);
		cursor->phase = CURSOR_CHANGES;
		return return_document(event_log_document("ready"), ret);
	}
	if (last_set(cursor, &log->devices.list[i]))
		return -ENOMEM;
	return return_document(
		event_log_device_document(log, "present", &log->devices.list[i], NULL), ret);
}

static int next_change(struct watch_cursor *cursor, const struct event_log *log, json_t **ret)
{
	while (cursor->next < log->next) {
		const struct event_log_entry *entry = event_log_get(log, cursor->next);

		if (!entry) {
			cursor->phase = CURSOR_WAIT;
			return return_document(event_log_document("rescan"), ret);
		}
		cursor->next++;
		if (!entry->of_type || cursor->types)
			return return_document(json_incref(entry->document), ret);
	}
	return 0;
}

int cursor_next(struct watch_cursor *cursor, const struct event_log *log, json_t **ret)
{
	if (cursor->phase == CURSOR_POLICY) {
		cursor->phase = CURSOR_WAIT;
		return return_document(event_log_document("policy"), ret);
	}
	if (cursor->phase == CURSOR_WAIT) {
		if (!log->scanned)
			return 0;
		/*
		 * Changes follow from here on. The list of present devices may include
		 * some of them already, which does no harm.
		 */
		cursor->next = log->next;
		cursor->phase = CURSOR_PRESENT;
		cursor_clear(cursor);
	}
	return cursor->phase == CURSOR_PRESENT ? next_present(cursor, log, ret)
					       : next_change(cursor, log, ret);
}
