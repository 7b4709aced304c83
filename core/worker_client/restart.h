/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a worker that ended may be started again: arithmetic over times, nothing else. After its end
 * it rests for 100 ms, and twice as long after each further one, up to 10 s; a minute of good work
 * makes the next rest the first again. One that ended five times within a minute is parked.
 */
#ifndef CORE_WORKER_CLIENT_RESTART_H
#define CORE_WORKER_CLIENT_RESTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESTART_FIRST_MS 100u
#define RESTART_MOST_MS 10000u
#define RESTART_GOOD_MS 60000u
#define RESTART_ENDS 5u
#define RESTART_ENDS_MS 60000u

/* Times in nanoseconds, of any clock that never goes back. Zeroed is a valid start. */
struct restart {
	uint64_t ends[RESTART_ENDS]; /* the last ones, the newest first */
	size_t count;		     /* of them */
	uint64_t began;
	uint64_t next;	  /* not before this */
	unsigned rest_ms; /* the last rest; 0: none yet */
	bool parked;
};

void restart_began(struct restart *restart, uint64_t now);
/* when: it ended, or had last been heard. */
void restart_ended(struct restart *restart, uint64_t when);
/* It ended for want of our memory, no fault of its own: it rests, and the end does not count. */
void restart_rest(struct restart *restart, uint64_t when);
bool restart_due(const struct restart *restart, uint64_t now);

#endif
