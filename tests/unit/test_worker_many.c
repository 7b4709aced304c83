/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many comparisons in one go: each has the outcome that it would have had alone, and a death in the middle is told to what was left. */
#include "core/backend/wire.h"
#include "tests/support/same.h"
#include "tests/support/worker_bench.h"

#define JOBS_MAX 300

/* Jobs on one opened device, each with a result and an error of its own. */
struct jobs {
	struct compare_job jobs[JOBS_MAX];
	struct migcompat_result results[JOBS_MAX];
	struct error errors[JOBS_MAX];
	size_t count;
};

static struct jobs *jobs_make(void)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	assert_non_null(jobs);
	return jobs;
}

static void jobs_add(struct jobs *jobs, struct opened *opened, const char *payload, size_t len)
{
	size_t i = jobs->count++;

	assert_true(i < JOBS_MAX);
	assert_int_equal(result_reset(&jobs->results[i]), 0);
	jobs->jobs[i] = (struct compare_job){.opened = opened, .payload = payload, .len = len, .result = &jobs->results[i],
					     .err = &jobs->errors[i], .r = -1};
}

static void jobs_free(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		result_free(&jobs->results[i]);
	free(jobs);
}

/* Each outcome is that of the same comparison alone. */
static void jobs_are_as_alone(struct jobs *jobs)
{
	struct migcompat_result alone = {0};

	opened_compare_many(jobs->jobs, jobs->count);
	for (size_t i = 0; i < jobs->count; i++) {
		struct compare_job *job = &jobs->jobs[i];
		struct error err = {0};

		assert_int_equal(result_reset(&alone), 0);
		assert_int_equal(opened_compare(job->opened, job->payload, job->len, &alone, &err), job->r);
		assert_string_equal(err.text, jobs->errors[i].text);
		same_result(&alone, job->result);
	}
	result_free(&alone);
}

static void many_have_the_outcomes_that_each_has_alone(void **state)
{
	struct bench *bench = *state;
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < JOBS_MAX; i++)
		jobs_add(jobs, bench->serial, bench->serial->payload, bench->serial->payload_len - i % 3);
	jobs_are_as_alone(jobs);
	assert_int_equal(jobs->results[0].bad_count, 0);
	assert_int_not_equal(jobs->results[1].bad_count, 0);
	jobs_free(jobs);
}

static void payloads_beyond_what_a_socket_holds_are_all_answered(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("plain");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();
	const size_t large = 4u << 20;
	char *payload = calloc(1, large);

	assert_non_null(payload);
	for (size_t i = 0; i < 40; i++)
		jobs_add(jobs, opened, i % 4 ? payload : "1;plain", i % 4 == 0 ? 7 : i % 4 == 1 ? 30000 : i % 4 == 2 ? 70000 : large);
	jobs_are_as_alone(jobs);
	jobs_free(jobs);
	free(payload);
	opened_close(opened);
	provider_free(provider);
}

static void answers_beyond_what_a_socket_holds_all_arrive(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("flood");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < 60; i++)
		jobs_add(jobs, opened, "1;plain", 7);
	opened_compare_many(jobs->jobs, jobs->count);
	for (size_t i = 0; i < jobs->count; i++) {
		assert_int_equal(jobs->jobs[i].r, 0);
		assert_int_equal(jobs->results[i].count, RESULT_FINDINGS_MAX);
		assert_int_equal(jobs->results[i].bad_count, 1);
	}
	jobs_free(jobs);
	opened_close(opened);
	provider_free(provider);
}

static void one_that_cannot_be_sent_fails_alone(void **state)
{
	struct bench *bench = *state;
	struct jobs *jobs = jobs_make();
	char *payload = calloc(1, WIRE_REQUEST_MAX);

	assert_non_null(payload);
	for (size_t i = 0; i < 9; i++)
		jobs_add(jobs, bench->serial, i % 4 == 0 ? payload : bench->serial->payload,
			 i % 4 == 0 ? WIRE_REQUEST_MAX - 1 : bench->serial->payload_len);
	jobs_are_as_alone(jobs);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(jobs->jobs[i].r, i % 4 == 0 ? -E2BIG : 0);
	jobs_free(jobs);
	free(payload);
}

static void a_refusal_among_them_is_its_own_alone(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("moody");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < 20; i++)
		jobs_add(jobs, opened, i == 7 ? "refuse" : "1;plain", i == 7 ? 6 : 7);
	jobs_are_as_alone(jobs);
	assert_int_equal(jobs->jobs[7].r, -EINVAL);
	assert_string_equal(jobs->errors[7].text, "backend moody: the comparison failed: Invalid argument");
	assert_int_equal(jobs->jobs[8].r, 0);
	jobs_free(jobs);
	opened_close(opened);
	provider_free(provider);
}

/* Forty jobs, one of which ends the worker. The first arrives before: it goes out in a request that is larger than the window. */
static void death_in_the_middle(struct bench *bench, const char *payload, unsigned timeout_ms, int code, const char *sentence)
{
	struct provider *provider = worker_make("moody", timeout_ms);
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();
	char *large = calloc(1, 70000);

	assert_non_null(large);
	jobs_add(jobs, opened, large, 70000);
	for (size_t i = 1; i < 40; i++)
		jobs_add(jobs, opened, i == 20 ? payload : "1;plain", i == 20 ? strlen(payload) : 7);
	opened_compare_many(jobs->jobs, jobs->count);
	assert_int_equal(jobs->jobs[0].r, 0);
	assert_int_equal(jobs->results[0].bad_count, 1);
	for (size_t i = 20; i < 40; i++) {
		assert_int_equal(jobs->jobs[i].r, code);
		assert_string_equal(jobs->errors[i].text, sentence);
		assert_int_equal(jobs->results[i].count, 0);
	}
	opened_compare_many(jobs->jobs, jobs->count);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(jobs->jobs[i].r, -EIO);
	jobs_free(jobs);
	free(large);
	opened_close(opened);
	provider_free(provider);
}

static void a_crash_in_the_middle_is_the_outcome_of_what_was_left(void **state)
{
	death_in_the_middle(*state, "crash", WORKER_TIMEOUT_MS, -EIO, "backend moody: its worker was killed by signal 11 (Segmentation fault)");
}

static void a_hang_in_the_middle_is_the_outcome_of_what_was_left(void **state)
{
	death_in_the_middle(*state, "hang", 2000, -ETIMEDOUT, "backend moody: its worker gave no answer in 2000 ms");
}

static void garbage_in_the_middle_is_the_outcome_of_what_was_left(void **state)
{
	death_in_the_middle(*state, "garbage", WORKER_TIMEOUT_MS, -EIO, "backend moody: its answer made no sense");
}

static void none_at_all_are_done_at_once(void **state)
{
	(void)state;
	opened_compare_many(NULL, 0);
}

static void in_this_process_they_are_the_same(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = test_backend("mtty", NULL);
	struct opened *opened = test_open(provider, bench->serial->device);
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < 10; i++)
		jobs_add(jobs, opened, opened->payload, opened->payload_len - i % 2);
	jobs_are_as_alone(jobs);
	jobs_free(jobs);
	opened_close(opened);
	provider_free(provider);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(many_have_the_outcomes_that_each_has_alone),
		test(payloads_beyond_what_a_socket_holds_are_all_answered),
		test(answers_beyond_what_a_socket_holds_all_arrive),
		test(one_that_cannot_be_sent_fails_alone),
		test(a_refusal_among_them_is_its_own_alone),
		test(a_crash_in_the_middle_is_the_outcome_of_what_was_left),
		test(a_hang_in_the_middle_is_the_outcome_of_what_was_left),
		test(garbage_in_the_middle_is_the_outcome_of_what_was_left),
		test(none_at_all_are_done_at_once),
		test(in_this_process_they_are_the_same),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
