/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One scan at a time; what happens meanwhile is looked at by the next one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/kernel/publish_private.h"
#include "core/service/clock.h"
#include "core/service/log.h"
#include "core/service/relevance.h"

#define RETRY_MOST_SHIFT 6u /* of the pause after a scan that failed: 1 s, doubled up to 64 s */
#define ACCURACY_US 10000u

static void attach_next(struct attach *attach);

/* ---------------------------------------------------------------- scans */

static void ids_clear(char **ids, size_t *count)
{
	while (*count)
		free(ids[--*count]);
}

/* In the thread that scans. */
static bool scan_waits(void *arg, const char *id, const char *backend)
{
	struct attach *attach = arg;
	const struct attached *attached;
	bool waits;

	pthread_mutex_lock(&attach->lock);
	attached = attached_find_id(&attach->table, id);
	waits = again_waits(&attach->again, attached, backend, now_us());
	pthread_mutex_unlock(&attach->lock);
	return waits;
}

static void scan_begin(struct pool_job *job)
{
	struct attach *attach = (struct attach *)(void *)job;

	attach->r =
		scan_run(&attach->scan, attach->scanned, attach->of_all ? NULL : attach->scan_ids,
			 attach->scan_nids, &attach->err);
}

static void scan_end(struct attach *attach)
{
	scan_free(&attach->scan);
	attach->scanned = world_unref(attach->scanned);
	ids_clear(attach->scan_ids, &attach->scan_nids);
	attach->scanning = false;
}

/* The scan, or something of it, did not come about: no other one begins for a while. */
static void scan_failed(struct attach *attach)
{
	unsigned shift = attach->failures < RETRY_MOST_SHIFT ? attach->failures : RETRY_MOST_SHIFT;

	attach->failures++;
	attach->not_before = now_us() + ((uint64_t)RETRY_FIRST_US << shift);
}

static void scan_want_again(struct attach *attach)
{
	attach->all |= attach->of_all;
	for (size_t i = 0; i < attach->scan_nids; i++)
		attach_want(attach, attach->scan_ids[i]);
	scan_failed(attach);
}

static void scan_done(struct pool_job *job)
{
	struct attach *attach = (struct attach *)(void *)job;

	attach->incomplete = false;
	if (attach->r) {
		/* What is attached stays. */
		log_say(LOG_ERR, "this host's devices could not be looked at: %s",
			attach->err.text);
		scan_want_again(attach);
	} else {
		attach_apply(attach);
		if (attach->incomplete)
			scan_failed(attach);
		else
			attach->failures = 0;
	}
	if (attach->of_all)
		attach->options.whole(attach->options.arg);
	scan_end(attach);
	attach_next(attach);
}

static void timer_arm(struct attach *attach, uint64_t at)
{
	int r = at == UINT64_MAX ? sd_event_source_set_enabled(attach->timer, SD_EVENT_OFF)
				 : sd_event_source_set_time(attach->timer, at);

	if (r >= 0 && at != UINT64_MAX)
		r = sd_event_source_set_enabled(attach->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_say(LOG_ERR, "devices cannot be looked at again: %s", strerror(-r));
}

/* Is there something to look at now? Else the timer is set for when there will be. */
static bool scan_due(struct attach *attach)
{
	uint64_t now = now_us(), next;
	struct attached *attached;
	size_t at = 0;

	pthread_mutex_lock(&attach->lock);
	while (now >= attach->not_before && !attach->all && attach->nids < IDS_MAX &&
	       (attached = again_due(&attach->again, &attach->table, &at, now)))
		attach_want(attach, attached->id);
	next = attach->all || attach->nids ? 0 : again_next(&attach->again, &attach->table);
	pthread_mutex_unlock(&attach->lock);
	if (next < attach->not_before)
		next = attach->not_before;
	if (next > now)
		timer_arm(attach, next);
	return next <= now;
}

/* Begin a scan if there is something to look at, and none is under way. */
static void attach_next(struct attach *attach)
{
	if (attach->scanning || !scan_due(attach))
		return;
	attach->scanning = true;
	attach->of_all = attach->all;
	attach->scanned = world_ref(attach->world);
	if (!attach->all) {
		memcpy(attach->scan_ids, attach->ids, attach->nids * sizeof(attach->ids[0]));
		attach->scan_nids = attach->nids;
		attach->nids = 0;
	}
	ids_clear(attach->ids, &attach->nids);
	attach->all = false;
	attach->scan = (struct scan){.waits = scan_waits, .arg = attach};
	attach->job = (struct pool_job){.run = scan_begin, .done = scan_done, .kind = POOL_OWN};
	if (pool_submit(attach->options.pool, &attach->job) == 0)
		return;
	log_say(LOG_ERR, "this host's devices could not be looked at: there is no thread");
	scan_want_again(attach);
	scan_end(attach);
	scan_due(attach);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	attach_next(arg);
	return 0;
}

void attach_want(struct attach *attach, const char *id)
{
	char *copy = NULL;

	for (size_t i = 0; i < attach->nids; i++)
		if (strcmp(attach->ids[i], id) == 0)
			return;
	if (attach->nids < IDS_MAX)
		copy = strdup(id);
	if (copy)
		attach->ids[attach->nids++] = copy;
	else
		attach->all = true;
}

/* ---------------------------------------------------------------- events */

static bool has_types(const struct attach *attach, const char *parent)
{
	size_t len = strlen(parent);

	for (size_t i = 0; i < attach->table.count; i++) {
		const struct attached *attached = attach->table.list[i];

		if (attached->is_type && strncmp(attached->id, parent, len) == 0 &&
		    attached->id[len] == '/')
			return true;
	}
	return false;
}

/* What was answered before counts no more, from here on. Under the lock. */
static enum relevance invalidate(struct attach *attach, const struct events_change *change)
{
	enum relevance relevance = relevance_of(&attach->world->engine, change);
	struct attached *attached = relevance == RELEVANCE_NONE
					    ? NULL
					    : attached_find_id(&attach->table, change->sysname);

	if (attached)
		attached->changed++;
	if (relevance != RELEVANCE_HOST && has_types(attach, change->sysname))
		relevance = RELEVANCE_HOST;
	if (relevance == RELEVANCE_HOST)
		attach->host_changed++;
	return relevance;
}

/* The look comes with udevd's word. */
static void heard_early(void *arg, const struct events_change *change)
{
	struct attach *attach = arg;

	pthread_mutex_lock(&attach->lock);
	invalidate(attach, change);
	pthread_mutex_unlock(&attach->lock);
}

static void heard(void *arg, const struct events_change *change)
{
	struct attach *attach = arg;
	enum relevance relevance;
	struct attached *attached;

	pthread_mutex_lock(&attach->lock);
	relevance = invalidate(attach, change);
	attached = attached_find_id(&attach->table, change->sysname);
	if (relevance == RELEVANCE_HOST)
		attach->all = true;
	else if (relevance == RELEVANCE_ONE)
		attach_want(attach, change->sysname);
	if (attached && relevance == RELEVANCE_ONE)
		retry_changed(&attached->retry);
	if (attached && relevance == RELEVANCE_GONE && !attach_lives(attach, attached->attachment))
		attach_forget(attach, attached);
	pthread_mutex_unlock(&attach->lock);
	attach_next(attach);
}

/* ---------------------------------------------------------------- start and end */

/* What an earlier service attached is there still. Its names are those of class devices: a type's
 * has '!' for '/'. */
static int adopt(struct attach *attach)
{
	struct broker_attachment listed = {.attachment = 0};
	struct attached *attached;
	char *mark;
	int r;

	while ((r = broker_list(attach->options.broker, listed.attachment, &listed)) == 0 &&
	       listed.attachment) {
		mark = listed.is_type ? strchr(listed.name, '!') : NULL;
		if (mark)
			*mark = '/';
		r = attached_add(&attach->table, listed.attachment, listed.name, listed.is_type,
				 &attached);
		if (r)
			return r;
	}
	return r;
}

static int attach_listen(struct attach *attach, struct error *err)
{
	int r = events_listen(attach->options.events, heard, attach);

	if (!r)
		r = events_listen_early(attach->options.events, heard_early, attach);
	if (r)
		error_set(err, r, "the kernel's events cannot be listened to: %s", strerror(-r));
	return r;
}

int attach_new(const struct attach_options *options, struct world *world, struct attach **ret,
	       struct error *err)
{
	struct attach *attach = calloc(1, sizeof(*attach));
	int r;

	if (!attach)
		return error_set(err, -ENOMEM, "out of memory");
	attach->options = *options;
	attach->world = world_ref(world);
	pthread_mutex_init(&attach->lock, NULL);
	r = sd_event_add_time_relative(options->event, &attach->timer, CLOCK_MONOTONIC, 0,
				       ACCURACY_US, on_timer, attach);
	if (r >= 0)
		r = sd_event_source_set_enabled(attach->timer, SD_EVENT_OFF);
	if (r < 0) {
		attach_free(attach);
		return error_set(err, r, "no timer could be made: %s", strerror(-r));
	}
	r = adopt(attach);
	if (r)
		error_set(err, r, "%s: what is attached could not be listed: %s", BROKER_PATH,
			  strerror(-r));
	/* Whatever happens from here on is heard, so the scan that comes first misses nothing. */
	if (!r)
		r = attach_listen(attach, err);
	if (r) {
		attach_free(attach);
		return r;
	}
	attach->all = true;
	attach_next(attach);
	*ret = attach;
	return 0;
}

struct attach *attach_free(struct attach *attach)
{
	if (!attach)
		return NULL;
	events_unlisten(attach->options.events, heard, attach);
	events_unlisten(attach->options.events, heard_early, attach);
	if (attach->scanning)
		scan_end(attach);
	sd_event_source_disable_unref(attach->timer);
	ids_clear(attach->ids, &attach->nids);
	again_free(&attach->again);
	attached_free(&attach->table);
	world_unref(attach->world);
	pthread_mutex_destroy(&attach->lock);
	free(attach);
	return NULL;
}

void attach_reload(struct attach *attach, struct world *world)
{
	world_ref(world);
	world_unref(attach->world);
	attach->world = world;
	attach->all = true;
	attach->not_before = 0;
	attach->failures = 0;
	pthread_mutex_lock(&attach->lock);
	again_forget(&attach->again, &attach->table);
	pthread_mutex_unlock(&attach->lock);
	attach_next(attach);
}

bool attach_look(struct attach *attach, uint64_t attachment, struct attach_seen *ret)
{
	const struct attached *attached;
	bool served;

	pthread_mutex_lock(&attach->lock);
	attached = attached_find(&attach->table, attachment);
	served = attached && attached->backend;
	if (served) {
		/* For each question from the kernel, so without formatting. */
		*ret = (struct attach_seen){.changed = attached->changed + attach->host_changed};
		memccpy(ret->id, attached->id, '\0', sizeof(ret->id) - 1);
		memccpy(ret->backend, attached->backend, '\0', sizeof(ret->backend) - 1);
	}
	pthread_mutex_unlock(&attach->lock);
	return served;
}

size_t attach_count(struct attach *attach)
{
	size_t count;

	pthread_mutex_lock(&attach->lock);
	count = attach->table.count;
	pthread_mutex_unlock(&attach->lock);
	return count;
}
