/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to scan a device again if its scan gave no answer. Arithmetic on times only.
 *
 * If a device's own scan failed, the device waits for 1 s, and 8 times longer after each
 * further failure, up to 10 minutes. If it was skipped because its backend was resting or
 * busy, it waits for the backend alone.
 *
 * If a scan ended the backend's worker, devices of that backend are not scanned for 250
 * ms; after the second end in a row for 2 s, and after the third for a minute. After a
 * minute without an end the count starts again. So scans end a worker at most three times
 * in a minute, too rarely for it to be parked (core/worker_client/restart.h).
 */
#ifndef CORE_SERVICE_KERNEL_RETRY_H
#define CORE_SERVICE_KERNEL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_FIRST_US 1000000u
#define RETRY_FACTOR 8u
#define RETRY_MOST_US 600000000u
#define RETRY_BUSY_US 500000u    /* for a backend that rests or is busy */
#define RETRY_QUIET_US 60000000u /* without an end, the next one counts as the first */

/*
 * Of a device. Zeroed: its last scan gave an answer. Times are in µs of a monotonic
 * clock.
 */
struct retry {
	uint64_t due_us;   /* 0: no scan is needed */
	uint64_t delay_us; /* before due_us; 0: no scan failed yet */
	bool ended;        /* the last scan ended the worker */
};

void retry_failed(struct retry *retry, bool ended, uint64_t now_us);
void retry_skipped(struct retry *retry, uint64_t now_us);
/* The device may have changed: forget earlier failures, unless one ended the worker. */
void retry_changed(struct retry *retry);

/* Of a backend. Zeroed is a valid start. */
struct backend_pace {
	uint64_t next_us;  /* no scan before this time */
	uint64_t ended_us; /* when a scan last ended the worker */
	unsigned ends;     /* in a row */
};

void pace_ended(struct backend_pace *pace, uint64_t now_us);
void pace_busy(struct backend_pace *pace, uint64_t now_us);

#endif
