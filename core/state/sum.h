/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checksum of state files: XXH3 of 64 bits. */
#ifndef CORE_STATE_SUM_H
#define CORE_STATE_SUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t state_sum(const void *bytes, size_t len, uint64_t seed);

/* The same with seed 0 over bytes that come in parts. */
struct state_sums {
	_Alignas(64) unsigned char state[1024];
};

void state_sums_begin(struct state_sums *sums);
void state_sums_add(struct state_sums *sums, const void *bytes, size_t len);
uint64_t state_sums_end(const struct state_sums *sums);

#endif
