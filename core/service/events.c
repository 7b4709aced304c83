/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From libudev's monitors to listeners. libudev drops messages that are not from root. */
#include "core/service/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <libudev.h>

#include "core/facts/macros.h"
#include "core/service/log.h"
#include "core/service/relevance.h"

#define DISPATCH_EVENTS 64u /* read per iteration of the loop */
/*
 * Some thousand events fit while the loop is busy. Without CAP_NET_ADMIN the kernel
 * grants less, and more events may be lost, each loss at the cost of a rescan.
 */
#define RECEIVE_BYTES (8 << 20)

struct listener {
	events_fn *heard; /* NULL: the entry is free */
	void *arg;
	bool early;
};

/* One multicast group of events. Zeroed, it is closed. */
struct group {
	struct events *events;
	struct udev_monitor *monitor;
	sd_event_source *source;
	bool early;
};

struct events {
	struct udev *udev;
	struct world *world;
	struct group late;  /* udevd's; the kernel's if no udevd runs */
	struct group early; /* the kernel's; closed if no udevd runs */
	struct listener listeners[EVENTS_LISTENERS_MAX];
};

static const struct {
	const char *name;
	enum events_action action;
} actions[] = {
	{"add", EVENTS_ADD},       {"remove", EVENTS_REMOVE},   {"bind", EVENTS_BIND},
	{"unbind", EVENTS_UNBIND}, {"change", EVENTS_CHANGE},   {"move", EVENTS_MOVE},
	{"online", EVENTS_ONLINE}, {"offline", EVENTS_OFFLINE},
};

static void events_deliver(const struct group *group, struct events_change *change)
{
	const struct listener *listeners = group->events->listeners;

	change->relevance = relevance_of(&group->events->world->engine, change);
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++)
		if (listeners[i].heard && listeners[i].early == group->early)
			listeners[i].heard(listeners[i].arg, change);
}

static void events_rescan(const struct group *group)
{
	events_deliver(group, &(struct events_change){.action = EVENTS_RESCAN,
						      .devpath = "",
						      .devpath_old = "",
						      .subsystem = "",
						      .sysname = ""});
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void events_take(const struct group *group, struct udev_device *device)
{
	const char *action = text_or_empty(udev_device_get_action(device));
	struct events_change change = {
		.devpath = text_or_empty(udev_device_get_devpath(device)),
		.devpath_old = "",
		.subsystem = text_or_empty(udev_device_get_subsystem(device)),
		.sysname = text_or_empty(udev_device_get_sysname(device)),
		.mdev_types = udev_device_get_property_value(device, "MDEV_STATE") != NULL,
	};

	for (size_t i = 0; i < COUNT(actions); i++) {
		if (strcmp(actions[i].name, action) != 0)
			continue;
		change.action = actions[i].action;
		if (change.action == EVENTS_MOVE)
			change.devpath_old = text_or_empty(
				udev_device_get_property_value(device, "DEVPATH_OLD"));
		events_deliver(group, &change);
		return;
	}
	log_say(LOG_NOTICE, "%s: unknown event \"%s\", scanning all devices", change.devpath,
		action);
	events_rescan(group);
}

static int on_monitor(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	const struct group *group = arg;

	(void)source, (void)fd, (void)revents;
	for (size_t i = 0; i < DISPATCH_EVENTS; i++) {
		struct udev_device *device;

		errno = 0;
		device = udev_monitor_receive_device(group->monitor);
		if (device) {
			events_take(group, device);
			udev_device_unref(device);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		/*
		 * ENOBUFS: the socket overflowed. Others: libudev could not parse an
		 * event.
		 */
		log_say(LOG_NOTICE, "device events were lost, scanning all devices: %s",
			strerror(errno));
		events_rescan(group);
		return 0;
	}
	return 0;
}

static int group_open(struct events *events, sd_event *event, struct group *group, const char *name)
{
	int r;

	group->events = events;
	errno = 0;
	group->monitor = udev_monitor_new_from_netlink(events->udev, name);
	if (!group->monitor)
		return errno ? -errno : -ENOMEM;
	udev_monitor_set_receive_buffer_size(group->monitor, RECEIVE_BYTES);
	r = udev_monitor_enable_receiving(group->monitor);
	if (r < 0)
		return r;
	return sd_event_add_io(event, &group->source, udev_monitor_get_fd(group->monitor), EPOLLIN,
			       on_monitor, group);
}

static void group_close(struct group *group)
{
	sd_event_source_disable_unref(group->source);
	udev_monitor_unref(group->monitor);
}

static int events_open(struct events *events, sd_event *event)
{
	bool udevd = access("/run/udev/control", F_OK) == 0;
	int r;

	events->udev = udev_new();
	if (!events->udev)
		return -ENOMEM;
	events->early.early = true;
	r = group_open(events, event, &events->late, udevd ? "udev" : "kernel");
	if (r >= 0 && udevd)
		r = group_open(events, event, &events->early, "kernel");
	return r;
}

int events_new(sd_event *event, struct world *world, struct events **ret, struct error *err)
{
	struct events *events = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return error_set(err, -ENOMEM, "out of memory");
	events->world = world_ref(world);
	r = events_open(events, event);
	if (r < 0) {
		events_free(events);
		return error_set(err, r, "cannot listen to device events: %s", strerror(-r));
	}
	*ret = events;
	return 0;
}

struct events *events_free(struct events *events)
{
	if (!events)
		return NULL;
	group_close(&events->late);
	group_close(&events->early);
	world_unref(events->world);
	udev_unref(events->udev);
	free(events);
	return NULL;
}

void events_reload(struct events *events, struct world *world)
{
	world_ref(world);
	world_unref(events->world);
	events->world = world;
}

static int listener_add(struct events *events, events_fn *heard, void *arg, bool early)
{
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++) {
		if (events->listeners[i].heard)
			continue;
		events->listeners[i] =
			(struct listener){.heard = heard, .arg = arg, .early = early};
		return 0;
	}
	return -ENOSPC;
}

int events_listen(struct events *events, events_fn *heard, void *arg)
{
	return listener_add(events, heard, arg, false);
}

int events_listen_early(struct events *events, events_fn *heard, void *arg)
{
	return listener_add(events, heard, arg, true);
}

void events_unlisten(struct events *events, events_fn *heard, void *arg)
{
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++)
		if (events->listeners[i].heard == heard && events->listeners[i].arg == arg)
			events->listeners[i] = (struct listener){.heard = NULL};
}
