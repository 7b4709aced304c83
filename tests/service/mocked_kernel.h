/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service on a mocked host, with the fake kernel module of shim.h, under
 * umockdev-wrapper.
 */
#ifndef TESTS_SERVICE_MOCKED_KERNEL_H
#define TESTS_SERVICE_MOCKED_KERNEL_H

#include <umockdev.h>

#include "tests/service/serving.h"
#include "tests/service/udevd.h"
#include "tests/support/mocked.h"

#define ONE_PORT "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define TWO_PORTS "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002"
#define CARD "0000:00:03.0"       /* one port */
#define PLAIN_CARD "0000:00:04.0" /* two ports, under vfio-pci */
#define NEW "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c00ff"
#define PARENT "/sys/devices/virtual/mtty/mtty"

static UMockdevTestbed *testbed;
static char string_one[512]; /* of ONE_PORT */

struct udev_device *__real_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor)
{
	struct udev_device *device = __real_udev_monitor_receive_device(monitor);

	if (!device || !udevd_says_nothing(monitor))
		return device;
	udev_device_unref(device);
	errno = EAGAIN;
	return NULL;
}

static inline int start(void **state)
{
	(void)state;
	service_prepare();
	testbed = umockdev_testbed_new();
	assert_true(umockdev_testbed_add_from_file(
		testbed, TEST_SOURCE "/tests/hosts/discovery-serial.umockdev", NULL));
	udevd.runs = true;
	service_start();
	assert_int_equal(shim_read(ONE_PORT), 0);
	shim_keep(string_one, sizeof(string_one), shim.text, shim.len);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	assert_null(service_end());
	shim_end();
	folder_remove(&service.folder);
	g_object_unref(testbed);
	return 0;
}

static inline char *mdev_make(const char *type)
{
	char link[64], *path = umockdev_testbed_add_device(testbed, "mdev", NEW, PARENT, NULL,
							   "DRIVER", "mtty", NULL);

	assert_non_null(path);
	snprintf(link, sizeof(link), "../mdev_supported_types/%s", type);
	umockdev_testbed_set_attribute_link(testbed, path, "driver",
					    "../../../../../bus/mdev/drivers/mtty");
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type", link);
	pthread_mutex_lock(&shim.lock);
	shim.unbound = NULL;
	pthread_mutex_unlock(&shim.lock);
	umockdev_testbed_uevent(testbed, path, "bind");
	return path;
}

/* As in the kernel, the device has left its bus before the events are sent. */
static inline void mdev_end(char *path)
{
	shim_forget(NEW);
	assert_int_equal(unlink(mocked_path("/sys/bus/mdev/devices/" NEW)), 0);
	umockdev_testbed_uevent(testbed, path, "unbind");
	umockdev_testbed_uevent(testbed, path, "remove");
	umockdev_testbed_remove_device(testbed, path);
	g_free(path);
}

#endif
