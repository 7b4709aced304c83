/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a device is looked at again whose look gave no answer: arithmetic over times, nothing else.
 *
 * A device whose own look failed waits for 1 s, and eight times longer after each further failure,
 * up to 10 minutes. A device that was put aside, since its backend rested or was busy, waits for
 * the backend alone.
 *
 * A backend whose worker was ended by a look gets no look for 250 ms, for 2 s after the second end
 * in a row, and for a minute after the third. A minute without such an end makes the next one the
 * first again. So looks end a worker at most three times in a minute, which is too few for it to
 * be parked (core/worker_client/restart.h).
 */
#ifndef CORE_SERVICE_KERNEL_RETRY_H
#define CORE_SERVICE_KERNEL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_FIRST_US 1000000u
#define RETRY_FACTOR 8u
#define RETRY_MOST_US 600000000u
#define RETRY_BUSY_US 500000u /* for a backend that rests or is busy */
#define RETRY_GOOD_US 60000000u

/*
 * Of a device. Zeroed: its last look gave an answer. Times in microseconds of a clock that never
 * goes back.
 */
struct retry {
	uint64_t due_us;   /* 0: no look is due */
	uint64_t delay_us; /* before this one; 0: none failed yet */
	bool ended;	   /* the last look ended the worker */
};

void retry_failed(struct retry *retry, bool ended, uint64_t now_us);
void retry_aside(struct retry *retry, uint64_t now_us);
/* The device is another one by now: an earlier failure says nothing, unless it ended the worker. */
void retry_changed(struct retry *retry);

/* Of a backend. Zeroed is a valid start. */
struct pace {
	uint64_t next_us;  /* no look before this */
	uint64_t ended_us; /* when a look ended the worker last */
	unsigned ends;	   /* in a row */
};

void pace_ended(struct pace *pace, uint64_t now_us);
void pace_busy(struct pace *pace, uint64_t now_us);

#endif
