/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is due, a timer for it, and one job at a time. */
#include "core/service/watch/rescan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/log.h"

#define PACE 10u	  /* a look at all is followed by none for so many times what it took */
#define RETRY_US 1000000u /* after one that failed */
#define ACCURACY_US 1000u

struct looks {
	struct pool_job job; /* first */
	struct looks_options options;
	struct look due;
	struct look running; /* the job's, with all below, as long as busy */
	struct world *world;
	struct error err;
	uint64_t took_us;
	int result;
	bool busy;
	bool on;
	bool stale; /* what is under way was begun before the last looks_start */
	sd_event_source *soon;
	sd_event_source *again;
	uint64_t soon_at;	 /* of the monotonic clock; 0: that timer does not run */
	uint64_t all_not_before; /* likewise */
};

static void look_clear(struct look *look)
{
	for (size_t i = 0; i < look->nnames; i++)
		free(look->names[i]);
	seen_list_free(&look->found);
	*look = (struct look){.all = false};
}

static void timer_set(sd_event_source *timer, uint64_t delay_us)
{
	int r = sd_event_source_set_time_relative(timer, delay_us);

	if (r >= 0)
		r = sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_say(LOG_ERR, "changes cannot be waited for: %s", strerror(-r));
}

/* The timer runs where something is due and no look is under way. It is never put off: what changes
 * all the time is looked at, too. */
static void looks_arm(struct looks *looks)
{
	uint64_t now = now_us(), at = now + LOOKS_WINDOW_US;

	if (!looks->on || looks->busy || (!looks->due.all && !looks->due.nnames))
		return;
	if (!looks->due.nnames && looks->all_not_before > at)
		at = looks->all_not_before;
	if (looks->soon_at && looks->soon_at <= at)
		return;
	looks->soon_at = at;
	timer_set(looks->soon, at - now);
}

/* ---------------------------------------------------------------- a look */

static void look_run(struct pool_job *job)
{
	struct looks *looks = (struct looks *)(void *)job;
	struct look *look = &looks->running;
	uint64_t start = now_us();

	looks->result = look->all ? seen_look(&look->found, looks->world, NULL, &looks->err) : 0;
	for (size_t i = 0; i < look->nnames && !look->all && !looks->result; i++)
		looks->result = seen_look(&look->found, looks->world, look->names[i], &looks->err);
	seen_sort(&look->found);
	looks->took_us = now_us() - start;
	looks->world = world_unref(looks->world);
}

static void look_all_done(struct looks *looks)
{
	uint64_t rest = (PACE - 1) * looks->took_us;

	looks->all_not_before = now_us() + rest;
	if (looks->running.found.silent)
		timer_set(looks->again, rest > LOOKS_INTERVAL_US ? rest : LOOKS_INTERVAL_US);
}

static void look_done(struct pool_job *job)
{
	struct looks *looks = (struct looks *)(void *)job;

	looks->busy = false;
	if (looks->on && looks->result) {
		log_say(LOG_WARNING, "devices could not be looked at: %s", looks->err.text);
		looks->all_not_before = now_us() + RETRY_US;
		looks->due.all = true;
	} else if (looks->on && !looks->stale) {
		if (looks->running.all)
			look_all_done(looks);
		looks->options.looked(looks->options.arg, &looks->running);
	}
	look_clear(&looks->running);
	looks_arm(looks);
}

static void look_begin(struct looks *looks, bool all)
{
	looks->running = looks->due;
	looks->running.all = all;
	/* A look at all covers the single ones; one that has to wait stays due. */
	looks->due = (struct look){.all = looks->due.all && !all};
	looks->stale = false;
	looks->world = world_ref(looks->options.context->world);
	looks->busy = true;
	if (pool_submit(looks->options.pool, &looks->job) == 0)
		return;
	looks->busy = false;
	looks->world = world_unref(looks->world);
	look_clear(&looks->running);
	looks->due.all = true;
	looks->all_not_before = now_us() + RETRY_US;
	looks_arm(looks);
}

static int on_soon(sd_event_source *source, uint64_t usec, void *arg)
{
	struct looks *looks = arg;
	bool all = looks->due.all && now_us() >= looks->all_not_before;

	(void)source, (void)usec;
	looks->soon_at = 0;
	if (!looks->on || looks->busy)
		return 0;
	if (all || looks->due.nnames)
		look_begin(looks, all);
	else
		looks_arm(looks);
	return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	looks_all(arg);
	return 0;
}

/* ---------------------------------------------------------------- asking for looks */

void looks_all(struct looks *looks)
{
	if (!looks->on)
		return;
	looks->due.all = true;
	looks_arm(looks);
}

void looks_one(struct looks *looks, const char *id)
{
	struct look *due = &looks->due;
	char *name;

	for (size_t i = 0; i < due->nnames; i++)
		if (strcmp(due->names[i], id) == 0)
			return;
	name = looks->on && due->nnames < LOOKS_NAMES_MAX ? strdup(id) : NULL;
	if (!name) {
		looks_all(looks);
		return;
	}
	due->names[due->nnames++] = name;
	looks_arm(looks);
}

void looks_start(struct looks *looks)
{
	looks->on = true;
	looks->stale = true;
	look_clear(&looks->due);
	looks->due.all = true;
	looks->all_not_before = 0;
	if (!looks->busy)
		look_begin(looks, true);
}

void looks_stop(struct looks *looks)
{
	looks->on = false;
	look_clear(&looks->due);
	looks->soon_at = 0;
	sd_event_source_set_enabled(looks->soon, SD_EVENT_OFF);
	sd_event_source_set_enabled(looks->again, SD_EVENT_OFF);
}

/* ---------------------------------------------------------------- beginning and end */

static int timer_new(sd_event *event, sd_event_source **ret, sd_event_time_handler_t called,
		     struct looks *looks)
{
	int r = sd_event_add_time_relative(event, ret, CLOCK_MONOTONIC, 0, ACCURACY_US, called,
					   looks);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int looks_new(const struct looks_options *options, struct looks **ret, struct error *err)
{
	struct looks *looks = calloc(1, sizeof(*looks));
	int r;

	if (!looks)
		return error_set(err, -ENOMEM, "out of memory");
	looks->options = *options;
	looks->job = (struct pool_job){.run = look_run, .done = look_done, .kind = POOL_OWN};
	r = timer_new(options->event, &looks->soon, on_soon, looks);
	if (r >= 0)
		r = timer_new(options->event, &looks->again, on_again, looks);
	if (r < 0) {
		looks_free(looks);
		return error_set(err, r, "changes cannot be waited for: %s", strerror(-r));
	}
	*ret = looks;
	return 0;
}

struct looks *looks_free(struct looks *looks)
{
	if (!looks)
		return NULL;
	sd_event_source_disable_unref(looks->soon);
	sd_event_source_disable_unref(looks->again);
	look_clear(&looks->due);
	look_clear(&looks->running);
	world_unref(looks->world);
	free(looks);
	return NULL;
}
