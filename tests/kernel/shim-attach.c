// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of attaching, of the class device with its events and parameters, and of open
 * requests when a device is removed. Devices are removed for real: an mdev is deleted, a
 * card unbound.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERSION "migration_version"
#define PARENT "/sys/devices/virtual/migtest/migtest"
#define CREATE PARENT "/mdev_supported_types/migtest-small/create"
#define CREATE_LARGE PARENT "/mdev_supported_types/migtest-large/create"
#define TEST_UUID "5a1f1a52-1f0e-4c5f-9a63-0123456789ab"
#define TEST_DEVICE "/devices/virtual/migtest/migtest/" TEST_UUID
#define STRING "mtty:a:b:c"

static struct broker_process broker;

static void expect_absent(const char *path)
{
	shim_expect(access(path, F_OK) != 0, "%s exists", path);
}

static void only_devices_with_a_driver_of_these_buses_attach(void)
{
	static const struct {
		const char *path;
		int error;
	} paths[] = {
		{"/devices/virtual/mtty/mtty/none", ENODEV},
		{"/devices/none/none", ENODEV},
		{"/devices/pci0000:00", EOPNOTSUPP},
		{"/devices/virtual/mem/null", EOPNOTSUPP},
		{"/devices/system/cpu/cpu0", EOPNOTSUPP},
		{"/devices/virtual", ENODEV},
		{"/devices/pci0000:00/0000:00:00.0", ENODEV} /* a bridge without a driver */,
		{"/devices/virtual/net/lo", ENODEV},
		{"/devices/pci0000:00/0000:00:00.0/vendor", ENODEV},
		{"/devices/pci0000:00/0000:00:04.0/driver", ENODEV},
		{"/devices/pci0000:00/0000:00:04.0/driver/module", ENODEV},
		{"/devices/pci0000:00/0000:00:04.0/", EINVAL},
		{"/devices/pci0000:00//0000:00:04.0", EINVAL},
		{"/devices/pci0000:00/../pci0000:00/0000:00:04.0", EINVAL},
		{"/devices/..", EINVAL},
		{"/devices/./x", EINVAL},
		{"/devices/", EINVAL},
		{"/devices", EINVAL},
		{"devices/pci0000:00/0000:00:04.0", EINVAL},
		{"/sys/devices/pci0000:00/0000:00:04.0", EINVAL},
		{"/bus/pci/devices/0000:00:04.0", EINVAL},
	};

	broker_start_clean(&broker);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ssize_t result =
			broker_say(&broker, NULL, 0, "attach %s mtty:serial", paths[i].path);

		shim_expect(result == -paths[i].error, "attach %s gives %s, expected %s",
			    paths[i].path, shim_name(result), shim_name(-paths[i].error));
	}
	broker_stop(&broker);
}

static void name_is_attached_once(void)
{
	broker_start_clean(&broker);
	shim_expect(broker_do_attach(&broker, shim_mdev_a, NULL) > 0, "cannot attach");
	EXPECT_RESULT(-EEXIST, broker_do_attach(&broker, shim_mdev_a, NULL));
	shim_expect(broker_do_attach(&broker, "mtty!mtty-2", STRING) > 0, "cannot attach a type");
	EXPECT_RESULT(-EEXIST, broker_do_attach(&broker, "mtty!mtty-2", NULL));
	broker_stop(&broker);
	/* For a later daemon, too. */
	EXPECT_RESULT(0, broker_start(&broker, -1, NULL));
	EXPECT_RESULT(-EEXIST, broker_do_attach(&broker, shim_mdev_a, NULL));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	shim_expect(broker_do_attach(&broker, shim_mdev_a, NULL) > 0, "cannot attach again");
	broker_stop(&broker);
}

/* Large devices of this parent have such a file. */
static void file_of_a_driver_is_not_replaced(void)
{
	broker_start_clean(&broker);
	EXPECT_RESULT(0, shim_mdev_create(CREATE_LARGE, TEST_UUID));
	EXPECT_RESULT(-EEXIST, broker_do_attach(&broker, TEST_DEVICE, NULL));
	shim_expect(attr_reads_as(shim_file(TEST_DEVICE, "migration_type"), "the driver's own\n"),
		    "the driver's file reads otherwise");
	expect_absent(shim_file(TEST_DEVICE, VERSION));
	expect_absent(shim_class_file(TEST_DEVICE, ""));
	EXPECT_RESULT(0, attr_put(shim_file(TEST_DEVICE, "remove"), "1"));
	broker_stop(&broker);
}

static void type_is_a_class_device_only(void)
{
	static const char *const bad[] = {"mtty-2", "!mtty-2", "mtty!",  "a/b!c",
					  ".x!y",   "a!b\x01", "a!b\xff"};

	broker_start_clean(&broker);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_RESULT(-EINVAL,
			      broker_say(&broker, NULL, 0, "attach-type %s mtty:serial", bad[i]));
	shim_expect(broker_do_attach(&broker, "mtty!mtty-2", STRING) > 0, "cannot attach a type");
	shim_expect(attr_reads_as(shim_class_file("mtty!mtty-2", VERSION), STRING "\n"),
		    "the type's string reads otherwise");
	expect_absent(shim_class_file("mtty!mtty-2", "device"));
	expect_absent(shim_file("/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2", VERSION));
	broker_stop(&broker);
}

static void class_device_links_to_the_device(void)
{
	char *path;

	broker_start_clean(&broker);
	shim_expect(broker_do_attach(&broker, shim_card, STRING) > 0, "cannot attach the card");
	path = realpath(shim_class_file(shim_card, "device"), NULL);
	shim_expect(path && !strcmp(path + strlen("/sys"), shim_card), "device leads to %s",
		    path ? path : "nothing");
	free(path);
	broker_stop(&broker);
}

/*
 * Wait for the next event of the class with this action, and read the group of the file
 * at once.
 */
static bool event_comes(int fd, const char *action, bool *ret_group)
{
	double end = seconds_now() + 60;
	char event[8192];

	while (seconds_now() < end) {
		ssize_t count = recv(fd, event, sizeof(event) - 1, 0);

		if (count <= 0)
			continue;
		event[count] = '\0';
		if (strncmp(event, action, strlen(action)) != 0 ||
		    !memmem(event, (size_t)count, "SUBSYSTEM=migcompat", 19))
			continue;
		*ret_group = access(shim_file(shim_mdev_a, VERSION), F_OK) == 0 &&
			     access(shim_class_file(shim_mdev_a, "params"), F_OK) == 0;
		return true;
	}
	return false;
}

static void events_follow_the_files(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
	struct timeval patience = {.tv_usec = 100000};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	bool group = false;
	ssize_t id;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	EXPECT_RESULT(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	broker_start_clean(&broker);
	id = broker_do_attach(&broker, shim_mdev_a, STRING);
	shim_expect(event_comes(fd, "add@", &group) && group,
		    "no event, or the files were not there");
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "publish %zd mtty:other", id));
	shim_expect(event_comes(fd, "change@", &group), "no change event");
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach %zd", id));
	shim_expect(event_comes(fd, "remove@", &group) && !group,
		    "no event of removal, or the files are left");
	close(fd);
	broker_stop(&broker);
}

static void expect_parameter(const char *file, const char *text)
{
	char name[128];
	struct stat status;

	snprintf(name, sizeof(name), "params/%s", file);
	if (!text) {
		expect_absent(shim_class_file(shim_mdev_a, name));
		return;
	}
	shim_expect(attr_reads_as(shim_class_file(shim_mdev_a, name), text),
		    "%s has another content", file);
	EXPECT_RESULT(0, stat(shim_class_file(shim_mdev_a, name), &status));
	shim_expect((status.st_mode & 07777) == 0444, "%s has mode %o", file,
		    status.st_mode & 07777);
}

static void parameters_are_files(void)
{
	ssize_t id;

	broker_start_clean(&broker);
	id = broker_do_attach(&broker, shim_mdev_a, STRING);
	EXPECT_RESULT(0,
		      broker_say(&broker, NULL, 0,
				 "publish %zd mtty:new ports=int|2|1-2|2|-|0 mode=string|||a|off|1",
				 id));
	shim_expect(attr_reads_as(shim_file(shim_mdev_a, "migration_type"), "mtty:new\n"),
		    "the type was not changed");
	expect_parameter("ports/type", "int\n");
	expect_parameter("ports/value", "2\n");
	expect_parameter("ports/allowed_values", "1-2\n");
	expect_parameter("ports/init_value", "2\n");
	expect_parameter("ports/off_value", NULL);
	expect_parameter("ports/runtime", "0\n");
	expect_parameter("mode/value", "\n");
	expect_parameter("mode/off_value", "off\n");
	/*
	 * One parameter changes its value, one its files, one is new, and one is removed.
	 */
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0,
				    "publish %zd mtty:new ports=int|1|1-2|2|-|0 new=bool|1|-|0|-|0",
				    id));
	expect_parameter("ports/value", "1\n");
	expect_parameter("new/value", "1\n");
	expect_parameter("mode/value", NULL);
	EXPECT_RESULT(0,
		      broker_say(&broker, NULL, 0, "publish %zd mtty:new ports=int|1|-|2|0|0", id));
	expect_parameter("ports/allowed_values", NULL);
	expect_parameter("ports/off_value", "0\n");
	expect_parameter("new/value", NULL);
	/* An invalid parameter leaves all of them unchanged. */
	EXPECT_RESULT(-EINVAL,
		      broker_say(&broker, NULL, 0,
				 "publish %zd mtty:bad ports=int|7|-|2|0|0 .hidden=a|b|c|d|e|f",
				 id));
	EXPECT_RESULT(-EINVAL,
		      broker_say(&broker, NULL, 0, "publish %zd mtty:bad a/b=a|b|c|d|e|f", id));
	EXPECT_RESULT(-EINVAL, broker_say(&broker, NULL, 0,
					  "publish %zd mtty:bad x=a|b|c|d|e|f x=a|b|c|d|e|f", id));
	EXPECT_RESULT(-EINVAL,
		      broker_say(&broker, NULL, 0, "publish %zd mtty:bad x=a|b\x01|c|d|e|f", id));
	EXPECT_RESULT(-EINVAL, broker_say(&broker, NULL, 0, "publish 999999 mtty:bad"));
	expect_parameter("ports/value", "1\n");
	shim_expect(attr_reads_as(shim_file(shim_mdev_a, "migration_type"), "mtty:new\n"),
		    "a refused message changed the type");
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "publish %zd mtty:new", id));
	expect_parameter("ports/value", NULL);
	broker_stop(&broker);
}

/* A child that waits in READ or WRITE of DEVICE. It exits with the errno that it got. */
static pid_t waiter_start(const char *device, bool write_it, unsigned long asked)
{
	char buffer[64];
	pid_t child = fork();

	if (child == 0)
		_exit((int)-(
			write_it ? attr_put(shim_file(device, VERSION), STRING)
				 : attr_read(shim_file(device, VERSION), buffer, sizeof(buffer))));
	shim_expect(broker_count_comes(&broker, write_it, asked), "the broker was not asked");
	return child;
}

static void expect_waiter(pid_t child, int error)
{
	int status;

	waitpid(child, &status, 0);
	shim_expect(WIFEXITED(status) && WEXITSTATUS(status) == error,
		    "a waiter got %s, expected %s", shim_name(-WEXITSTATUS(status)),
		    shim_name(-error));
}

/*
 * Remove the device by REMOVE while a reader and a writer wait, and expect that both get
 * an error.
 */
static void expect_enodev_by(const char *device, void (*remove)(ssize_t id))
{
	pid_t reader, writer;
	char buffer[64];
	ssize_t id;
	int fd;

	broker_start_clean(&broker);
	id = broker_do_attach(&broker, device, STRING);
	shim_expect(id > 0, "cannot attach %s: %s", device, shim_name(id));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", id));
	fd = open(shim_file(device, VERSION), O_RDONLY | O_CLOEXEC);
	shim_set_timeout(SHIM_FOREVER_MS);
	reader = waiter_start(device, false, 1);
	writer = waiter_start(device, true, 1);
	remove(id);
	expect_waiter(reader, ENODEV);
	expect_waiter(writer, ENODEV);
	shim_set_timeout(SHIM_TIMEOUT_MS);
	EXPECT_RESULT(-1, read(fd, buffer, sizeof(buffer)));
	EXPECT_RESULT(ENODEV, errno);
	close(fd);
	expect_absent(shim_file(device, VERSION));
	expect_absent(shim_class_file(device, ""));
	shim_expect(broker_count_comes(&broker, 3, 2), "the daemon got no CANCEL");
	EXPECT_RESULT(-EINVAL, broker_say(&broker, NULL, 0, "detach %zd", id));
	broker_stop(&broker);
}

static void remove_mdev(ssize_t id)
{
	(void)id;
	EXPECT_RESULT(0, attr_put(shim_file(TEST_DEVICE, "remove"), "1"));
}

static void removed_device_is_enodev(void)
{
	EXPECT_RESULT(0, shim_mdev_create(CREATE, TEST_UUID));
	expect_enodev_by(TEST_DEVICE, remove_mdev);
}

static void unbind_mdev(ssize_t id)
{
	(void)id;
	EXPECT_RESULT(0, attr_put("/sys/bus/mdev/drivers/migtest/unbind", TEST_UUID));
}

static void unbound_mdev_is_enodev(void)
{
	EXPECT_RESULT(0, shim_mdev_create(CREATE, TEST_UUID));
	expect_enodev_by(TEST_DEVICE, unbind_mdev);
	/* It exists, without a driver. */
	broker_start_clean(&broker);
	EXPECT_RESULT(-ENODEV, broker_do_attach(&broker, TEST_DEVICE, NULL));
	broker_stop(&broker);
	EXPECT_RESULT(0, attr_put(shim_file(TEST_DEVICE, "remove"), "1"));
}

static void unbind_card(ssize_t id)
{
	(void)id;
	EXPECT_RESULT(
		0, attr_put("/sys/bus/pci/drivers/vfio-pci/unbind", strrchr(shim_card, '/') + 1));
}

static void unbound_card_is_enodev(void)
{
	expect_enodev_by(shim_card, unbind_card);
	broker_start_clean(&broker);
	EXPECT_RESULT(-ENODEV, broker_do_attach(&broker, shim_card, NULL));
	EXPECT_RESULT(0,
		      attr_put("/sys/bus/pci/drivers/vfio-pci/bind", strrchr(shim_card, '/') + 1));
	shim_expect(broker_do_attach(&broker, shim_card, STRING) > 0,
		    "cannot attach what is bound again");
	shim_expect(attr_reads_as(shim_file(shim_card, VERSION), STRING "\n"),
		    "what is bound again reads otherwise");
	broker_stop(&broker);
}

static void detach(ssize_t id)
{
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach %zd", id));
}

static void detached_device_is_enodev(void)
{
	expect_enodev_by(shim_mdev_a, detach);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(only_devices_with_a_driver_of_these_buses_attach),
	TEST(name_is_attached_once),
	TEST(file_of_a_driver_is_not_replaced),
	TEST(type_is_a_class_device_only),
	TEST(class_device_links_to_the_device),
	TEST(events_follow_the_files),
	TEST(parameters_are_files),
	TEST(removed_device_is_enodev),
	TEST(unbound_mdev_is_enodev),
	TEST(unbound_card_is_enodev),
	TEST(detached_device_is_enodev),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
