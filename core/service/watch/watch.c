/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of devices and holds while somebody watches, held against what is there now; the
 * differences are what watchers are told.
 */
#include "core/service/watch/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/service/watch/backend_states.h"
#include "core/service/log.h"
#include "core/service/watch/rescan.h"
#include "core/service/watch/watch_cursor.h"
#include "core/service/relevance.h"

#define BACKENDS_US 1000000u /* between looks at the backends */
#define ACCURACY_US 100000u

struct watcher {
	struct watch *watch;
	struct watcher_options options;
	struct place place;
};

struct watch {
	struct watch_options options;
	struct looks *looks;
	struct watcher *watchers[WATCHERS_MAX];
	size_t nwatchers;
	struct told told; /* empty while nobody watches */
	struct backends_seen backends;
	sd_event_source *backends_timer;
	sd_event_source *holds_source;
	int holds_fd; /* says that they changed */
};

static void wake_all(struct watch *watch)
{
	for (size_t i = 0; i < watch->nwatchers; i++)
		watch->watchers[i]->options.wake(watch->watchers[i]->options.arg);
}

/* ---------------------------------------------------------------- devices */

static void differ_both(struct watch *watch, const struct seen *before, const struct seen *now)
{
	if (strcmp(before->fingerprint, now->fingerprint) != 0)
		told_add_device(&watch->told, "changed", now, before->fingerprint);
}

static void differ_gone(struct watch *watch, const struct seen *before)
{
	told_add_device(&watch->told, "removed", before, before->fingerprint);
}

static void differ_new(struct watch *watch, const struct seen *now)
{
	told_add_device(&watch->told, "added", now, NULL);
}

/* Side by side, as both are sorted. */
static void differ_all(struct watch *watch, const struct seen_list *now)
{
	const struct seen_list *before = &watch->told.devices;
	size_t b = 0, n = 0;

	while (b < before->count || n < now->count) {
		int order = b == before->count ? 1
			    : n == now->count  ? -1
					       : seen_compare(&before->list[b], &now->list[n]);

		if (order < 0)
			differ_gone(watch, &before->list[b++]);
		else if (order > 0)
			differ_new(watch, &now->list[n++]);
		else
			differ_both(watch, &before->list[b++], &now->list[n++]);
	}
}

/*
 * One of the host that this is; what was never one of ours is neither known nor there. Without
 * memory it is not known yet, and told with the next look at all.
 */
static void differ_one(struct watch *watch, const char *device, const struct seen *now)
{
	struct seen_list *known = &watch->told.devices;
	struct seen *before = told_find(known, device);

	if (before && now) {
		differ_both(watch, before, now);
		memcpy(before->fingerprint, now->fingerprint, sizeof(before->fingerprint));
	} else if (before) {
		differ_gone(watch, before);
		seen_remove(known, (size_t)(before - known->list));
	} else if (now && seen_insert(known, seen_index(known, now->host, now->device), now) == 0) {
		differ_new(watch, now);
	} else if (now) {
		looks_all(watch->looks);
	}
}

static void on_looked(void *arg, struct look *look)
{
	struct watch *watch = arg;

	if (!look->all && !watch->told.whole)
		return;
	for (size_t i = 0; i < look->nnames && !look->all; i++)
		differ_one(watch, look->names[i], told_find(&look->found, look->names[i]));
	if (look->all) {
		if (watch->told.whole)
			differ_all(watch, &look->found);
		seen_list_free(&watch->told.devices);
		watch->told.devices = look->found;
		look->found = (struct seen_list){.list = NULL};
		watch->told.whole = true;
	}
	wake_all(watch);
}

static void on_event(void *arg, const struct events_change *change)
{
	struct watch *watch = arg;
	enum relevance relevance = RELEVANCE_NONE;

	if (watch->nwatchers)
		relevance = relevance_of(&watch->options.context->world->engine, change);
	if (relevance == RELEVANCE_HOST)
		looks_all(watch->looks);
	else if (relevance != RELEVANCE_NONE)
		looks_one(watch->looks, change->sysname);
}

/* ---------------------------------------------------------------- holds */

static void holds_differ(struct watch *watch, const struct hold_list *before,
			 const struct hold_list *now)
{
	for (size_t i = 0; i < before->count; i++)
		if (!told_hold(now, before->list[i].host, before->list[i].device))
			told_add_hold(&watch->told, &before->list[i], NULL);
	for (size_t i = 0; i < now->count; i++) {
		const char *reason = told_hold(before, now->list[i].host, now->list[i].device);

		if (!reason || strcmp(reason, now->list[i].reason) != 0)
			told_add_hold(&watch->told, &now->list[i], now->list[i].reason);
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
	if (holds_copy(watch->options.context->holds, &now)) {
		log_say(LOG_ERR, "watchers cannot be told of holds: out of memory");
		return 0;
	}
	holds_differ(watch, &watch->told.held, &now);
	hold_list_free(&watch->told.held);
	watch->told.held = now;
	wake_all(watch);
	return 0;
}

/* In whatever thread changed them. */
static void holds_changed_say(void *arg)
{
	const struct watch *watch = arg;
	const uint64_t one = 1;

	(void)!write(watch->holds_fd, &one, sizeof(one));
}

/* ---------------------------------------------------------------- backends */

/* They change when they are asked something, which nobody says here; a look costs next to nothing.
 */
static int on_backends(sd_event_source *source, uint64_t usec, void *arg)
{
	struct watch *watch = arg;
	json_t *changed =
		backends_seen_again(&watch->backends, &watch->options.context->world->engine);

	(void)usec;
	for (size_t i = 0; i < json_array_size(changed); i++)
		told_add_backend(&watch->told, json_incref(json_array_get(changed, i)));
	if (json_array_size(changed))
		wake_all(watch);
	json_decref(changed);
	return sd_event_source_set_time_relative(source, BACKENDS_US);
}

/* Those of the world that is the context's now. */
static int backends_begin(struct watch *watch)
{
	int r = backends_seen_begin(&watch->backends, &watch->options.context->world->engine);

	if (!r)
		r = sd_event_source_set_time_relative(watch->backends_timer, BACKENDS_US);
	return r < 0 ? r : sd_event_source_set_enabled(watch->backends_timer, SD_EVENT_ON);
}

static void backends_end(struct watch *watch)
{
	sd_event_source_set_enabled(watch->backends_timer, SD_EVENT_OFF);
	backends_seen_free(&watch->backends);
}

/* ---------------------------------------------------------------- watchers */

/* Others never take what is root's, nor one user what is another's. */
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
	if (!watch->nwatchers && (backends_begin(watch) < 0 ||
				  holds_copy(watch->options.context->holds, &watch->told.held))) {
		backends_end(watch);
		free(watcher);
		return -ENOMEM;
	}
	*watcher = (struct watcher){
		.watch = watch, .options = *options, .place = {.types = options->types}};
	watch->watchers[watch->nwatchers++] = watcher;
	if (watch->nwatchers == 1)
		looks_start(watch->looks);
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
	place_clear(&watcher->place);
	free(watcher);
	if (!watch->nwatchers) {
		looks_stop(watch->looks);
		backends_end(watch);
		told_forget(&watch->told);
	}
	return NULL;
}

int watcher_next(struct watcher *watcher, json_t **ret)
{
	return place_next(&watcher->place, &watcher->watch->told, ret);
}

/* ---------------------------------------------------------------- beginning and end */

void watch_reload(struct watch *watch)
{
	if (!watch->nwatchers)
		return;
	seen_list_free(&watch->told.devices);
	watch->told.whole = false;
	for (size_t i = 0; i < watch->nwatchers; i++)
		watch->watchers[i]->place.phase = PHASE_POLICY;
	looks_start(watch->looks);
	if (backends_begin(watch) < 0)
		log_say(LOG_ERR, "watchers cannot be told of backends: out of memory");
	wake_all(watch);
}

static int watch_begin(struct watch *watch, struct error *err)
{
	struct looks_options looks = {.event = watch->options.event,
				      .pool = watch->options.pool,
				      .context = watch->options.context,
				      .looked = on_looked,
				      .arg = watch};
	int r = looks_new(&looks, &watch->looks, err);

	if (r)
		return r;
	watch->holds_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = watch->holds_fd < 0 ? -errno : 0;
	if (!r)
		r = sd_event_add_io(watch->options.event, &watch->holds_source, watch->holds_fd,
				    EPOLLIN, on_holds, watch);
	if (r >= 0)
		r = sd_event_add_time_relative(watch->options.event, &watch->backends_timer,
					       CLOCK_MONOTONIC, 0, ACCURACY_US, on_backends, watch);
	if (r >= 0)
		r = sd_event_source_set_enabled(watch->backends_timer, SD_EVENT_OFF);
	if (r >= 0 && watch->options.events)
		r = events_listen(watch->options.events, on_event, watch);
	return r < 0 ? error_set(err, r, "changes cannot be waited for: %s", strerror(-r)) : 0;
}

int watch_new(const struct watch_options *options, struct watch **ret, struct error *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return error_set(err, -ENOMEM, "out of memory");
	watch->options = *options;
	watch->holds_fd = -1;
	r = watch_begin(watch, err);
	if (r) {
		watch_free(watch);
		return r;
	}
	options->context->holds->changed = holds_changed_say;
	options->context->holds->changed_arg = watch;
	*ret = watch;
	return 0;
}

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	if (watch->options.context->holds->changed_arg == watch)
		watch->options.context->holds->changed = NULL;
	if (watch->options.events)
		events_unlisten(watch->options.events, on_event, watch);
	sd_event_source_disable_unref(watch->holds_source);
	sd_event_source_disable_unref(watch->backends_timer);
	backends_seen_free(&watch->backends);
	if (watch->holds_fd >= 0)
		close(watch->holds_fd);
	told_forget(&watch->told);
	looks_free(watch->looks);
	free(watch);
	return NULL;
}
