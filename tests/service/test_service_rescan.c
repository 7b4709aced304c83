/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is scanned, and when. The linker puts the test in place of the pool, so that it
 * decides when a scan runs and ends.
 */
#include <errno.h>

#include "core/service/log.h"
#include "core/service/rescan.h"
#include "tests/support/test.h"

#define ITERATIONS_MAX 200
#define ITERATION_US 20000u

static sd_event *event;
static struct rescan *rescan;
static struct world worlds[2];
static struct pool_job *submitted; /* NULL: none */
static unsigned missing_threads;   /* so many more */

/* The last scan: */
static struct world *scanned_world;
static char scanned[32 * RESCAN_IDS_MAX]; /* "all", or the ids, each after a space */
static int scan_result;
static bool incomplete;
static bool was_stale;
static void (*in_done)(void); /* called once at the end of the next scan */

int __wrap_pool_submit(struct pool *pool, struct pool_job *job);

int __wrap_pool_submit(struct pool *pool, struct pool_job *job)
{
	(void)pool;
	if (missing_threads) {
		missing_threads--;
		return -EAGAIN;
	}
	assert_null(submitted);
	submitted = job;
	return 0;
}

static int on_scan(void *arg, struct world *world, const struct rescan_set *set, struct error *err)
{
	size_t len = 0;

	(void)arg;
	usleep(10); /* a pace needs a duration */
	scanned_world = world;
	snprintf(scanned, sizeof(scanned), "%s", set->all ? "all" : "");
	for (size_t i = 0; i < set->nids && !set->all; i++)
		len += (size_t)snprintf(scanned + len, sizeof(scanned) - len, " %s", set->ids[i]);
	return scan_result ? error_set(err, scan_result, "the test makes it fail") : 0;
}

static bool on_done(void *arg, const struct rescan_result *result)
{
	void (*call)(void) = in_done;

	(void)arg;
	was_stale = result->stale;
	in_done = NULL;
	if (call)
		call();
	return !incomplete;
}

static int setup_with(struct rescan_options options)
{
	struct error err = {0};

	log_open(true, LOG_EMERG);
	submitted = NULL;
	missing_threads = 0;
	scan_result = 0;
	incomplete = false;
	in_done = NULL;
	worlds[0].references = worlds[1].references = 1;
	assert_true(sd_event_new(&event) >= 0);
	options.event = event;
	options.scan = on_scan;
	options.done = on_done;
	assert_int_equal(rescan_new(&options, &rescan, &err), 0);
	rescan_start(rescan, &worlds[0]);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_with((struct rescan_options){.retry_doublings = 0});
}

/* After a scan of all devices, no other one begins for as good as ever. */
static int setup_paced(void **state)
{
	(void)state;
	return setup_with((struct rescan_options){.pace = 1000000000});
}

static int teardown(void **state)
{
	(void)state;
	rescan = rescan_free(rescan);
	event = sd_event_unref(event);
	assert_int_equal(worlds[0].references, 1);
	assert_int_equal(worlds[1].references, 1);
	return 0;
}

static void loop(unsigned iterations)
{
	for (unsigned i = 0; i < iterations && !submitted; i++)
		assert_true(sd_event_run(event, ITERATION_US) >= 0);
}

static void scan_ends(void)
{
	struct pool_job *job = submitted;

	submitted = NULL;
	job->done(job);
}

/* Wait until a scan begins, run it to its end, and compare what it scanned. */
static void assert_scans(const char *expected)
{
	loop(ITERATIONS_MAX);
	assert_non_null(submitted);
	submitted->run(submitted);
	assert_string_equal(scanned, expected);
	scan_ends();
}

static void assert_scans_nothing(void)
{
	loop(5);
	assert_null(submitted);
}

static void start_scans_all_devices(void **state)
{
	(void)state;
	assert_scans("all");
	assert_scans_nothing();
}

static void changed_device_is_scanned_alone(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	assert_scans(" one");
	assert_scans_nothing();
}

static void changes_before_a_scan_share_it(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	rescan_id(rescan, "two");
	rescan_id(rescan, "one");
	assert_scans(" one two");
	assert_scans_nothing();
}

static void change_during_a_scan_is_scanned_after_it(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	loop(ITERATIONS_MAX);
	submitted->run(submitted);
	rescan_id(rescan, "one");
	scan_ends();
	assert_scans(" one");
	assert_scans_nothing();
}

static void id_added_at_the_end_of_a_scan(void)
{
	rescan_id(rescan, "late");
}

static void change_at_the_end_of_a_scan_is_scanned_after_it(void **state)
{
	(void)state;
	in_done = id_added_at_the_end_of_a_scan;
	assert_scans("all");
	assert_scans(" late");
}

static void scan_of_all_devices_covers_single_ones(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	rescan_all(rescan);
	assert_scans("all");
	assert_scans_nothing();
}

static void too_many_changed_devices_are_all_devices(void **state)
{
	char id[16];

	(void)state;
	assert_scans("all");
	for (unsigned i = 0; i < RESCAN_IDS_MAX; i++) {
		assert_false(rescan_is_full(rescan));
		snprintf(id, sizeof(id), "%u", i);
		rescan_id(rescan, id);
	}
	assert_true(rescan_is_full(rescan));
	rescan_id(rescan, "one more");
	assert_scans("all");
	assert_scans_nothing();
}

static void failed_scan_is_repeated(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	scan_result = -EIO;
	assert_scans(" one");
	assert_scans(" one");
	scan_result = 0;
	assert_scans(" one");
	assert_scans_nothing();
}

static void failed_scan_of_all_devices_is_repeated(void **state)
{
	(void)state;
	scan_result = -EIO;
	assert_scans("all");
	scan_result = 0;
	assert_scans("all");
	assert_scans_nothing();
}

static void change_after_a_failed_scan_is_scanned_with_it(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	scan_result = -EIO;
	assert_scans(" one");
	scan_result = 0;
	rescan_id(rescan, "two");
	assert_scans(" one two");
}

static void scan_without_a_thread_is_repeated(void **state)
{
	(void)state;
	assert_scans("all");
	missing_threads = 2;
	rescan_id(rescan, "one");
	assert_scans(" one");
	assert_int_equal(missing_threads, 0);
}

/* The owner makes the devices due that it had no memory for. */
static void incomplete_scan_repeats_what_its_owner_adds(void **state)
{
	(void)state;
	incomplete = true;
	in_done = id_added_at_the_end_of_a_scan;
	assert_scans("all");
	incomplete = false;
	assert_scans(" late");
	assert_scans_nothing();
}

static void start_scans_all_devices_with_its_world(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_start(rescan, &worlds[1]);
	assert_scans("all");
	assert_ptr_equal(scanned_world, &worlds[1]);
	assert_false(was_stale);
}

static void scan_from_before_a_start_is_stale(void **state)
{
	(void)state;
	loop(ITERATIONS_MAX);
	rescan_start(rescan, &worlds[1]);
	assert_scans("all");
	assert_ptr_equal(scanned_world, &worlds[0]);
	assert_true(was_stale);
	assert_scans("all");
	assert_ptr_equal(scanned_world, &worlds[1]);
	assert_false(was_stale);
}

/* The last unref of a world blocks until its workers have ended. */
static void scan_drops_its_world_before_the_loop_continues(void **state)
{
	(void)state;
	rescan_start(rescan, &worlds[1]);
	assert_int_equal(worlds[0].references, 2);
	submitted->run(submitted);
	assert_int_equal(worlds[0].references, 1);
	scan_ends();
}

static void start_ends_the_pause_after_a_failure(void **state)
{
	(void)state;
	scan_result = -EIO;
	assert_scans("all");
	scan_result = 0;
	rescan_start(rescan, &worlds[1]);
	assert_non_null(submitted);
	assert_scans("all");
}

static void failure_of_a_stale_scan_delays_nothing(void **state)
{
	(void)state;
	rescan_start(rescan, &worlds[1]);
	scan_result = -EIO;
	assert_scans("all");
	scan_result = 0;
	loop(2);
	assert_non_null(submitted);
	assert_scans("all");
}

static void nothing_is_scanned_after_a_stop(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_id(rescan, "one");
	rescan_stop(rescan);
	rescan_id(rescan, "two");
	rescan_all(rescan);
	assert_scans_nothing();
}

static void scan_from_before_a_stop_is_stale(void **state)
{
	(void)state;
	rescan_stop(rescan);
	assert_scans("all");
	assert_true(was_stale);
	assert_scans_nothing();
}

static void start_after_a_stop_scans_all_devices(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_stop(rescan);
	rescan_start(rescan, &worlds[1]);
	assert_scans("all");
}

static void single_devices_do_not_wait_for_the_pace_of_all(void **state)
{
	(void)state;
	assert_scans("all");
	rescan_all(rescan);
	rescan_id(rescan, "one");
	assert_scans(" one");
	assert_scans_nothing();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(start_scans_all_devices),
		CASE(changed_device_is_scanned_alone),
		CASE(changes_before_a_scan_share_it),
		CASE(change_during_a_scan_is_scanned_after_it),
		CASE(change_at_the_end_of_a_scan_is_scanned_after_it),
		CASE(scan_of_all_devices_covers_single_ones),
		CASE(too_many_changed_devices_are_all_devices),
		CASE(failed_scan_is_repeated),
		CASE(failed_scan_of_all_devices_is_repeated),
		CASE(change_after_a_failed_scan_is_scanned_with_it),
		CASE(scan_without_a_thread_is_repeated),
		CASE(incomplete_scan_repeats_what_its_owner_adds),
		CASE(start_scans_all_devices_with_its_world),
		CASE(scan_from_before_a_start_is_stale),
		CASE(scan_drops_its_world_before_the_loop_continues),
		CASE(start_ends_the_pause_after_a_failure),
		CASE(failure_of_a_stale_scan_delays_nothing),
		CASE(nothing_is_scanned_after_a_stop),
		CASE(scan_from_before_a_stop_is_stale),
		CASE(start_after_a_stop_scans_all_devices),
		cmocka_unit_test_setup_teardown(single_devices_do_not_wait_for_the_pace_of_all,
						setup_paced, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
