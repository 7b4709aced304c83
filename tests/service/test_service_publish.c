/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scans that give no answer, on a mocked host with a simulated kernel: a backend crashes
 * at one of its devices, scans fail or get no thread, and the kernel asks many questions.
 * Runs itself under umockdev-wrapper.
 */
#include <umockdev.h>

#include "core/service/kernel/asks.h"
#include "core/service/kernel/attachment_scan.h"
#include "tests/service/serving.h"
#include "tests/support/mocked.h"

#define DEVICES 8
#define CRASH 3 /* index of the device at which the backend crashes, in some tests */
#define TYPE "moody:plain"

static UMockdevTestbed *testbed;
static _Atomic unsigned failing_scans, missing_threads; /* number of further failures */
static char names[DEVICES + 1][16];                     /* a test may add one */

int __real_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err);
int __wrap_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err);

int __wrap_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err)
{
	if (!failing_scans)
		return __real_attachment_scan_run(scan, world, ids, nids, err);
	failing_scans--;
	return error_set(err, -EIO, "the test has it fail");
}

int __real_pool_submit(struct pool *pool, struct pool_job *job);
int __wrap_pool_submit(struct pool *pool, struct pool_job *job);

int __wrap_pool_submit(struct pool *pool, struct pool_job *job)
{
	if (!missing_threads || job->kind != POOL_OWN)
		return __real_pool_submit(pool, job);
	missing_threads--;
	return -EAGAIN;
}

/* mood: how the backend reacts to the device; see tests/backends/moody. */
static char *device_make_untyped(unsigned i, const char *mood)
{
	char *path;

	snprintf(names[i], sizeof(names[i]), "moody-%u", i);
	path = umockdev_testbed_add_device(testbed, "mdev", names[i], "/sys/devices/moody", "plain",
					   mood, NULL, "DRIVER", "moody", NULL);
	assert_non_null(path);
	umockdev_testbed_set_attribute_link(testbed, path, "driver",
					    "../../../../../bus/mdev/drivers/moody");
	return path;
}

static void type_link_make(const char *path)
{
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type",
					    "../mdev_supported_types/moody-plain");
}

static void device_make(unsigned i, const char *mood)
{
	char *path = device_make_untyped(i, mood);

	type_link_make(path);
	umockdev_testbed_uevent(testbed, path, "bind");
	g_free(path);
}

static int start_with(const char *mood)
{
	char *parent;

	service_prepare();
	testbed = umockdev_testbed_new();
	parent = umockdev_testbed_add_device(testbed, "moody", "moody", NULL, NULL, NULL);
	g_free(parent);
	for (unsigned i = 0; i < DEVICES; i++)
		device_make(i, i == CRASH ? mood : "well");
	snprintf(plugin_dir, sizeof(plugin_dir), TEST_BUILD "/tests/backends/moody");
	service_start();
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with("crash");
}

static int start_well(void **state)
{
	(void)state;
	return start_with("well");
}

static int end(void **state)
{
	(void)state;
	failing_scans = missing_threads = 0;
	assert_null(service_end());
	shim_end();
	folder_remove(&service.folder);
	g_object_unref(testbed);
	return 0;
}

static void kernel_lacks_memory(unsigned times)
{
	pthread_mutex_lock(&shim.lock);
	shim.no_memory = times;
	pthread_mutex_unlock(&shim.lock);
}

/* The content of migration_type; "": an error. */
static void type_of(const char *name, char type[160])
{
	uint64_t attachment = shim_attachment(name);
	const struct shim_attached *attached;

	pthread_mutex_lock(&shim.lock);
	attached = shim_by_number(attachment);
	snprintf(type, 160, "%s", attached ? attached->type : "");
	pthread_mutex_unlock(&shim.lock);
}

static void assert_type_published(unsigned i)
{
	char type[160] = "";

	for (int n = 0; n < WAIT_MS / 10; n++) {
		type_of(names[i], type);
		if (*type)
			break;
		pause_ms(10);
	}
	assert_string_equal(type, TYPE);
}

static void assert_healthy_types_published(void)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (i != CRASH)
			assert_type_published(i);
}

static void state_of_the_backend(char *state, size_t size)
{
	json_t *reply = call(&service, METHOD("Backends", ""));
	json_t *backends = json_object_get(json_object_get(reply, "parameters"), "backends");

	assert_int_equal(json_array_size(backends), 1);
	snprintf(state, size, "%s",
		 json_string_value(json_object_get(json_array_get(backends, 0), "state")));
	json_decref(reply);
}

static void device_that_crashes_the_backend_keeps_no_other_type(void **state)
{
	char text[160];

	(void)state;
	assert_healthy_types_published();
	type_of(names[CRASH], text);
	assert_string_equal(text, "");
	state_of_the_backend(text, sizeof(text));
	assert_string_not_equal(text, "parked");
}

static void types_are_published_after_a_reload_too(void **state)
{
	(void)state;
	assert_healthy_types_published();
	kill(getpid(), SIGHUP);
	device_make(DEVICES, "well");
	assert_type_published(DEVICES);
	assert_healthy_types_published();
}

static void scan_that_failed_is_repeated(void **state)
{
	(void)state;
	assert_healthy_types_published();
	failing_scans = 2;
	device_make(DEVICES, "well");
	assert_type_published(DEVICES);
	assert_int_equal(failing_scans, 0);
}

static void scan_that_had_no_thread_is_repeated(void **state)
{
	(void)state;
	assert_healthy_types_published();
	missing_threads = 2;
	device_make(DEVICES, "well");
	assert_type_published(DEVICES);
	assert_int_equal(missing_threads, 0);
}

static void device_that_the_kernel_had_no_memory_for_is_attached_later(void **state)
{
	(void)state;
	assert_healthy_types_published();
	kernel_lacks_memory(2);
	device_make(DEVICES, "well");
	assert_type_published(DEVICES);
	assert_int_equal(shim.no_memory, 0);
}

/* The kernel makes the link after its last event about the device. */
static void mdev_type_that_comes_after_the_events_is_published(void **state)
{
	char *path, type[160];

	(void)state;
	assert_healthy_types_published();
	path = device_make_untyped(DEVICES, "refuse");
	umockdev_testbed_uevent(testbed, path, "bind");
	type_of(names[DEVICES], type);
	assert_string_equal(type, "");
	umockdev_testbed_set_attribute(testbed, path, "plain", "well");
	type_link_make(path);
	assert_type_published(DEVICES);
	g_free(path);
}

/* Devices that were skipped are attached first and get their types later. */
static void types_that_the_kernel_had_no_memory_for_are_published_later(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DEVICES; i++)
		shim_attachment(names[i]);
	kernel_lacks_memory(2);
	assert_healthy_types_published();
}

/* No caller reads the answers, so all questions are open at once. */
static void many_questions_delay_neither_scans_nor_reloads_nor_calls_of_root(void **state)
{
	json_t *reply;

	(void)state;
	assert_healthy_types_published();
	for (unsigned i = 0; i < 3 * ASKS_MAX; i++) {
		shim_put(MIGCOMPAT_BROKER_OP_ASK, 0, "moody:mdev:plain:1;plain");
		/* The simulated kernel queues few messages. */
		while (shim_waiting() > SHIM_MESSAGES_MAX / 2)
			pause_ms(1);
		if (i == ASKS_MAX + 10)
			kill(getpid(), SIGHUP);
		if (i == 2 * ASKS_MAX + 10)
			device_make(DEVICES, "well");
		if (i % 100 == 0) {
			reply = call(&service, METHOD("Backends", ""));
			assert_null(json_object_get(reply, "error"));
			json_decref(reply);
		}
	}
	assert_type_published(DEVICES);
}

static int run_mocked(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
#define WELL(name) cmocka_unit_test_setup_teardown(name, start_well, end)
	const struct CMUnitTest tests[] = {
		CASE(device_that_crashes_the_backend_keeps_no_other_type),
		CASE(types_are_published_after_a_reload_too),
		WELL(scan_that_failed_is_repeated),
		WELL(scan_that_had_no_thread_is_repeated),
		CASE(types_that_the_kernel_had_no_memory_for_are_published_later),
		WELL(mdev_type_that_comes_after_the_events_is_published),
		WELL(device_that_the_kernel_had_no_memory_for_is_attached_later),
		WELL(many_questions_delay_neither_scans_nor_reloads_nor_calls_of_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
