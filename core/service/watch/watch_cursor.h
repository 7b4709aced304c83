/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One watcher's position in the event log: first the devices that exist, then "ready",
 * then each change.
 */
#ifndef CORE_SERVICE_WATCH_WATCH_CURSOR_H
#define CORE_SERVICE_WATCH_WATCH_CURSOR_H

#include "core/service/watch/event_log.h"

enum cursor_phase {
	CURSOR_WAIT,    /* for the first scan of all devices */
	CURSOR_POLICY,  /* next is "policy", then as CURSOR_WAIT */
	CURSOR_PRESENT, /* sends existing devices; last_* is the last one sent */
	CURSOR_CHANGES,
};

/* Zeroed, it is at the beginning. */
struct watch_cursor {
	bool types; /* includes mdev types */
	enum cursor_phase phase;
	char *last_host; /* NULL: none sent yet */
	char *last_device;
	uint64_t next; /* number of the next event */
};

/* 1: the next document, which the caller owns; 0: there is none yet; -ENOMEM. */
int cursor_next(struct watch_cursor *cursor, const struct event_log *log, json_t **ret);
void cursor_clear(struct watch_cursor *cursor);

#endif
