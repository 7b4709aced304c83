/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * While there are watchers: compares devices, holds and backends with what the event log
 * says of them, and appends the differences.
 */
#include "core/service/watch/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/service/log.h"
#include "core/service/rescan.h"
#include "core/service/watch/backend_states.h"
#include "core/service/watch/watch_cursor.h"

#define WINDOW_US 100000u    /* a scan waits so long for further changes */
#define PACE 9u              /* scans of all devices use at most a tenth of one processor */
#define POLL_US 5000000u     /* between scans for changes without an event */
#define BACKENDS_US 1000000u /* between reads of the backends' states */
#define ACCURACY_US 100000u

struct watcher {
	struct watch *watch;
	struct watcher_options options;
	struct watch_cursor cursor;
};

struct watch {
	struct watch_options options;
	struct world *world;
	struct rescan *rescan;        /* stopped while there is no watcher */
	struct device_snapshot found; /* by the scan; its thread's while it runs */
	sd_event_source *poll_timer;  /* for changes without an event */
	struct watcher *watchers[WATCHERS_MAX];
	size_t nwatchers;
	struct event_log log; /* empty while there is no watcher */
	struct backend_states backends;
	sd_event_source *backends_timer;
	sd_event_source *holds_source;
	int holds_fd; /* eventfd: the holds changed */
};

static void wake_all(struct watch *watch)
{
	for (size_t i = 0; i < watch->nwatchers; i++)
		watch->watchers[i]->options.wake(watch->watchers[i]->options.arg);
}

/* delay_us: from now. */
static int timer_start(sd_event_source *timer, uint64_t delay_us)
{
	int r = sd_event_source_set_time_relative(timer, delay_us);

	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* ---------------------------------------------------------------- devices */

static void log_added(struct watch *watch, const struct snapshot_entry *now)
{
	event_log_add_device(&watch->log, "added", now, NULL);
}

static void log_removed(struct watch *watch, const struct snapshot_entry *before)
{
	event_log_add_device(&watch->log, "removed", before, before->fingerprint);
}

static void log_changed(struct watch *watch, const struct snapshot_entry *before,
			const struct snapshot_entry *now)
{
	if (strcmp(before->fingerprint, now->fingerprint) != 0)
		event_log_add_device(&watch->log, "changed", now, before->fingerprint);
}

/* Walks both snapshots side by side, since both are sorted. */
static void compare_all(struct watch *watch, const struct device_snapshot *now)
{
	const struct device_snapshot *before = &watch->log.devices;
	size_t b = 0, n = 0;

	while (b < before->count || n < now->count) {
		int order = b == before->count ? 1
			    : n == now->count  ? -1
					       : snapshot_compare(&before->list[b], &now->list[n]);

		if (order < 0)
			log_removed(watch, &before->list[b++]);
		else if (order > 0)
			log_added(watch, &now->list[n++]);
		else
			log_changed(watch, &before->list[b++], &now->list[n++]);
	}
}

/*
 * A device of this host. now: NULL if it does not exist. A device that is in neither
 * snapshot was never of interest. Without memory it stays unknown until the next scan of
 * all.
 */
static void compare_one(struct watch *watch, const char *device, const struct snapshot_entry *now)
{
	struct device_snapshot *known = &watch->log.devices;
	struct snapshot_entry *before = snapshot_find(known, device);

	if (before && now) {
		log_changed(watch, before, now);
		memcpy(before->fingerprint, now->fingerprint, sizeof(before->fingerprint));
	} else if (before) {
		log_removed(watch, before);
		snapshot_remove(known, (size_t)(before - known->list));
	} else if (now && snapshot_insert(known, snapshot_index(known, now->host, now->device),
					  now) == 0) {
		log_added(watch, now);
	} else if (now) {
		rescan_all(watch->rescan);
	}
}

static int on_scan(void *arg, struct world *world, const struct rescan_set *set, struct error *err)
{
	struct watch *watch = arg;
	int r = set->all ? snapshot_scan(&watch->found, world, NULL, err) : 0;

	for (size_t i = 0; i < set->nids && !set->all && !r; i++)
		r = snapshot_scan(&watch->found, world, set->ids[i], err);
	snapshot_sort(&watch->found);
	return r;
}

/* A scan of one device may be the first that finds such facts. A running timer stays. */
static void poll_start(struct watch *watch)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(watch->poll_timer, &enabled);
	if (enabled == SD_EVENT_OFF && timer_start(watch->poll_timer, POLL_US) < 0)
		log_say(LOG_ERR, "cannot set a timer for the next scan of devices");
}

static void scan_apply(struct watch *watch, const struct rescan_set *set)
{
	if (watch->found.unannounced)
		poll_start(watch);
	if (!set->all && !watch->log.scanned)
		return;
	for (size_t i = 0; i < set->nids && !set->all; i++)
		compare_one(watch, set->ids[i], snapshot_find(&watch->found, set->ids[i]));
	if (set->all) {
		if (watch->log.scanned)
			compare_all(watch, &watch->found);
		snapshot_free(&watch->log.devices);
		watch->log.devices = watch->found;
		watch->found = (struct device_snapshot){.list = NULL};
		watch->log.scanned = true;
	}
	wake_all(watch);
}

static bool on_scanned(void *arg, const struct rescan_result *result)
{
	struct watch *watch = arg;

	if (!result->r && !result->stale)
		scan_apply(watch, result->set);
	snapshot_free(&watch->found);
	return true;
}

static int on_poll(sd_event_source *source, uint64_t usec, void *arg)
{
	struct watch *watch = arg;

	(void)source, (void)usec;
	rescan_all(watch->rescan);
	return 0;
}

static void on_event(void *arg, const struct events_change *change)
{
	struct watch *watch = arg;

	if (change->relevance == RELEVANCE_HOST)
		rescan_all(watch->rescan);
	else if (change->relevance != RELEVANCE_NONE)
		rescan_id(watch->rescan, change->sysname);
}

/* ---------------------------------------------------------------- holds */

static void compare_holds(struct watch *watch, const struct hold_list *before,
			  const struct hold_list *now)
{
	for (size_t i = 0; i < before->count; i++)
		if (!event_log_hold(now, before->list[i].host, before->list[i].device))
			event_log_add_hold(&watch->log, &before->list[i], NULL);
	for (size_t i = 0; i < now->count; i++) {
		const char *reason = event_log_hold(before, now->list[i].host, now->list[i].device);

		if (!reason || strcmp(reason, now->list[i].reason) != 0)
			event_log_add_hold(&watch->log, &now->list[i], now->list[i].reason);
	}
}

static int on_holds(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct watch *watch = arg;
	struct hold_list now = {0};
	uint64_t count;

	(void)source, (void)revents;
	if (read(fd, &count, sizeof(count)) < 0 || !watch->nwatchers)
		return 0;
	if (holds_copy(watch->options.holds, &now)) {
		log_say(LOG_ERR, "cannot send changes of holds to watchers: out of memory");
		return 0;
	}
	compare_holds(watch, &watch->log.holds, &now);
	hold_list_free(&watch->log.holds);
	watch->log.holds = now;
	wake_all(watch);
	return 0;
}

/* Runs in the thread that changed them. */
static void on_holds_changed(void *arg)
{
	const struct watch *watch = arg;
	const uint64_t one = 1;

	(void)!write(watch->holds_fd, &one, sizeof(one));
}

/* ---------------------------------------------------------------- backends */

/* A call may change a state, and nothing announces that. Reading the states is cheap. */
static int on_backends(sd_event_source *source, uint64_t usec, void *arg)
{
	struct watch *watch = arg;
	json_t *changed = backend_states_changed(&watch->backends, &watch->world->engine);

	(void)usec;
	for (size_t i = 0; i < json_array_size(changed); i++)
		event_log_add_backend(&watch->log, json_incref(json_array_get(changed, i)));
	if (json_array_size(changed))
		wake_all(watch);
	json_decref(changed);
	return timer_start(source, BACKENDS_US);
}

static int backends_start(struct watch *watch)
{
	int r = backend_states_read(&watch->backends, &watch->world->engine);

	return r ? r : timer_start(watch->backends_timer, BACKENDS_US);
}

static void backends_stop(struct watch *watch)
{
	sd_event_source_set_enabled(watch->backends_timer, SD_EVENT_OFF);
	backend_states_free(&watch->backends);
}

/* ---------------------------------------------------------------- watchers */

/* Other users never take root's share, nor one user all of the others' share. */
static bool watcher_fits(const struct watch *watch, uid_t uid)
{
	size_t others = 0, own = 0;

	for (size_t i = 0; i < watch->nwatchers; i++) {
		others += watch->watchers[i]->options.uid != 0;
		own += watch->watchers[i]->options.uid == uid;
	}
	return watch->nwatchers < WATCHERS_MAX &&
	       (uid == 0 || (others < WATCHERS_MAX - WATCHERS_ROOT && own < WATCHERS_USER));
}

int watcher_new(struct watch *watch, const struct watcher_options *options, struct watcher **ret)
{
	struct watcher *watcher;

	if (!watcher_fits(watch, options->uid))
		return -EUSERS;
	watcher = calloc(1, sizeof(*watcher));
	if (!watcher)
		return -ENOMEM;
	if (!watch->nwatchers &&
	    (backends_start(watch) < 0 || holds_copy(watch->options.holds, &watch->log.holds))) {
		backends_stop(watch);
		free(watcher);
		return -ENOMEM;
	}
	*watcher = (struct watcher){
		.watch = watch, .options = *options, .cursor = {.types = options->types}};
	watch->watchers[watch->nwatchers++] = watcher;
	if (watch->nwatchers == 1)
		rescan_start(watch->rescan, watch->world);
	*ret = watcher;
	return 0;
}

struct watcher *watcher_free(struct watcher *watcher)
{
	struct watch *watch = watcher ? watcher->watch : NULL;
	size_t i = 0;

	if (!watcher)
		return NULL;
	while (watch->watchers[i] != watcher)
		i++;
	watch->watchers[i] = watch->watchers[--watch->nwatchers];
	cursor_clear(&watcher->cursor);
	free(watcher);
	if (!watch->nwatchers) {
		rescan_stop(watch->rescan);
		sd_event_source_set_enabled(watch->poll_timer, SD_EVENT_OFF);
		backends_stop(watch);
		event_log_clear(&watch->log);
	}
	return NULL;
}

int watcher_next(struct watcher *watcher, json_t **ret)
{
	return cursor_next(&watcher->cursor, &watcher->watch->log, ret);
}

/* ---------------------------------------------------------------- start and end */

void watch_reload(struct watch *watch, struct world *world)
{
	world_ref(world);
	world_unref(watch->world);
	watch->world = world;
	if (!watch->nwatchers)
		return;
	snapshot_free(&watch->log.devices);
	watch->log.scanned = false;
	for (size_t i = 0; i < watch->nwatchers; i++)
		watch->watchers[i]->cursor.phase = CURSOR_POLICY;
	rescan_start(watch->rescan, watch->world);
	if (backends_start(watch) < 0)
		log_say(LOG_ERR, "cannot send changes of backends to watchers: out of memory");
	wake_all(watch);
}

static int timer_new(struct watch *watch, sd_event_source **ret, sd_event_time_handler_t called)
{
	int r = sd_event_add_time(watch->options.event, ret, CLOCK_MONOTONIC, 0, ACCURACY_US,
				  called, watch);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int watch_begin(struct watch *watch, struct error *err)
{
	const struct rescan_options options = {
		.event = watch->options.event,
		.pool = watch->options.pool,
		.window_us = WINDOW_US,
		.pace = PACE,
		.scan = on_scan,
		.done = on_scanned,
		.arg = watch,
	};
	int r = rescan_new(&options, &watch->rescan, err);

	if (r)
		return r;
	watch->holds_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = watch->holds_fd < 0 ? -errno : 0;
	if (!r)
		r = sd_event_add_io(watch->options.event, &watch->holds_source, watch->holds_fd,
				    EPOLLIN, on_holds, watch);
	if (r >= 0)
		r = timer_new(watch, &watch->backends_timer, on_backends);
	if (r >= 0)
		r = timer_new(watch, &watch->poll_timer, on_poll);
	if (r >= 0 && watch->options.events)
		r = events_listen(watch->options.events, on_event, watch);
	return r < 0 ? error_set(err, r, "cannot watch for changes: %s", strerror(-r)) : 0;
}

int watch_new(const struct watch_options *options, struct world *world, struct watch **ret,
	      struct error *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return error_set(err, -ENOMEM, "out of memory");
	watch->options = *options;
	watch->world = world_ref(world);
	watch->holds_fd = -1;
	r = watch_begin(watch, err);
	if (r) {
		watch_free(watch);
		return r;
	}
	options->holds->changed = on_holds_changed;
	options->holds->changed_arg = watch;
	*ret = watch;
	return 0;
}

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	if (watch->options.holds->changed_arg == watch)
		watch->options.holds->changed = NULL;
	if (watch->options.events)
		events_unlisten(watch->options.events, on_event, watch);
	sd_event_source_disable_unref(watch->holds_source);
	sd_event_source_disable_unref(watch->backends_timer);
	backend_states_free(&watch->backends);
	if (watch->holds_fd >= 0)
		close(watch->holds_fd);
	sd_event_source_disable_unref(watch->poll_timer);
	event_log_clear(&watch->log);
	rescan_free(watch->rescan);
	snapshot_free(&watch->found);
	world_unref(watch->world);
	free(watch);
	return NULL;
}
