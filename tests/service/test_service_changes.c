/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watching a mocked host whose devices change, with and without events. Runs itself under
 * umockdev-wrapper.
 */
#include <umockdev.h>

#include "tests/service/watching.h"
#include "tests/support/mocked.h"

#define FIRST "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define FUNCTION "0000:00:03.0"
#define NEW "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c00ff"
#define PARENT "/sys/devices/virtual/mtty/mtty"

static UMockdevTestbed *testbed;
static struct daemon daemon_of_host;

static int start_with(const char *const *more)
{
	testbed = umockdev_testbed_new();
	assert_true(umockdev_testbed_add_from_file(
		testbed, TEST_SOURCE "/tests/hosts/discovery-serial.umockdev", NULL));
	daemon_of_host = (struct daemon){.live = true};
	daemon_folder(&daemon_of_host);
	daemon_start(&daemon_of_host, more);
	return 0;
}

static int start(void **state)
{
	*state = &daemon_of_host;
	return start_with(NULL);
}

static int end(void **state)
{
	(void)state;
	daemon_end(&daemon_of_host);
	folder_remove(&daemon_of_host.folder);
	g_object_unref(testbed);
	return 0;
}

static char *mdev_make_untyped(const char *name)
{
	char *path = umockdev_testbed_add_device(testbed, "mdev", name, PARENT, NULL, "DRIVER",
						 "mtty", NULL);

	assert_non_null(path);
	umockdev_testbed_set_attribute_link(testbed, path, "driver",
					    "../../../../../bus/mdev/drivers/mtty");
	return path;
}

static void type_link_make(const char *path)
{
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type",
					    "../mdev_supported_types/mtty-1");
}

static char *mdev_make(const char *name)
{
	char *path = mdev_make_untyped(name);

	type_link_make(path);
	umockdev_testbed_uevent(testbed, path, "bind");
	return path;
}

/*
 * As in the kernel, the device leaves its bus before the event, and its folder goes after
 * it.
 */
static void mdev_end(const char *path)
{
	char link[256];

	snprintf(link, sizeof(link), "/sys/bus/mdev/devices/%s", strrchr(path, '/') + 1);
	assert_int_equal(unlink(mocked_path(link)), 0);
	umockdev_testbed_uevent(testbed, path, "remove");
	umockdev_testbed_remove_device(testbed, path);
}

/*
 * The mocked device exists before its links, so a scan in between finds a device without
 * a backend. Returns the event that has the fingerprint; the caller owns it.
 */
static json_t *watch_receive_added(int fd, const char *name)
{
	json_t *document = watch_receive(fd, "added", name);

	if (text_at(document, "fingerprint"))
		return document;
	json_decref(document);
	document = watch_receive(fd, "changed", name);
	assert_non_null(text_at(document, "fingerprint"));
	return document;
}

static void watch_expect_added(int fd, const char *name)
{
	json_decref(watch_receive_added(fd, name));
}

static void new_device_is_sent(void **state)
{
	int fd = watch_open(*state, WATCH);
	json_t *document;
	char *path;

	watch_until_ready(fd);
	path = mdev_make(NEW);
	document = watch_receive_added(fd, NEW);
	assert_text(document, "kind", "mdev");
	assert_int_equal(strlen(text_at(document, "fingerprint")), 32);
	json_decref(document);
	g_free(path);
	close(fd);
}

static void removed_device_is_sent_with_its_last_fingerprint(void **state)
{
	int fd = watch_open(*state, WATCH);
	json_t *added, *removed;
	char *path;

	watch_until_ready(fd);
	path = mdev_make(NEW);
	added = watch_receive_added(fd, NEW);
	mdev_end(path);
	removed = watch_receive(fd, "removed", NEW);
	assert_text(removed, "old_fingerprint", text_at(added, "fingerprint"));
	assert_null(text_at(removed, "fingerprint"));
	json_decref(added);
	json_decref(removed);
	g_free(path);
	close(fd);
}

static void device_may_return(void **state)
{
	int fd = watch_open(*state, WATCH);
	char *path;

	watch_until_ready(fd);
	for (int i = 0; i < 3; i++) {
		path = mdev_make(NEW);
		watch_expect_added(fd, NEW);
		mdev_end(path);
		watch_expect(fd, "removed", NEW);
		g_free(path);
	}
	close(fd);
}

static void changed_device_is_sent_with_both_fingerprints(void **state)
{
	int fd = watch_open(*state, WATCH);
	json_t *document;

	watch_until_ready(fd);
	umockdev_testbed_set_attribute(testbed, "/sys/devices/pci0000:00/" FUNCTION, "device",
				       "0x0003");
	umockdev_testbed_uevent(testbed, "/sys/devices/pci0000:00/" FUNCTION, "change");
	document = watch_receive(fd, "changed", FUNCTION);
	assert_int_equal(strlen(text_at(document, "old_fingerprint")), 32);
	assert_int_equal(strlen(text_at(document, "fingerprint")), 32);
	assert_string_not_equal(text_at(document, "old_fingerprint"),
				text_at(document, "fingerprint"));
	json_decref(document);
	close(fd);
}

/* The next event must be about the device that changed afterwards. */
static void event_without_a_change_is_not_sent(void **state)
{
	int fd = watch_open(*state, WATCH);
	char *path;

	watch_until_ready(fd);
	for (int i = 0; i < 5; i++)
		umockdev_testbed_uevent(testbed, PARENT "/" FIRST, "change");
	path = mdev_make(NEW);
	watch_expect_added(fd, NEW);
	g_free(path);
	close(fd);
}

/* A bridge is never listed, before or after its event. */
static void event_of_another_device_is_not_sent(void **state)
{
	static const char *const actions[] = {"unbind", "bind", "change", "remove"};
	int fd = watch_open(*state, WATCH);
	char *path;

	watch_until_ready(fd);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		umockdev_testbed_uevent(testbed, "/sys/devices/pci0000:00/0000:00:01.0",
					actions[i]);
		pause_ms(150);
	}
	path = mdev_make(NEW);
	watch_expect_added(fd, NEW);
	g_free(path);
	close(fd);
}

static void each_watcher_gets_an_event_once(void **state)
{
	int fds[5];
	char *path;

	for (size_t i = 0; i < 5; i++) {
		fds[i] = watch_open(*state, WATCH);
		watch_until_ready(fds[i]);
	}
	path = mdev_make(NEW);
	umockdev_testbed_uevent(testbed, path, "change");
	for (size_t i = 0; i < 5; i++)
		watch_expect_added(fds[i], NEW);
	mdev_end(path);
	for (size_t i = 0; i < 5; i++) {
		watch_expect(fds[i], "removed", NEW);
		close(fds[i]);
	}
	g_free(path);
}

/* The mocked kernel buffers ten events. */
static void many_devices_are_all_sent(void **state)
{
	int fd = watch_open(*state, WATCH);
	char name[64];
	size_t before = watch_until_ready(fd);
	int added = 0;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3d%04d", i);
		g_free(mdev_make(name));
		while (i % 4 == 3 && added <= i) {
			json_t *document = client_receive(fd);

			assert_non_null(document);
			added += strcmp(text_at(document, "event"), "added") == 0;
			json_decref(document);
		}
	}
	close(fd);
	fd = watch_open(*state, WATCH);
	assert_int_equal(watch_until_ready(fd), before + 40);
	close(fd);
}

/* There is no event for it. A periodic scan finds it. */
static void silent_change_is_found(void **state)
{
	const char *more[] = {"--plugin-dir", TEST_BUILD "/tests/backends/plain", NULL};
	char *path;
	int fd;

	start_with(more);
	path = umockdev_testbed_add_device(testbed, "mdev", NEW, PARENT, "plain", "1", NULL,
					   "DRIVER", "plain", NULL);
	umockdev_testbed_set_attribute_link(testbed, path, "driver",
					    "../../../../../bus/mdev/drivers/plain");
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type",
					    "../mdev_supported_types/mtty-1");
	fd = watch_open(&daemon_of_host, WATCH);
	watch_until_ready(fd);
	umockdev_testbed_set_attribute(testbed, path, "plain", "2");
	watch_expect(fd, "changed", NEW);
	umockdev_testbed_set_attribute(testbed, path, "plain", "3");
	watch_expect(fd, "changed", NEW);
	close(fd);
	g_free(path);
	end(state);
}

/* The kernel makes the link after its last event about the device. */
static void type_that_comes_after_the_events_is_found(void **state)
{
	int fd = watch_open(*state, WATCH);
	char *path;

	watch_until_ready(fd);
	path = mdev_make_untyped(NEW);
	umockdev_testbed_uevent(testbed, path, "bind");
	watch_expect_added(fd, NEW);
	type_link_make(path);
	watch_expect(fd, "changed", NEW);
	g_free(path);
	close(fd);
}

static int run_mocked(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		CASE(new_device_is_sent),
		CASE(removed_device_is_sent_with_its_last_fingerprint),
		CASE(device_may_return),
		CASE(changed_device_is_sent_with_both_fingerprints),
		CASE(event_without_a_change_is_not_sent),
		CASE(event_of_another_device_is_not_sent),
		CASE(each_watcher_gets_an_event_once),
		CASE(many_devices_are_all_sent),
		CASE(type_that_comes_after_the_events_is_found),
		cmocka_unit_test(silent_change_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
