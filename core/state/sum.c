/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XXH3 with the widest vectors of this processor, chosen at run time if the library can do that. */
#define XXH_STATIC_LINKING_ONLY /* for the state's size */
#include "core/state/sum.h"

#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif
#endif
#ifndef XXH_VERSION_NUMBER
#include <xxhash.h>
#endif

uint64_t state_sum(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

_Static_assert(sizeof(XXH3_state_t) <= sizeof(((struct state_sums *)NULL)->state),
	       "there is room for the state");

void state_sums_begin(struct state_sums *sums)
{
	XXH3_64bits_reset((XXH3_state_t *)(void *)sums->state);
}

void state_sums_add(struct state_sums *sums, const void *bytes, size_t len)
{
	XXH3_64bits_update((XXH3_state_t *)(void *)sums->state, bytes, len);
}

uint64_t state_sums_end(const struct state_sums *sums)
{
	return XXH3_64bits_digest((const XXH3_state_t *)(const void *)sums->state);
}
