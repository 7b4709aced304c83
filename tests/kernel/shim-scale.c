// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attaches SHIM_DEVICES (1,000) mdevs of a module made of migtest.c. Prints the time of
 * each in the first quarter, the second and the rest. Only attaching and removal are
 * asserted.
 *
 * usage: shim-scale MODULE [--wait]
 *
 * The test uses a broker of its own; with --wait, a running service that has a backend
 * for the devices.
 */
#include "daemon-support.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct broker_process broker;
static const char *module;
static bool by_service;

static const char *device_path(long number)
{
	static char path[256];

	snprintf(path, sizeof(path), "/devices/virtual/%s/%s/5a1f1a52-1f0e-4c5f-9a63-%012ld",
		 module, module, number);
	return path;
}

static void devices_make(long from, long to)
{
	char file[256];

	snprintf(file, sizeof(file),
		 "/sys/devices/virtual/%s/%s/mdev_supported_types/%s-small/create", module, module,
		 module);
	for (long i = from; i < to; i++)
		EXPECT_RESULT(0, shim_mdev_create(file, strrchr(device_path(i), '/') + 1));
}

static void devices_attach(long from, long to)
{
	for (long i = from; i < to && !by_service; i++)
		shim_expect(broker_do_attach(&broker, device_path(i), NULL) > 0, "cannot attach %s",
			    device_path(i));
	for (long i = from; i < to && by_service; i++) {
		for (int waited = 0;
		     access(shim_class_file(device_path(i), ""), F_OK) && waited < 120000;
		     waited += 2)
			sleep_ms(2);
		shim_expect(access(shim_class_file(device_path(i), ""), F_OK) == 0,
			    "%s is not attached", device_path(i));
	}
}

/*
 * The service attaches devices while they are created, so both are measured together.
 * Processor time excludes other processes.
 */
static void many_devices_attach(void)
{
	long devices = shim_number("SHIM_DEVICES", 1000),
	     ends[] = {0, devices / 4, devices / 2, devices};
	double start = seconds_now();

	for (int i = 1; i < 4; i++) {
		double count = (double)(ends[i] - ends[i - 1]), part = seconds_now();
		double service = processes_seconds("migcompatd"),
		       worker = processes_seconds("migcompat-worke");

		devices_make(ends[i - 1], ends[i]);
		devices_attach(ends[i - 1], ends[i]);
		printf("  devices %4ld to %4ld made and attached: %.2f ms each", ends[i - 1] + 1,
		       ends[i], (seconds_now() - part) * 1000 / count);
		if (by_service)
			printf("; of the processor's time %.2f ms in the service, %.2f in workers",
			       (processes_seconds("migcompatd") - service) * 1000 / count,
			       (processes_seconds("migcompat-worke") - worker) * 1000 / count);
		printf("\n");
	}
	printf("  all %ld: %.2f ms each\n", devices,
	       (seconds_now() - start) * 1000 / (double)devices);
	start = seconds_now();
	for (long i = 0; i < devices; i++)
		EXPECT_RESULT(0, attr_put(shim_file(device_path(i), "remove"), "1"));
	printf("  removal with the attachment: %.2f ms each\n",
	       (seconds_now() - start) * 1000 / (double)devices);
	shim_expect(access(shim_class_file(device_path(0), ""), F_OK) != 0,
		    "a class device is left");
}

static void many_devices_attach_by_broker(void)
{
	broker_start_clean(&broker);
	many_devices_attach();
	broker_stop(&broker);
}

int main(int argc, char **argv)
{
	const struct shim_test own = {"many_devices_attach", many_devices_attach_by_broker},
			       service = {"many_devices_attach", many_devices_attach};

	module = argc > 1 ? argv[1] : "migtest";
	by_service = argc > 2;
	return shim_run(by_service ? &service : &own, 1, NULL) != 0;
}
