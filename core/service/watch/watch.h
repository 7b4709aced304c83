/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling watchers what changes. Each is first told what there is, then "ready", then of each
 * change, so that it misses none. One that falls behind is told "rescan" and then everything again,
 * as after a reload, which begins with "policy". Of the loop's thread.
 */
#ifndef CORE_SERVICE_WATCH_WATCH_H
#define CORE_SERVICE_WATCH_WATCH_H

#include "core/service/varlink/call.h"
#include "core/service/events.h"
#include "core/service/pool.h"

#define WATCHERS_MAX 32u
#define WATCHERS_ROOT 8u  /* of these, for root alone */
#define WATCHERS_USER 12u /* of one user that is not root */

struct watch_options {
	sd_event *event;
	struct pool *pool;
	struct events *events; /* NULL: recorded hosts, which do not change */
	const struct call_context *context;
};

struct watch;
struct watcher;

/* Before any other thread uses the holds. Looks at nothing as long as nobody watches. */
int watch_new(const struct watch_options *options, struct watch **ret, struct error *err);
/* After its watchers, and once no job runs. Returns NULL; takes NULL. */
struct watch *watch_free(struct watch *watch);
/* The context has another world. */
void watch_reload(struct watch *watch);

struct watcher_options {
	uid_t uid;		 /* of the client */
	bool types;		 /* of mdev types, too */
	void (*wake)(void *arg); /* there is something to be told; it must not call back */
	void *arg;
};

/* -EUSERS: there are as many watchers as there may be, or as this user may have; -ENOMEM. */
int watcher_new(struct watch *watch, const struct watcher_options *options, struct watcher **ret);
struct watcher *watcher_free(struct watcher *watcher); /* returns NULL; takes NULL */
/* 1: the next word, yours; 0: none yet, wake comes with it; -ENOMEM. */
int watcher_next(struct watcher *watcher, json_t **ret);

#endif
