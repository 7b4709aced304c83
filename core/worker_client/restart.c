/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule for restarts. */
#include "core/worker_client/restart.h"

#include <string.h>

#define NS_PER_MS 1000000u

void restart_began(struct restart *restart, uint64_t now)
{
	restart->began = now;
}

void restart_ended(struct restart *restart, uint64_t when)
{
	bool good = when - restart->began >= (uint64_t)RESTART_GOOD_MS * NS_PER_MS;

	memmove(&restart->ends[1], &restart->ends[0],
		sizeof(restart->ends) - sizeof(restart->ends[0]));
	restart->ends[0] = when;
	if (restart->count < RESTART_ENDS)
		restart->count++;
	if (restart->rest_ms == 0 || good)
		restart->rest_ms = RESTART_FIRST_MS;
	else if (restart->rest_ms < RESTART_MOST_MS / 2)
		restart->rest_ms *= 2;
	else
		restart->rest_ms = RESTART_MOST_MS;
	restart->next = when + (uint64_t)restart->rest_ms * NS_PER_MS;
	if (restart->count == RESTART_ENDS &&
	    when - restart->ends[RESTART_ENDS - 1] <= (uint64_t)RESTART_ENDS_MS * NS_PER_MS)
		restart->parked = true;
}

void restart_rest(struct restart *restart, uint64_t when)
{
	restart->next = when + (uint64_t)RESTART_FIRST_MS * NS_PER_MS;
}

bool restart_due(const struct restart *restart, uint64_t now)
{
	return !restart->parked && now >= restart->next;
}
