/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends changes to watchers. A watcher first gets the devices that exist, then "ready",
 * then each change, so there is no gap between the list and the first change. A watcher
 * that falls behind gets "rescan" and starts again; after a reload all start again with
 * "policy". Event loop's thread only.
 *
 * While there are watchers, devices are scanned after events (core/service/rescan.h).
 * Devices with facts that change without an event are scanned every 5 s. However much
 * changes, scans of all devices use at most a tenth of one processor.
 */
#ifndef CORE_SERVICE_WATCH_WATCH_H
#define CORE_SERVICE_WATCH_WATCH_H

#include <jansson.h>

#include "core/service/events.h"
#include "core/service/pool.h"
#include "core/service/world.h"

#define WATCHERS_MAX 32u
#define WATCHERS_ROOT 8u  /* of these, for root alone */
#define WATCHERS_USER 12u /* of one user that is not root */

struct watch_options {
	sd_event *event;
	struct pool *pool;
	struct events *events; /* NULL: recorded hosts, which do not change */
	struct holds *holds;
};

struct watch;
struct watcher;

/*
 * Must be called before any other thread uses the holds. Scans nothing without a watcher.
 */
int watch_new(const struct watch_options *options, struct world *world, struct watch **ret,
	      struct error *err);
/* After all watchers and the pool are freed. Returns NULL; takes NULL. */
struct watch *watch_free(struct watch *watch);
void watch_reload(struct watch *watch, struct world *world);

struct watcher_options {
	uid_t uid;               /* of the client */
	bool types;              /* include mdev types */
	void (*wake)(void *arg); /* there is a document to send; must not call back */
	void *arg;
};

/* -EUSERS: there are too many watchers, or too many of this user; -ENOMEM. */
int watcher_new(struct watch *watch, const struct watcher_options *options, struct watcher **ret);
struct watcher *watcher_free(struct watcher *watcher); /* returns NULL; takes NULL */
/*
 * 1: the next document, which the caller owns; 0: none yet, wake will be called; -ENOMEM.
 */
int watcher_next(struct watcher *watcher, json_t **ret);

#endif
