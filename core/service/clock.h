/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The monotonic clock, for durations and timeouts. Setting the wall clock does not affect
 * it.
 */
#ifndef CORE_SERVICE_CLOCK_H
#define CORE_SERVICE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* For pthread_cond_timedwait with a condition of monotonic_cond_init. */
static inline struct timespec monotonic_after(unsigned ms)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += ms / 1000u;
	time.tv_nsec += (long)(ms % 1000u) * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

/* A default condition uses the wall clock. If that is set back, a wait takes longer. */
static inline void monotonic_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

#endif
