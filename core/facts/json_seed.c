/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seeds jansson once per process. Must not open a file. */
#include "core/facts/json_seed.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

#include <jansson.h>

static void seed_once(void)
{
	size_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed) || seed == 0)
		seed = (size_t)time(NULL) ^ (size_t)(uintptr_t)&seed;
	json_object_seed(seed ? seed : 1);
}

void json_seed(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, seed_once);
}
