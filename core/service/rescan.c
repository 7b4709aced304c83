/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of due devices, one timer and one job. */
#include "core/service/rescan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/log.h"

#define RETRY_US 1000000u
#define ACCURACY_US 1u

struct rescan {
	struct pool_job job; /* first: job functions cast it back */
	struct rescan_options options;
	struct world *world; /* NULL: stopped */
	struct rescan_set due;
	/* While busy, the job owns these: */
	struct rescan_set running;
	struct world *running_world; /* the job drops it, since the last unref may block */
	struct error err;
	uint64_t took_us;
	int r;
	bool busy;
	bool stale;
	sd_event_source *timer;
	/* Times of the monotonic clock: */
	uint64_t timer_at;       /* 0: the timer is off */
	uint64_t not_before;     /* for any scan */
	uint64_t all_not_before; /* for a scan of all devices */
	unsigned failures;       /* in a row */
};

static void set_clear(struct rescan_set *set)
{
	for (size_t i = 0; i < set->nids; i++)
		free(set->ids[i]);
	*set = (struct rescan_set){.all = false};
}

/* Without memory for the id, all devices are due. */
static void set_add(struct rescan_set *set, const char *id)
{
	char *copy;

	for (size_t i = 0; i < set->nids; i++)
		if (strcmp(set->ids[i], id) == 0)
			return;
	copy = set->nids < RESCAN_IDS_MAX ? strdup(id) : NULL;
	if (copy)
		set->ids[set->nids++] = copy;
	else
		set->all = true;
}

static void timer_set(struct rescan *rescan, uint64_t at)
{
	int r = sd_event_source_set_time(rescan->timer, at);

	if (r >= 0)
		r = sd_event_source_set_enabled(rescan->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_say(LOG_ERR, "cannot set a timer for the next scan of devices: %s",
			strerror(-r));
	rescan->timer_at = r < 0 ? 0 : at;
}

/*
 * Set the timer if devices are due and no scan runs. An earlier time stays, so that
 * constant changes do not postpone the scan.
 */
static void rescan_arm(struct rescan *rescan, uint64_t window_us)
{
	uint64_t at = now_us() + window_us;

	if (!rescan->world || rescan->busy || (!rescan->due.all && !rescan->due.nids))
		return;
	if (!rescan->due.nids && rescan->all_not_before > at)
		at = rescan->all_not_before;
	if (rescan->not_before > at)
		at = rescan->not_before;
	if (!rescan->timer_at || rescan->timer_at > at)
		timer_set(rescan, at);
}

/* ---------------------------------------------------------------- one scan */

static void rescan_run(struct pool_job *job)
{
	struct rescan *rescan = (struct rescan *)(void *)job;
	uint64_t start = now_us();

	rescan->r = rescan->options.scan(rescan->options.arg, rescan->running_world,
					 &rescan->running, &rescan->err);
	rescan->took_us = now_us() - start;
	rescan->running_world = world_unref(rescan->running_world);
}

static void rescan_pause(struct rescan *rescan)
{
	unsigned most = rescan->options.retry_doublings;
	unsigned shift = rescan->failures < most ? rescan->failures : most;

	rescan->failures++;
	rescan->not_before = now_us() + ((uint64_t)RETRY_US << shift);
}

/* The devices of the scan are due again, after a pause. */
static void rescan_repeat(struct rescan *rescan)
{
	rescan->due.all |= rescan->running.all;
	for (size_t i = 0; i < rescan->running.nids && !rescan->running.all; i++)
		set_add(&rescan->due, rescan->running.ids[i]);
	rescan_pause(rescan);
}

static void rescan_done(struct pool_job *job)
{
	struct rescan *rescan = (struct rescan *)(void *)job;
	const struct rescan_result result = {
		.set = &rescan->running, .r = rescan->r, .stale = rescan->stale};
	bool complete = rescan->options.done(rescan->options.arg, &result);

	if (rescan->r)
		log_say(LOG_ERR, "cannot scan devices: %s", rescan->err.text);
	/* A start made all devices due already; a stop wants none. */
	if (!rescan->stale) {
		if (rescan->running.all)
			rescan->all_not_before = now_us() + rescan->options.pace * rescan->took_us;
		if (rescan->r)
			rescan_repeat(rescan);
		else if (!complete)
			rescan_pause(rescan);
		else
			rescan->failures = 0;
	}
	set_clear(&rescan->running);
	rescan->busy = false;
	rescan_arm(rescan, rescan->options.window_us);
}

/* all: the scan of all covers the ids; otherwise all devices stay due if they are. */
static void rescan_begin(struct rescan *rescan, bool all)
{
	rescan->running = rescan->due;
	rescan->running.all = all;
	rescan->due = (struct rescan_set){.all = rescan->due.all && !all};
	rescan->running_world = world_ref(rescan->world);
	rescan->err = (struct error){.text = ""};
	rescan->stale = false;
	rescan->busy = true;
	if (pool_submit(rescan->options.pool, &rescan->job) == 0)
		return;
	log_say(LOG_ERR, "cannot scan devices: the job queue is full");
	rescan->busy = false;
	rescan->running_world = world_unref(rescan->running_world);
	rescan_repeat(rescan);
	set_clear(&rescan->running);
	rescan_arm(rescan, rescan->options.window_us);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct rescan *rescan = arg;
	uint64_t now = now_us();
	bool all = rescan->due.all && now >= rescan->all_not_before;

	(void)source, (void)usec;
	rescan->timer_at = 0;
	if (!rescan->world || rescan->busy)
		return 0;
	if (now >= rescan->not_before && (all || rescan->due.nids))
		rescan_begin(rescan, all);
	else
		rescan_arm(rescan, 0);
	return 0;
}

/* ---------------------------------------------------------------- owner */

void rescan_all(struct rescan *rescan)
{
	if (!rescan->world)
		return;
	rescan->due.all = true;
	rescan_arm(rescan, rescan->options.window_us);
}

void rescan_id(struct rescan *rescan, const char *id)
{
	if (!rescan->world)
		return;
	set_add(&rescan->due, id);
	rescan_arm(rescan, rescan->options.window_us);
}

bool rescan_is_full(const struct rescan *rescan)
{
	return rescan->due.all || rescan->due.nids == RESCAN_IDS_MAX;
}

void rescan_start(struct rescan *rescan, struct world *world)
{
	world_ref(world);
	world_unref(rescan->world);
	rescan->world = world;
	rescan->stale = true;
	set_clear(&rescan->due);
	rescan->due.all = true;
	rescan->not_before = rescan->all_not_before = 0;
	rescan->failures = 0;
	if (!rescan->busy)
		rescan_begin(rescan, true);
}

void rescan_stop(struct rescan *rescan)
{
	rescan->world = world_unref(rescan->world);
	rescan->stale = true;
	set_clear(&rescan->due);
	rescan->timer_at = 0;
	sd_event_source_set_enabled(rescan->timer, SD_EVENT_OFF);
}

int rescan_new(const struct rescan_options *options, struct rescan **ret, struct error *err)
{
	struct rescan *rescan = calloc(1, sizeof(*rescan));
	int r;

	if (!rescan)
		return error_set(err, -ENOMEM, "out of memory");
	rescan->options = *options;
	rescan->job = (struct pool_job){.run = rescan_run, .done = rescan_done, .kind = POOL_OWN};
	r = sd_event_add_time(options->event, &rescan->timer, CLOCK_MONOTONIC, 0, ACCURACY_US,
			      on_timer, rescan);
	if (r >= 0)
		r = sd_event_source_set_enabled(rescan->timer, SD_EVENT_OFF);
	if (r < 0) {
		rescan_free(rescan);
		return error_set(err, r, "cannot create a timer: %s", strerror(-r));
	}
	*ret = rescan;
	return 0;
}

struct rescan *rescan_free(struct rescan *rescan)
{
	if (!rescan)
		return NULL;
	sd_event_source_disable_unref(rescan->timer);
	set_clear(&rescan->due);
	set_clear(&rescan->running);
	world_unref(rescan->running_world);
	world_unref(rescan->world);
	free(rescan);
	return NULL;
}
