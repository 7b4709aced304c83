// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attaches SHIM_DEVICES devices of the test parent (1,000), and tells how long each took for a quarter, half and all of them. It
 * asserts only that they are attached and leave.
 */
#include "shim-support.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARENT "/devices/virtual/migtest/migtest"

static struct broker_process broker;

static const char *device_path(long number)
{
	static char path[256];

	snprintf(path, sizeof(path), PARENT "/5a1f1a52-1f0e-4c5f-9a63-%012ld", number);
	return path;
}

static void many_devices_attach(void)
{
	long devices = shim_number("SHIM_DEVICES", 1000);
	double start, quarter = 0, half = 0, all;

	broker_start_clean(&broker);
	for (long i = 0; i < devices; i++)
		EXPECT_RESULT(0, shim_mdev_create("/sys" PARENT "/mdev_supported_types/migtest-small/create",
						  strrchr(device_path(i), '/') + 1));
	start = seconds_now();
	for (long i = 0; i < devices; i++) {
		shim_expect(broker_do_attach(&broker, device_path(i), NULL) > 0, "cannot attach %s", device_path(i));
		if (i + 1 == devices / 4)
			quarter = seconds_now() - start;
		if (i + 1 == devices / 2)
			half = seconds_now() - start;
	}
	all = seconds_now() - start;
	printf("  attach: %.2f ms each of %ld, %.2f ms each of %ld, %.2f ms each of %ld\n", quarter * 4000 / (double)devices, devices / 4,
	       half * 2000 / (double)devices, devices / 2, all * 1000 / (double)devices, devices);
	start = seconds_now();
	for (long i = 0; i < devices; i++)
		EXPECT_RESULT(0, attr_put(shim_file(device_path(i), "remove"), "1"));
	printf("  removal with its attachment: %.2f ms each\n", (seconds_now() - start) * 1000 / (double)devices);
	shim_expect(access(shim_class_file(device_path(0), ""), F_OK) != 0, "a class device is left");
	broker_stop(&broker);
}

static const struct shim_test tests[] = { { "many_devices_attach", many_devices_attach } };

int main(void)
{
	shim_find_devices();
	return shim_run(tests, 1, NULL) != 0;
}
