/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of its devices, delivered on the event loop: of every subsystem, as whoever
 * listens knows best what concerns it. Belongs to the loop's thread.
 *
 * Where udevd runs, each event comes twice. The kernel's own word comes first ("early"); udevd's
 * follows after its rules were applied, which may take as long as udevd likes. A look at a device
 * waits for udevd; an answer from before the change must not, so the early word voids it.
 */
#ifndef CORE_SERVICE_EVENTS_H
#define CORE_SERVICE_EVENTS_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "core/facts/error.h"

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
	EVENTS_RESCAN, /* some events were lost: anything may have changed. The texts are empty */
};

/* Texts are never NULL, and valid during the call only. */
struct events_change {
	enum events_action action;
	const char *devpath;	 /* "/devices/...", without "/sys" */
	const char *devpath_old; /* of EVENTS_MOVE: before; else "" */
	const char *subsystem;	 /* "" where the kernel names none */
	const char *sysname;	 /* last part of devpath */
	bool mdev_types;	 /* the device's mdev types came or went: mdev's MDEV_STATE,
				    drivers/vfio/mdev/mdev_core.c */
};

typedef void events_fn(void *arg, const struct events_change *change);

struct events;

/*
 * Listen to udevd and to the kernel, or to the kernel alone where no udevd runs. Whatever happens
 * from the return on is delivered. -ENOSYS and the like with a sentence where there is no such
 * socket.
 */
int events_new(sd_event *event, struct events **ret, struct error *err);
struct events *events_free(struct events *events); /* returns NULL; takes NULL */

/* -ENOSPC: there are EVENTS_LISTENERS_MAX. A pair of function and argument listens once. Both may
 * be called from within a listener. */
int events_listen(struct events *events, events_fn *heard, void *arg);
/*
 * The same for early events, lost ones included. Nothing comes where no udevd runs: there the
 * kernel's word is what events_listen delivers. A function listens to one of both.
 */
int events_listen_early(struct events *events, events_fn *heard, void *arg);
void events_unlisten(struct events *events, events_fn *heard, void *arg);

#endif
