/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Outcomes of a scan if the backend fails at one device. Workers are real, devices are
 * recorded.
 */
#include "core/service/kernel/attachment_scan.h"

#include <errno.h>
#include <time.h>

#include "core/worker_client/restart.h"
#include "tests/service/worker_program.h"
#include "tests/support/files.h"

#define DEVICE(id, mood) \
	"{\"id\":\"moody/" id "\",\"kind\":\"mdev-type\",\"driver\":\"moody\",\"facts\":{" mood "}}"
#define MOOD(mood) "\"plain\":\"" mood "\""
#define TYPE "moody:plain"

struct bench {
	struct folder folder; /* policy and inventory */
	struct world world;
	struct attachment_scan scan;
	const char *waiting; /* id of a device that must not be scanned yet; NULL: none */
};

static struct bench bench;

static void start(const char *devices, const char *policy)
{
	struct engine_options options = {.backend_dir = TEST_BUILD "/tests/backends/moody",
					 .restart = true};
	struct error err = {0};
	char text[2048];

	bench = (struct bench){.world = {.references = 1}};
	folder_make(&bench.folder);
	folder_write(&bench.folder, "migcompat.conf", policy);
	options.config = bench.folder.path;
	snprintf(text, sizeof(text),
		 "{\"format\":\"migcompat-inventory/"
		 "1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[%s]}",
		 devices);
	if (engine_start(&bench.world.engine, &options, &err) ||
	    engine_add_file(&bench.world.engine, folder_write(&bench.folder, "host.json", text),
			    &err) ||
	    engine_ready(&bench.world.engine, &err))
		fail_msg("%s", err.text);
}

static int end(void **state)
{
	(void)state;
	attachment_scan_free(&bench.scan);
	engine_stop(&bench.world.engine);
	folder_remove(&bench.folder);
	return 0;
}

static bool waits(void *arg, const char *id, const char *backend)
{
	const struct bench *of = arg;

	assert_string_equal(backend, "moody");
	return of->waiting && strcmp(of->waiting, id) == 0;
}

static void scan(void)
{
	struct error err = {0};

	attachment_scan_free(&bench.scan);
	bench.scan = (struct attachment_scan){.waits = waits, .arg = &bench};
	if (attachment_scan_run(&bench.scan, &bench.world, NULL, 0, &err))
		fail_msg("%s", err.text);
}

static void assert_row(size_t i, enum scan_outcome outcome, const char *type, int error)
{
	const struct scan_row *row = &bench.scan.rows[i];

	assert_in_range(i, 0, bench.scan.count - 1);
	assert_int_equal(row->outcome, outcome);
	assert_int_equal(row->type_error, error);
	if (type)
		assert_string_equal(row->type, type);
	else
		assert_null(row->type);
}

/* The worker is restarted at the first use after its pause. */
static void rest(void)
{
	const struct timespec time = {.tv_nsec = 2 * RESTART_FIRST_MS * 1000000};

	nanosleep(&time, NULL);
}

static void answered_devices_have_their_types(void **state)
{
	(void)state;
	start(DEVICE("1", "") "," DEVICE("2", ""), "");
	scan();
	assert_row(0, SCAN_ANSWERED, TYPE, 0);
	assert_row(1, SCAN_ANSWERED, TYPE, 0);
}

/* A scan keeps the parameters of all devices in memory. */
static void parameters_that_cannot_be_published_are_not_kept(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("many")), "");
	scan();
	assert_row(0, SCAN_ANSWERED, TYPE, 0);
	assert_int_equal(bench.scan.rows[0].parameters.nparameters, 0);
}

static void refusal_is_an_answer(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("refuse")) "," DEVICE("2", ""), "");
	scan();
	assert_row(0, SCAN_ANSWERED, NULL, -EINVAL);
	assert_row(1, SCAN_ANSWERED, TYPE, 0);
}

static void device_that_ends_the_worker_has_the_others_put_aside(void **state)
{
	(void)state;
	start(DEVICE("1", "") "," DEVICE("2", MOOD("crash")) "," DEVICE("3", "") "," DEVICE("4",
											    ""),
	      "");
	scan();
	assert_row(0, SCAN_ANSWERED, TYPE, 0);
	assert_row(1, SCAN_ENDED, NULL, -EIO);
	assert_row(2, SCAN_SKIPPED, NULL, -EIO);
	assert_row(3, SCAN_SKIPPED, NULL, -EIO);
}

static void device_that_hangs_has_the_others_put_aside(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("hang")) "," DEVICE("2", ""), "timeout_ms = 100;\n");
	scan();
	assert_row(0, SCAN_ENDED, NULL, -ETIMEDOUT);
	assert_row(1, SCAN_SKIPPED, NULL, -EIO);
}

static void resting_backend_is_no_answer(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("crash")), "");
	scan();
	assert_row(0, SCAN_ENDED, NULL, -EIO);
	scan();
	assert_row(0, SCAN_BUSY, NULL, -EIO);
}

static void device_that_must_wait_delays_no_other(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("crash")) "," DEVICE("2", ""), "");
	bench.waiting = "moody/1";
	scan();
	assert_row(0, SCAN_SKIPPED, NULL, -EIO);
	assert_row(1, SCAN_ANSWERED, TYPE, 0);
}

static void devices_that_were_skipped_are_published_after_the_pause(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("crash")) "," DEVICE("2", ""), "");
	scan();
	assert_row(1, SCAN_SKIPPED, NULL, -EIO);
	rest();
	bench.waiting = "moody/1";
	scan();
	assert_row(1, SCAN_ANSWERED, TYPE, 0);
}

static void parked_backend_is_an_answer(void **state)
{
	(void)state;
	start(DEVICE("1", MOOD("crash")), "");
	for (unsigned i = 0; i < 200 && (i == 0 || bench.scan.rows[0].outcome != SCAN_ANSWERED);
	     i++) {
		rest();
		scan();
	}
	assert_row(0, SCAN_ANSWERED, NULL, -EIO);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		CASE(answered_devices_have_their_types),
		CASE(parameters_that_cannot_be_published_are_not_kept),
		CASE(refusal_is_an_answer),
		CASE(device_that_ends_the_worker_has_the_others_put_aside),
		CASE(device_that_hangs_has_the_others_put_aside),
		CASE(resting_backend_is_no_answer),
		CASE(device_that_must_wait_delays_no_other),
		CASE(devices_that_were_skipped_are_published_after_the_pause),
		CASE(parked_backend_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
