/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of retry.h. */
#include "core/service/kernel/retry.h"

#include "core/facts/macros.h"

void retry_failed(struct retry *retry, bool ended, uint64_t now_us)
{
	if (!retry->delay_us)
		retry->delay_us = RETRY_FIRST_US;
	else if (retry->delay_us < RETRY_MOST_US / RETRY_FACTOR)
		retry->delay_us *= RETRY_FACTOR;
	else
		retry->delay_us = RETRY_MOST_US;
	retry->due_us = now_us + retry->delay_us;
	retry->ended = ended;
}

void retry_skipped(struct retry *retry, uint64_t now_us)
{
	if (!retry->due_us)
		retry->due_us = now_us;
}

void retry_changed(struct retry *retry)
{
	if (!retry->ended)
		*retry = (struct retry){.due_us = 0};
}

void pace_ended(struct backend_pace *pace, uint64_t now_us)
{
	static const uint64_t rests_us[] = {250000, 2000000, RETRY_QUIET_US};

	if (now_us - pace->ended_us >= RETRY_QUIET_US)
		pace->ends = 0;
	pace->next_us = now_us + rests_us[pace->ends];
	pace->ended_us = now_us;
	if (pace->ends < COUNT(rests_us) - 1)
		pace->ends++;
}

void pace_busy(struct backend_pace *pace, uint64_t now_us)
{
	if (pace->next_us < now_us + RETRY_BUSY_US)
		pace->next_us = now_us + RETRY_BUSY_US;
}
