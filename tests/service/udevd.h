/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Simulates whether udevd runs, and whether it sends events. A mocked host sends each
 * event to both multicast groups. The linker wraps the functions of libudev and the C
 * library.
 */
#ifndef TESTS_SERVICE_UDEVD_H
#define TESTS_SERVICE_UDEVD_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <libudev.h>

static struct {
	bool runs; /* when the service starts */
	_Atomic bool silent;
	struct udev_monitor *monitor; /* of udevd's group */
} udevd;

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
	if (strcmp(path, "/run/udev/control") != 0)
		return __real_access(path, mode);
	errno = ENOENT;
	return udevd.runs ? 0 : -1;
}

struct udev_monitor *__real_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name);

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
	struct udev_monitor *monitor = __real_udev_monitor_new_from_netlink(udev, name);

	if (strcmp(name, "udev") == 0)
		udevd.monitor = monitor;
	return monitor;
}

/* True if the received event must be dropped. */
static inline bool udevd_says_nothing(const struct udev_monitor *monitor)
{
	return udevd.silent && monitor == udevd.monitor;
}

#endif
