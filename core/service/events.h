/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device events of all subsystems, delivered on the event loop. They are not filtered by
 * vendor, only marked by relevance. A lost or unknown event means that anything may have
 * changed. Event loop's thread only.
 *
 * If udevd runs, each event arrives twice. The kernel's event comes first ("early").
 * udevd's event follows after udevd applied its rules, which can take any time. A scan of
 * the device waits for udevd. An answer from before the change must not wait, so the
 * early event voids it.
 */
#ifndef CORE_SERVICE_EVENTS_H
#define CORE_SERVICE_EVENTS_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "core/facts/error.h"
#include "core/service/world.h"

#define EVENTS_LISTENERS_MAX 8u

enum events_action {
	EVENTS_ADD,
	EVENTS_REMOVE,
	EVENTS_BIND,
	EVENTS_UNBIND,
	EVENTS_CHANGE,
	EVENTS_MOVE,
	EVENTS_ONLINE,
	EVENTS_OFFLINE,
	EVENTS_RESCAN, /* events were lost, so anything may have changed; all texts are empty */
};

/* Which devices an event may concern. */
enum relevance {
	RELEVANCE_NONE,
	RELEVANCE_GONE, /* the device of that name, or its driver, is gone */
	RELEVANCE_ONE,  /* the device of that name is new or changed */
	RELEVANCE_HOST, /* a fact of the host, or the set of types, changed: it concerns all devices
			 */
};

/* Texts are never NULL, and valid during the call only. */
struct events_change {
	enum events_action action;
	enum relevance relevance;
	const char *devpath;     /* "/devices/...", without "/sys" */
	const char *devpath_old; /* the path before EVENTS_MOVE; otherwise "" */
	const char *subsystem;   /* "" if the kernel names none */
	const char *sysname;     /* last part of devpath */
	bool mdev_types;         /* the device's mdev types were added or removed: mdev's
				    MDEV_STATE, drivers/vfio/mdev/mdev_core.c */
};

typedef void events_fn(void *arg, const struct events_change *change);

struct events;

/*
 * Listen to udevd and to the kernel, or to the kernel alone if no udevd runs. Events that
 * happen after the return are delivered. The world's backends and policy decide on
 * relevance. -ENOSYS and the like, with a sentence, if there is no such socket.
 */
int events_new(sd_event *event, struct world *world, struct events **ret, struct error *err);
struct events *events_free(struct events *events); /* returns NULL; takes NULL */
/* Must be called before listeners use the new world. */
void events_reload(struct events *events, struct world *world);

/*
 * -ENOSPC: there are EVENTS_LISTENERS_MAX. A pair of function and argument listens once.
 * Both functions may be called by a listener.
 */
int events_listen(struct events *events, events_fn *heard, void *arg);
/*
 * The same for early events and early losses. Without udevd there are none: events_listen
 * delivers the kernel's events then. One function must not listen to both.
 */
int events_listen_early(struct events *events, events_fn *heard, void *arg);
void events_unlisten(struct events *events, events_fn *heard, void *arg);

#endif
