/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a worker that ended may be started again, as arithmetic over times. After an end
 * it rests for 100 ms; the rest doubles with each further end, up to 10 s. After a minute
 * without an end it is 100 ms again. A worker that ended five times in a minute is
 * parked.
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

/* Times are in nanoseconds, of a clock that never goes back. Zeroed is valid. */
struct restart {
	uint64_t ends[RESTART_ENDS]; /* the last ends, the newest first */
	size_t count;                /* of these ends */
	uint64_t began;
	uint64_t next;    /* no start before this time */
	unsigned rest_ms; /* the last rest; 0: none yet */
	bool parked;
};

void restart_began(struct restart *restart, uint64_t now);
/* when: the time of the end, or of the last call before it. */
void restart_ended(struct restart *restart, uint64_t when);
/* It ended because this process has no memory. It rests, but the end does not count. */
void restart_rest(struct restart *restart, uint64_t when);
bool restart_due(const struct restart *restart, uint64_t now);

#endif
