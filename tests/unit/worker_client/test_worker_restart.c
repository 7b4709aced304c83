/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers that are started again: errors of callers, open devices, parking, and waiting
 * for other callers.
 */
#include <pthread.h>

#include "core/wire/worker_memory.h"
#include "tests/support/worker.h"
#include "tests/support/worker_again.h"

static const char crashed[] =
	"backend moody: its worker was killed by signal 11 (Segmentation fault) in compare of x";

/* ---------------------------------------------------------------- an end and what follows */

static void calls_fail_until_the_rest_is_over(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench)), *other = NULL;
	struct error err = {0};

	compare_works(bench, opened);
	compare_fails(bench, opened, "crash", crashed);
	compare_fails(bench, opened, "1;plain", crashed);
	assert_int_equal(provider_open(provider, opened->device, &other, &err), -EIO);
	assert_string_equal(err.text, crashed);
	pass_ms(99);
	compare_fails(bench, opened, "1;plain", crashed);
	pass_ms(1);
	compare_works(bench, opened);
	other = test_open(provider, opened->device);
	compare_works(bench, other);
	opened_close(other);
	opened_close(opened);
	provider_free(provider);
}

static void every_operation_reopens_what_was_open(void **state)
{
	struct bench *bench = *state;
	char path[4096];
	struct provider *provider = start_path(worker_path("mtty", path, sizeof(path)));
	struct opened *one = test_open(provider, &bench->host.devices[0]),
		      *two = test_open(provider, &bench->host.devices[0]);
	struct migcompat_sink sink = {0};
	struct error err = {0};

	for (int i = 0; i < 3; i++) {
		end_worker(provider);
		pass_ms(30000);
		assert_int_equal(opened_list(one, PROVIDER_PARAMETERS, NULL, 0, &sink, &err), 0);
		test_compare(one, two, &bench->result);
		assert_int_equal(bench->result.bad_count, 0);
	}
	assert_int_equal(status_of(provider).generation, 4);
	sink_free(&sink);
	opened_close(one);
	opened_close(two);
	provider_free(provider);
}

static void devices_of_several_generations_are_compared_in_one_go(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened[3];
	struct migcompat_result results[6] = {{0}};
	struct compare_job jobs[6];
	struct error errors[6] = {{{0}}};

	for (int i = 0; i < 3; i++) {
		opened[i] = test_open(provider, plain_device(bench));
		if (i < 2)
			compare_fails(bench, opened[i], "crash", crashed);
		pass_ms(15000);
	}
	for (int i = 0; i < 6; i++) {
		assert_int_equal(result_reset(&results[i]), 0);
		jobs[i] = (struct compare_job){.opened = opened[i % 3],
					       .payload = i == 4 ? "refuse" : "1;plain",
					       .len = i == 4 ? 6 : 7,
					       .result = &results[i],
					       .err = &errors[i],
					       .r = -1};
	}
	opened_compare_many(jobs, 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(jobs[i].r, i == 4 ? -EINVAL : 0);
		assert_int_equal(results[i].count, i == 4 ? 0 : 1);
		result_free(&results[i]);
	}
	for (int i = 0; i < 3; i++)
		opened_close(opened[i]);
	provider_free(provider);
}

static void a_closed_device_of_an_earlier_generation_is_forgotten(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *early = test_open(provider, plain_device(bench)), *later;

	compare_fails(bench, early, "crash", crashed);
	pass_ms(1000);
	later = test_open(provider, early->device);
	opened_close(early);
	compare_works(bench, later);
	opened_close(later);
	provider_free(provider);
}

static void an_end_between_calls_fails_no_call(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench));

	end_worker(provider);
	pass_ms(1000); /* there was no call until the rest was over */
	compare_works(bench, opened);
	assert_int_equal(status_of(provider).generation, 2);
	assert_string_equal(status_of(provider).death.text,
			    "its worker was killed by signal 9 (Killed)");
	opened_close(opened);
	provider_free(provider);
}

/* A greedy worker is small when it starts. */
static void the_kernel_ends_one_that_was_started_again_before_others(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench));

	assert_int_equal(worker_oom_score_adj(provider), WORKER_OOM_FIRST);
	end_worker(provider);
	pass_ms(1000);
	compare_works(bench, opened);
	assert_int_equal(worker_oom_score_adj(provider), WORKER_OOM_AGAIN);
	opened_close(opened);
	provider_free(provider);
}

/* ---------------------------------------------------------------- which life it is */

static void life_is_none_right_after_an_end_between_calls(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench));

	assert_int_equal(provider_life(provider), 1);
	assert_int_equal(opened->life, 1);
	end_worker(provider);
	assert_int_equal(provider_life(provider), 0);
	assert_int_equal(status_of(provider).state, PROVIDER_RUNNING);
	opened_close(opened);
	provider_free(provider);
}

static void life_changes_with_each_restart(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench));

	compare_fails(bench, opened, "crash", crashed);
	assert_int_equal(provider_life(provider), 0);
	pass_ms(1000);
	assert_int_equal(provider_life(provider), 0);
	assert_int_equal(opened->life, 1);
	compare_works(bench, opened);
	assert_int_equal(provider_life(provider), 2);
	assert_int_equal(opened->life, 2);
	opened_close(opened);
	provider_free(provider);
}

/* ---------------------------------------------------------------- the end of it */

static void one_that_ends_five_times_in_a_minute_is_parked(void **state)
{
	static const char parked[] =
		"backend moody: parked after its worker ended 5 times in 60 s: its worker was "
		"killed by signal 11 (Segmentation fault) in compare of x";
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, plain_device(bench));

	for (int i = 0; i < 4; i++) {
		compare_fails(bench, opened, "crash", crashed);
		assert_int_equal(status_of(provider).state, PROVIDER_RESTARTING);
		pass_ms(10000);
	}
	compare_fails(bench, opened, "crash", parked);
	assert_int_equal(status_of(provider).state, PROVIDER_PARKED);
	pass_ms(3600000);
	compare_fails(bench, opened, "1;plain", parked);
	opened_close(opened);
	provider_free(provider);
}

static void a_hang_ends_it_like_a_crash_does(void **state)
{
	struct worker_options options = {
		.program = WORKER_PROGRAM, .timeout_ms = 2000, .restart = true, .now = test_now};
	struct bench *bench = *state;
	struct provider *provider;
	struct opened *opened;
	struct error err = {0};
	char path[4096];

	assert_int_equal(provider_worker_new(worker_path("moody", path, sizeof(path)), &options,
					     &provider, &err),
			 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	opened = test_open(provider, plain_device(bench));
	assert_int_equal(compare(bench, opened, "hang", &err), -ETIMEDOUT);
	compare_fails(bench, opened, "1;plain",
		      "backend moody: its worker gave no answer in 2000 ms in compare of x");
	pass_ms(100);
	compare_works(bench, opened);
	opened_close(opened);
	provider_free(provider);
}

/* ---------------------------------------------------------------- what is shown, and who waits */

static void the_state_is_shown(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody"), *here = test_backend("mtty", NULL);
	struct opened *opened = test_open(provider, plain_device(bench));
	struct provider_status status = status_of(provider);

	assert_int_equal(status.state, PROVIDER_RUNNING);
	assert_int_equal(status.generation, 1);
	assert_true(status.process > 0);
	assert_string_equal(status.death.text, "");
	compare_fails(bench, opened, "crash", crashed);
	status = status_of(provider);
	assert_int_equal(status.state, PROVIDER_RESTARTING);
	assert_int_equal(status.process, 0);
	assert_string_equal(
		status.death.text,
		"its worker was killed by signal 11 (Segmentation fault) in compare of x");
	pass_ms(1000);
	compare_works(bench, opened);
	status = status_of(provider);
	assert_int_equal(status.state, PROVIDER_RUNNING);
	assert_int_equal(status.generation, 2);
	assert_string_equal(
		status.death.text,
		"its worker was killed by signal 11 (Segmentation fault) in compare of x");
	opened_close(opened);
	provider_free(provider);
	assert_int_equal(status_of(here).state, PROVIDER_HERE);
	provider_free(here);
	provider = worker_make("no_symbol", WORKER_TIMEOUT_MS);
	assert_int_equal(status_of(provider).state, PROVIDER_ENDED);
	assert_int_equal(status_of(provider).generation, 0);
	provider_free(provider);
}

struct waiter {
	struct opened *opened;
	struct bench *bench;
	struct error err;
	int r;
};

static void *wait_compare(void *arg)
{
	struct waiter *waiter = arg;

	waiter->r = compare(waiter->bench, waiter->opened, "1;plain", &waiter->err);
	return NULL;
}

static void *wait_close(void *arg)
{
	struct waiter *waiter = arg;

	opened_close(waiter->opened);
	return NULL;
}

static void in_a_thread(void *(*run)(void *), struct waiter *waiter)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run, waiter), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* The test itself takes the place of a call that never ends. */
static void a_call_that_waits_too_long_fails_and_nothing_else_waits(void **state)
{
	struct bench *bench = *state;
	const struct device *device = plain_device(bench);
	struct waiter waiter = {.bench = bench};
	struct provider *provider = start("moody");
	struct opened *opened = test_open(provider, device);

	worker_of(provider)->options.timeout_ms = 300;
	assert_int_equal(worker_acquire(worker_of(provider), 0), 0);
	waiter.opened = opened;
	in_a_thread(wait_compare, &waiter);
	assert_int_equal(waiter.r, -ETIMEDOUT);
	assert_string_equal(waiter.err.text,
			    "backend moody: its worker was busy with other calls for 300 ms");
	assert_int_equal(status_of(provider).state, PROVIDER_RUNNING);
	in_a_thread(wait_close, &waiter);
	worker_release(worker_of(provider));
	worker_of(provider)->options.timeout_ms = WORKER_TIMEOUT_MS;
	opened = test_open(provider, device);
	compare_works(bench, opened);
	opened_close(opened);
	provider_free(provider);
}

/* ---------------------------------------------------------------- many threads */

struct crowd {
	struct provider *provider;
	struct opened *opened;
	atomic_bool *stop;
	size_t yes, errors, wrong;
};

static void *crowd_compare(void *arg)
{
	struct crowd *crowd = arg;
	struct migcompat_result result = {0};

	while (!atomic_load(crowd->stop)) {
		struct error err = {0};
		int r = result_reset(&result)
				? -ENOMEM
				: opened_compare(crowd->opened, "1;plain", 7, &result, &err);

		if (r == 0 && result.count == 1 && result.bad_count == 0)
			crowd->yes++;
		else if (r == -EIO && strncmp(err.text, "backend moody: ", 15) == 0)
			crowd->errors++;
		else
			crowd->wrong++;
		pass_ms(1);
	}
	result_free(&result);
	return NULL;
}

static void ends_under_load_lose_answers_but_never_make_wrong_ones(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("moody");
	atomic_bool stop = false;
	struct crowd crowd[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		crowd[i] = (struct crowd){.provider = provider,
					  .opened = test_open(provider, plain_device(bench)),
					  .stop = &stop};
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_compare, &crowd[i]), 0);
	}
	for (uint32_t generation = 1; generation <= 10; generation++) {
		while (status_of(provider).generation < generation ||
		       status_of(provider).state != PROVIDER_RUNNING)
			sched_yield();
		pass_ms(20000);
		kill(status_of(provider).process, SIGKILL);
	}
	while (status_of(provider).generation < 11)
		sched_yield();
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(crowd[i].wrong, 0);
		assert_true(crowd[i].yes > 0);
	}
	pass_ms(60000);
	compare_works(bench, crowd[0].opened);
	for (int i = 0; i < 4; i++)
		opened_close(crowd[i].opened);
	provider_free(provider);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup_clock, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(calls_fail_until_the_rest_is_over),
		test(every_operation_reopens_what_was_open),
		test(devices_of_several_generations_are_compared_in_one_go),
		test(a_closed_device_of_an_earlier_generation_is_forgotten),
		test(an_end_between_calls_fails_no_call),
		test(the_kernel_ends_one_that_was_started_again_before_others),
		test(life_is_none_right_after_an_end_between_calls),
		test(life_changes_with_each_restart),
		test(one_that_ends_five_times_in_a_minute_is_parked),
		test(a_hang_ends_it_like_a_crash_does),
		test(the_state_is_shown),
		test(a_call_that_waits_too_long_fails_and_nothing_else_waits),
		test(ends_under_load_lose_answers_but_never_make_wrong_ones),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
