/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From events and retries to scans, and from attachment numbers to devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/kernel/publish_private.h"
#include "core/service/log.h"

#define RETRY_DOUBLINGS 6u /* a failed scan is repeated after 1 s to 64 s */
#define ACCURACY_US 10000u

/* ---------------------------------------------------------------- retries */

static void retry_timer_set(struct publisher *publisher, uint64_t at)
{
	int r = at == UINT64_MAX ? sd_event_source_set_enabled(publisher->retry_timer, SD_EVENT_OFF)
				 : sd_event_source_set_time(publisher->retry_timer, at);

	if (r >= 0 && at != UINT64_MAX)
		r = sd_event_source_set_enabled(publisher->retry_timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_say(LOG_ERR, "cannot set a timer for the next scan of a device: %s",
			strerror(-r));
}

/*
 * Make those devices due whose time has come. If they are more than one scan takes, the
 * end of that scan calls this again, so the timer is set for later times only.
 */
static void retry_due(struct publisher *publisher)
{
	uint64_t now = now_us(), next;
	struct attachment *attachment;
	size_t at = 0;

	pthread_mutex_lock(&publisher->lock);
	while (!rescan_is_full(publisher->rescan) &&
	       (attachment = retry_list_due(&publisher->retries, &publisher->table, &at, now)))
		rescan_id(publisher->rescan, attachment->id);
	next = retry_list_next(&publisher->retries, &publisher->table);
	pthread_mutex_unlock(&publisher->lock);
	if (next > now)
		retry_timer_set(publisher, next);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	retry_due(arg);
	return 0;
}

/* ---------------------------------------------------------------- scans */

/* Runs in the scan's thread. */
static bool scan_waits(void *arg, const char *id, const char *backend)
{
	struct publisher *publisher = arg;
	const struct attachment *attachment;
	bool waits;

	pthread_mutex_lock(&publisher->lock);
	attachment = attachment_find_id(&publisher->table, id);
	waits = retry_list_waits(&publisher->retries, attachment, backend, now_us());
	pthread_mutex_unlock(&publisher->lock);
	return waits;
}

static int on_scan(void *arg, struct world *world, const struct rescan_set *set, struct error *err)
{
	struct publisher *publisher = arg;

	publisher->scan = (struct attachment_scan){.waits = scan_waits, .arg = publisher};
	return attachment_scan_run(&publisher->scan, world, set->all ? NULL : set->ids, set->nids,
				   err);
}

/* If the scan failed, attachments stay as they are. */
static bool on_scanned(void *arg, const struct rescan_result *result)
{
	struct publisher *publisher = arg;
	bool complete = result->r || publisher_apply(publisher, result->set, result->stale);

	if (result->set->all)
		publisher->options.scanned(publisher->options.arg);
	attachment_scan_free(&publisher->scan);
	retry_due(publisher);
	return complete;
}

/* ---------------------------------------------------------------- events */

static bool has_types(const struct publisher *publisher, const char *parent)
{
	size_t len = strlen(parent);

	for (size_t i = 0; i < publisher->table.count; i++) {
		const struct attachment *attachment = publisher->table.list[i];

		if (attachment->is_type && strncmp(attachment->id, parent, len) == 0 &&
		    attachment->id[len] == '/')
			return true;
	}
	return false;
}

/* Void all answers from before the event. Call under the lock. */
static enum relevance invalidate(struct publisher *publisher, const struct events_change *change)
{
	enum relevance relevance = change->relevance;
	struct attachment *attachment =
		relevance == RELEVANCE_NONE
			? NULL
			: attachment_find_id(&publisher->table, change->sysname);

	if (attachment)
		attachment->changed++;
	if (relevance != RELEVANCE_HOST && has_types(publisher, change->sysname))
		relevance = RELEVANCE_HOST;
	if (relevance == RELEVANCE_HOST)
		publisher->host_changed++;
	return relevance;
}

/* The scan follows udevd's event. */
static void on_early_event(void *arg, const struct events_change *change)
{
	struct publisher *publisher = arg;

	pthread_mutex_lock(&publisher->lock);
	invalidate(publisher, change);
	pthread_mutex_unlock(&publisher->lock);
}

static void on_event(void *arg, const struct events_change *change)
{
	struct publisher *publisher = arg;
	enum relevance relevance;
	struct attachment *attachment;

	pthread_mutex_lock(&publisher->lock);
	relevance = invalidate(publisher, change);
	attachment = attachment_find_id(&publisher->table, change->sysname);
	if (relevance == RELEVANCE_HOST)
		rescan_all(publisher->rescan);
	else if (relevance == RELEVANCE_ONE)
		rescan_id(publisher->rescan, change->sysname);
	if (attachment && relevance == RELEVANCE_ONE)
		retry_changed(&attachment->retry);
	if (attachment && relevance == RELEVANCE_GONE &&
	    !publisher_is_attached(publisher, attachment->number))
		publisher_forget(publisher, attachment);
	pthread_mutex_unlock(&publisher->lock);
}

/* ---------------------------------------------------------------- start and end */

/*
 * Attachments outlive the service that made them. Their names are those of class devices;
 * a type's name has '!' for '/'.
 */
static int adopt(struct publisher *publisher)
{
	struct broker_attachment listed = {.attachment = 0};
	struct attachment *attachment;
	char *mark;
	int r;

	while ((r = broker_list(publisher->options.broker, listed.attachment, &listed)) == 0 &&
	       listed.attachment) {
		mark = listed.is_type ? strchr(listed.name, '!') : NULL;
		if (mark)
			*mark = '/';
		r = attachment_add(&publisher->table, listed.attachment, listed.name,
				   listed.is_type, &attachment);
		if (r)
			return r;
	}
	return r;
}

static int publisher_schedule(struct publisher *publisher, struct error *err)
{
	const struct publisher_options *options = &publisher->options;
	const struct rescan_options rescan = {
		.event = options->event,
		.pool = options->pool,
		.retry_doublings = RETRY_DOUBLINGS,
		.scan = on_scan,
		.done = on_scanned,
		.arg = publisher,
	};
	int r = sd_event_add_time(options->event, &publisher->retry_timer, CLOCK_MONOTONIC, 0,
				  ACCURACY_US, on_retry, publisher);

	if (r >= 0)
		r = sd_event_source_set_enabled(publisher->retry_timer, SD_EVENT_OFF);
	if (r < 0)
		return error_set(err, r, "cannot create a timer: %s", strerror(-r));
	return rescan_new(&rescan, &publisher->rescan, err);
}

static int publisher_listen(struct publisher *publisher, struct error *err)
{
	int r = events_listen(publisher->options.events, on_event, publisher);

	if (!r)
		r = events_listen_early(publisher->options.events, on_early_event, publisher);
	if (r)
		error_set(err, r, "cannot listen to device events: %s", strerror(-r));
	return r;
}

int publisher_new(const struct publisher_options *options, struct world *world,
		  struct publisher **ret, struct error *err)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	int r;

	if (!publisher)
		return error_set(err, -ENOMEM, "out of memory");
	publisher->options = *options;
	pthread_mutex_init(&publisher->lock, NULL);
	r = publisher_schedule(publisher, err);
	if (!r) {
		r = adopt(publisher);
		if (r)
			error_set(err, r, "%s: cannot list attachments: %s", BROKER_PATH,
				  strerror(-r));
	}
	/* Listen before the first scan, so that no change is missed. */
	if (!r)
		r = publisher_listen(publisher, err);
	if (r) {
		publisher_free(publisher);
		return r;
	}
	rescan_start(publisher->rescan, world);
	*ret = publisher;
	return 0;
}

struct publisher *publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return NULL;
	events_unlisten(publisher->options.events, on_event, publisher);
	events_unlisten(publisher->options.events, on_early_event, publisher);
	rescan_free(publisher->rescan);
	attachment_scan_free(&publisher->scan);
	sd_event_source_disable_unref(publisher->retry_timer);
	retry_list_free(&publisher->retries);
	attachment_table_free(&publisher->table);
	pthread_mutex_destroy(&publisher->lock);
	free(publisher);
	return NULL;
}

void publisher_reload(struct publisher *publisher, struct world *world)
{
	pthread_mutex_lock(&publisher->lock);
	retry_list_forget(&publisher->retries, &publisher->table);
	pthread_mutex_unlock(&publisher->lock);
	rescan_start(publisher->rescan, world);
}

bool publisher_find(struct publisher *publisher, uint64_t attachment, struct publisher_device *ret)
{
	const struct attachment *found;
	bool served;

	pthread_mutex_lock(&publisher->lock);
	found = attachment_find(&publisher->table, attachment);
	served = found && found->backend;
	if (served) {
		/* Runs for each question from the kernel, so it avoids snprintf. */
		*ret = (struct publisher_device){.changed =
							 found->changed + publisher->host_changed};
		memccpy(ret->id, found->id, '\0', sizeof(ret->id) - 1);
		memccpy(ret->backend, found->backend, '\0', sizeof(ret->backend) - 1);
	}
	pthread_mutex_unlock(&publisher->lock);
	return served;
}

size_t publisher_count(struct publisher *publisher)
{
	size_t count;

	pthread_mutex_lock(&publisher->lock);
	count = publisher->table.count;
	pthread_mutex_unlock(&publisher->lock);
	return count;
}
