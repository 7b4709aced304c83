/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Microseconds on a clock that nobody sets, for how long something took. */
#ifndef CORE_SERVICE_CLOCK_H
#define CORE_SERVICE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

#endif
