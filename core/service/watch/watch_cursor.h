/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far one watcher is: first what there is, then "ready", then each change. */
#ifndef CORE_SERVICE_WATCH_WATCH_CURSOR_H
#define CORE_SERVICE_WATCH_WATCH_CURSOR_H

#include "core/service/watch/event_log.h"

enum phase {
	PHASE_WAIT,   /* for a first look */
	PHASE_POLICY, /* is to be told that everything may be another, then as above */
	PHASE_THERE,  /* is told what there is, up to last_* */
	PHASE_CHANGES,
};

/* Zeroed is the beginning. */
struct place {
	bool types; /* wants to be told of mdev types, too */
	enum phase phase;
	char *last_host; /* NULL: none yet */
	char *last_device;
	uint64_t next; /* number of a change */
};

/* 1: the next word, yours; 0: none yet; -ENOMEM. */
int place_next(struct place *place, const struct told *told, json_t **ret);
void place_clear(struct place *place);

#endif
