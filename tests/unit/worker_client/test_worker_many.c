/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Batches of comparisons. Each job has the same outcome as alone, and if the worker ends,
 * the jobs without an answer fail.
 */
#include <pthread.h>

#include "core/wire/wire.h"
#include "core/worker_client/worker.h"
#include "tests/support/same.h"
#include "tests/support/worker_bench.h"

#define JOBS_MAX 300

/* Jobs on one opened device, each with its own result and error. */
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
	jobs->jobs[i] = (struct compare_job){.opened = opened,
					     .payload = payload,
					     .len = len,
					     .result = &jobs->results[i],
					     .err = &jobs->errors[i],
					     .r = -1};
}

static void jobs_free(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		result_free(&jobs->results[i]);
	free(jobs);
}

/* Check that each outcome is that of the same comparison alone. */
static void jobs_are_as_alone(struct jobs *jobs)
{
	struct migcompat_result alone = {0};

	opened_compare_many(jobs->jobs, jobs->count);
	for (size_t i = 0; i < jobs->count; i++) {
		struct compare_job *job = &jobs->jobs[i];
		struct error err = {0};

		assert_int_equal(result_reset(&alone), 0);
		assert_int_equal(opened_compare(job->opened, job->payload, job->len, &alone, &err),
				 job->r);
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
		jobs_add(jobs, bench->serial, bench->serial->payload,
			 bench->serial->payload_len - i % 3);
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
		jobs_add(jobs, opened, i % 4 ? payload : "1;plain",
			 i % 4 == 0   ? 7
			 : i % 4 == 1 ? 30000
			 : i % 4 == 2 ? 70000
				      : large);
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

static void a_job_that_cannot_be_sent_fails_alone(void **state)
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

static void a_refusal_affects_one_job_only(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("moody");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < 20; i++)
		jobs_add(jobs, opened, i == 7 ? "refuse" : "1;plain", i == 7 ? 6 : 7);
	jobs_are_as_alone(jobs);
	assert_int_equal(jobs->jobs[7].r, -EINVAL);
	assert_string_equal(jobs->errors[7].text,
			    "backend moody: compare of x: it failed: Invalid argument");
	assert_int_equal(jobs->jobs[8].r, 0);
	jobs_free(jobs);
	opened_close(opened);
	provider_free(provider);
}

/* A backend may return any errno; it says nothing about the worker. */
static void a_refusal_may_have_any_errno(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("moody");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < 3; i++)
		jobs_add(jobs, opened, i == 1 ? "1;plain" : "progress", i == 1 ? 7 : 8);
	opened_compare_many(jobs->jobs, jobs->count);
	assert_int_equal(jobs->jobs[0].r, -EINPROGRESS);
	assert_int_equal(jobs->jobs[1].r, 0);
	assert_int_equal(jobs->jobs[2].r, -EINPROGRESS);
	jobs_free(jobs);
	opened_close(opened);
	provider_free(provider);
}

/*
 * Forty jobs, one of which ends the worker. The first one is answered before that: it is
 * larger than the window, so it is sent alone.
 */
static void death_in_the_middle(struct bench *bench, const char *payload, unsigned timeout_ms,
				int code, const char *sentence)
{
	struct provider *provider = worker_make("moody", timeout_ms);
	struct opened *opened = test_open(provider, plain_device(bench));
	struct jobs *jobs = jobs_make();
	char *large = calloc(1, 70000);

	assert_non_null(large);
	jobs_add(jobs, opened, large, 70000);
	for (size_t i = 1; i < 40; i++)
		jobs_add(jobs, opened, i == 20 ? payload : "1;plain",
			 i == 20 ? strlen(payload) : 7);
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

static void a_crash_is_the_outcome_of_all_jobs_after_it(void **state)
{
	death_in_the_middle(*state, "crash", WORKER_TIMEOUT_MS, -EIO,
			    "backend moody: its worker was killed by signal 11 (Segmentation "
			    "fault) in compare of x");
}

static void a_hang_is_the_outcome_of_all_jobs_after_it(void **state)
{
	death_in_the_middle(*state, "hang", 2000, -ETIMEDOUT,
			    "backend moody: its worker gave no answer in 2000 ms in compare of x");
}

static void garbage_is_the_outcome_of_all_jobs_after_it(void **state)
{
	death_in_the_middle(*state, "garbage", WORKER_TIMEOUT_MS, -EIO,
			    "backend moody: its answer made no sense");
}

/* ---------------------------------------------------------------- two batches at a time */

static struct compare_batch batch_of(struct jobs *jobs)
{
	return (struct compare_batch){.jobs = jobs->jobs, .count = jobs->count};
}

static void batch_that_begins_before_another_has_ended_has_the_same_outcomes(void **state)
{
	struct bench *bench = *state;
	struct jobs *jobs[6];
	struct compare_batch batches[6];

	for (size_t n = 0; n < 6; n++) {
		jobs[n] = jobs_make();
		for (size_t i = 0; i < 5 + n; i++)
			jobs_add(jobs[n], bench->serial, bench->serial->payload,
				 bench->serial->payload_len - (i + n) % 3);
		batches[n] = batch_of(jobs[n]);
		opened_compare_begin(&batches[n], n ? &batches[n - 1] : NULL);
		assert_int_equal(batches[n].progress, COMPARE_BEGUN);
		if (n)
			opened_compare_end(&batches[n - 1], &batches[n]);
	}
	opened_compare_end(&batches[5], NULL);
	for (size_t n = 0; n < 6; n++) {
		for (size_t i = 0; i < jobs[n]->count; i++) {
			assert_int_equal(jobs[n]->jobs[i].r, 0);
			assert_int_equal(jobs[n]->results[i].bad_count != 0, (i + n) % 3 != 0);
		}
		jobs_free(jobs[n]);
	}
}

/* Two batches on a device. The second one is to begin before the first one has ended. */
struct pair {
	struct provider *provider;
	struct opened *opened;
	struct jobs *jobs[2];
	struct compare_batch batches[2];
};

static void pair_make(struct pair *pair, struct bench *bench, const char *name, unsigned timeout_ms)
{
	pair->provider = worker_make(name, timeout_ms);
	pair->opened = test_open(pair->provider, plain_device(bench));
}

/* Make a batch of so many jobs, of which job AT has another payload. */
static void pair_add(struct pair *pair, size_t which, size_t count, size_t at, const char *payload,
		     size_t len)
{
	struct jobs *jobs = jobs_make();

	for (size_t i = 0; i < count; i++)
		jobs_add(jobs, pair->opened, i == at ? payload : "1;plain", i == at ? len : 7);
	pair->jobs[which] = jobs;
	pair->batches[which] = batch_of(jobs);
}

static void pair_begin(struct pair *pair, enum compare_progress second)
{
	opened_compare_begin(&pair->batches[1], &pair->batches[0]);
	assert_int_equal(pair->batches[1].progress, second);
}

static void pair_end(struct pair *pair)
{
	opened_compare_end(&pair->batches[0], &pair->batches[1]);
	opened_compare_end(&pair->batches[1], NULL);
}

static void outcomes_are(const struct jobs *jobs, size_t from, int code)
{
	for (size_t i = from; i < jobs->count; i++)
		assert_int_equal(jobs->jobs[i].r, code);
}

static void pair_free(struct pair *pair)
{
	jobs_free(pair->jobs[0]);
	jobs_free(pair->jobs[1]);
	opened_close(pair->opened);
	provider_free(pair->provider);
}

/* Job 1 of the first batch ends the worker; later jobs of both batches fail. */
static void death_in_the_first(struct bench *bench, const char *payload, unsigned timeout_ms,
			       int code, const char *sentence)
{
	struct pair pair;

	pair_make(&pair, bench, "moody", timeout_ms);
	pair_add(&pair, 0, 3, 1, payload, strlen(payload));
	pair_add(&pair, 1, 2, 2, NULL, 0);
	opened_compare_begin(&pair.batches[0], NULL);
	pair_begin(&pair, COMPARE_BEGUN);
	pair_end(&pair);
	outcomes_are(pair.jobs[0], 1, code);
	outcomes_are(pair.jobs[1], 0, code);
	assert_string_equal(pair.jobs[0]->errors[1].text, sentence);
	assert_string_equal(pair.jobs[1]->errors[1].text, sentence);
	assert_int_equal(pair.jobs[1]->results[1].count, 0);
	pair_free(&pair);
}

static void a_crash_in_the_first_of_two_batches_is_the_outcome_of_both(void **state)
{
	death_in_the_first(*state, "crash", WORKER_TIMEOUT_MS, -EIO,
			   "backend moody: its worker was killed by signal 11 (Segmentation fault) "
			   "in compare of x");
}

static void a_hang_in_the_first_of_two_batches_is_the_outcome_of_both(void **state)
{
	death_in_the_first(*state, "hang", 2000, -ETIMEDOUT,
			   "backend moody: its worker gave no answer in 2000 ms in compare of x");
}

static void garbage_in_the_first_of_two_batches_is_the_outcome_of_both(void **state)
{
	death_in_the_first(*state, "garbage", WORKER_TIMEOUT_MS, -EIO,
			   "backend moody: its answer made no sense");
}

/* Jobs of the first batch may fail, too: a worker replies after all that came. */
static void a_death_in_the_second_of_two_batches_is_its_outcome(void **state)
{
	struct pair pair;

	pair_make(&pair, *state, "moody", 2000);
	pair_add(&pair, 0, 3, 3, NULL, 0);
	pair_add(&pair, 1, 2, 0, "hang", 4);
	opened_compare_begin(&pair.batches[0], NULL);
	pair_begin(&pair, COMPARE_BEGUN);
	pair_end(&pair);
	outcomes_are(pair.jobs[0], 0, pair.jobs[0]->jobs[0].r);
	assert_true(pair.jobs[0]->jobs[0].r == 0 || pair.jobs[0]->jobs[0].r == -ETIMEDOUT);
	outcomes_are(pair.jobs[1], 0, -ETIMEDOUT);
	pair_free(&pair);
}

static void
a_request_that_is_larger_than_the_window_waits_for_the_end_of_the_first_batch(void **state)
{
	const size_t large = 4u << 20;
	char *payload = calloc(1, large);
	struct pair pair;

	assert_non_null(payload);
	pair_make(&pair, *state, "flood", WORKER_TIMEOUT_MS);
	pair_add(&pair, 0, 32, 32, NULL, 0);
	pair_add(&pair, 1, 1, 0, payload, large);
	opened_compare_begin(&pair.batches[0], NULL);
	pair_begin(&pair, COMPARE_PUT);
	pair_end(&pair);
	outcomes_are(pair.jobs[0], 0, 0);
	outcomes_are(pair.jobs[1], 0, 0);
	pair_free(&pair);
	free(payload);
}

struct other {
	struct opened *opened;
	int r;
};

static void *other_asks(void *arg)
{
	struct other *other = arg;
	struct migcompat_result result = {0};
	struct error err = {0};

	other->r = result_reset(&result);
	if (!other->r)
		other->r = opened_compare(other->opened, "1;plain", 7, &result, &err);
	result_free(&result);
	return NULL;
}

static bool is_waited_for(struct worker *worker)
{
	bool waited;

	pthread_mutex_lock(&worker->lock);
	waited = worker->waiting;
	pthread_mutex_unlock(&worker->lock);
	return waited;
}

static void a_second_batch_waits_where_another_thread_does(void **state)
{
	struct pair pair;
	struct other other = {.r = -1};
	pthread_t thread;

	pair_make(&pair, *state, "plain", WORKER_TIMEOUT_MS);
	pair_add(&pair, 0, 3, 3, NULL, 0);
	pair_add(&pair, 1, 3, 3, NULL, 0);
	other.opened = pair.opened;
	opened_compare_begin(&pair.batches[0], NULL);
	assert_int_equal(pthread_create(&thread, NULL, other_asks, &other), 0);
	while (!is_waited_for(worker_of(pair.provider)))
		sched_yield();
	pair_begin(&pair, COMPARE_PUT);
	pair_end(&pair);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(other.r, 0);
	outcomes_are(pair.jobs[0], 0, 0);
	outcomes_are(pair.jobs[1], 0, 0);
	pair_free(&pair);
}

static void an_empty_batch_is_done_at_once(void **state)
{
	(void)state;
	opened_compare_many(NULL, 0);
}

static void batches_in_this_process_have_the_same_outcomes(void **state)
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
		test(a_job_that_cannot_be_sent_fails_alone),
		test(a_refusal_affects_one_job_only),
		test(a_refusal_may_have_any_errno),
		test(a_crash_is_the_outcome_of_all_jobs_after_it),
		test(a_hang_is_the_outcome_of_all_jobs_after_it),
		test(garbage_is_the_outcome_of_all_jobs_after_it),
		test(batch_that_begins_before_another_has_ended_has_the_same_outcomes),
		test(a_crash_in_the_first_of_two_batches_is_the_outcome_of_both),
		test(a_hang_in_the_first_of_two_batches_is_the_outcome_of_both),
		test(garbage_in_the_first_of_two_batches_is_the_outcome_of_both),
		test(a_death_in_the_second_of_two_batches_is_its_outcome),
		test(a_request_that_is_larger_than_the_window_waits_for_the_end_of_the_first_batch),
		test(a_second_batch_waits_where_another_thread_does),
		test(an_empty_batch_is_done_at_once),
		test(batches_in_this_process_have_the_same_outcomes),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
