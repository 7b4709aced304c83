/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a libudev monitor to listeners. Only root's messages get here: libudev drops all others. */
#include "core/service/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <libudev.h>

#include "core/service/log.h"

#define TURN_EVENTS 64u
/* Room for some thousand events while the loop is busy; without CAP_NET_ADMIN the kernel gives less, which costs a rescan. */
#define RECEIVE_BYTES (8 << 20)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct listener {
	events_fn *heard; /* NULL: free */
	void *arg;
};

struct events {
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *source;
	struct listener listeners[EVENTS_LISTENERS_MAX];
};

static const struct {
	const char *name;
	enum events_action action;
} actions[] = {
	{"add", EVENTS_ADD},   {"remove", EVENTS_REMOVE}, {"bind", EVENTS_BIND},     {"unbind", EVENTS_UNBIND},
	{"change", EVENTS_CHANGE}, {"move", EVENTS_MOVE},     {"online", EVENTS_ONLINE}, {"offline", EVENTS_OFFLINE},
};

static void events_tell(const struct events *events, const struct events_change *change)
{
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++)
		if (events->listeners[i].heard)
			events->listeners[i].heard(events->listeners[i].arg, change);
}

static void events_rescan(const struct events *events)
{
	events_tell(events, &(struct events_change){.action = EVENTS_RESCAN, .devpath = "", .devpath_old = "", .subsystem = "", .sysname = ""});
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void events_take(const struct events *events, struct udev_device *device)
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
			change.devpath_old = text_or_empty(udev_device_get_property_value(device, "DEVPATH_OLD"));
		events_tell(events, &change);
		return;
	}
	log_say(LOG_NOTICE, "%s: an event \"%s\" that is not known, everything is looked at again", change.devpath, action);
	events_rescan(events);
}

static int on_monitor(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	const struct events *events = arg;

	(void)source, (void)fd, (void)revents;
	for (size_t i = 0; i < TURN_EVENTS; i++) {
		struct udev_device *device;

		errno = 0;
		device = udev_monitor_receive_device(events->monitor);
		if (device) {
			events_take(events, device);
			udev_device_unref(device);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		/* ENOBUFS where the socket ran over; what else failed was an event that libudev made no sense of. */
		log_say(LOG_NOTICE, "device events were lost, everything is looked at again: %s", strerror(errno));
		events_rescan(events);
		return 0;
	}
	return 0;
}

static const char *events_group(void)
{
	return access("/run/udev/control", F_OK) == 0 ? "udev" : "kernel";
}

static int events_open(struct events *events, sd_event *event)
{
	int r;

	events->udev = udev_new();
	if (!events->udev)
		return -ENOMEM;
	errno = 0;
	events->monitor = udev_monitor_new_from_netlink(events->udev, events_group());
	if (!events->monitor)
		return errno ? -errno : -ENOMEM;
	udev_monitor_set_receive_buffer_size(events->monitor, RECEIVE_BYTES);
	r = udev_monitor_enable_receiving(events->monitor);
	if (r < 0)
		return r;
	return sd_event_add_io(event, &events->source, udev_monitor_get_fd(events->monitor), EPOLLIN, on_monitor, events);
}

int events_new(sd_event *event, struct events **ret, struct error *err)
{
	struct events *events = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return error_set(err, -ENOMEM, "out of memory");
	r = events_open(events, event);
	if (r < 0) {
		events_free(events);
		return error_set(err, r, "device events cannot be listened to: %s", strerror(-r));
	}
	*ret = events;
	return 0;
}

struct events *events_free(struct events *events)
{
	if (!events)
		return NULL;
	sd_event_source_disable_unref(events->source);
	udev_monitor_unref(events->monitor);
	udev_unref(events->udev);
	free(events);
	return NULL;
}

int events_listen(struct events *events, events_fn *heard, void *arg)
{
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++) {
		if (events->listeners[i].heard)
			continue;
		events->listeners[i] = (struct listener){.heard = heard, .arg = arg};
		return 0;
	}
	return -ENOSPC;
}

void events_unlisten(struct events *events, events_fn *heard, void *arg)
{
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++)
		if (events->listeners[i].heard == heard && events->listeners[i].arg == arg)
			events->listeners[i] = (struct listener){.heard = NULL};
}
