/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A batch answers its questions, overlaps with the next one, and keeps a bounded set of
 * targets.
 */
#include "tests/service/batch_bench.h"

#include "core/worker_client/worker.h"

static void questions_of_one_batch_are_answered(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, CARD, 1)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

/*
 * The device of the second question does not exist any more. The first target must stay
 * open.
 */
static void device_that_changes_between_two_questions_is_opened_once_for_both(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, "gone", 2)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

static void questions_that_come_while_others_are_compared_are_answered_after_them(void **state)
{
	struct bench *bench = *state;

	for (uint64_t id = 1; id < 6; id++) {
		struct queue_job *jobs[] = {job_make(bench, 10 * id, CARD, 1),
					    job_make(bench, 10 * id + 1, CARD, 1)};

		batch_ask(&bench->batch, jobs, 2);
		/* Sent to the worker, and not answered yet. */
		assert_ptr_equal(bench->batch.pending->jobs[1], jobs[1]);
		assert_int_equal(bench->batch.pending->check.batch.progress, COMPARE_BEGUN);
	}
	assert_true(batch_finish(&bench->batch));
	assert_false(batch_finish(&bench->batch));
	for (uint64_t id = 1; id < 6; id++) {
		assert_int_equal(reply(bench, 10 * id), strlen(bench->string));
		assert_int_equal(reply(bench, 10 * id + 1), strlen(bench->string));
	}
}

/* The target must not be closed before the pending question has its answer. */
static void device_that_changes_while_it_is_compared_is_opened_again_after_that(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[1];

	jobs[0] = job_make(bench, 1, CARD, 1);
	batch_ask(&bench->batch, jobs, 1);
	jobs[0] = job_make(bench, 2, CARD, 2);
	batch_ask(&bench->batch, jobs, 1);
	jobs[0] = job_make(bench, 3, "gone", 3);
	batch_ask(&bench->batch, jobs, 1);
	batch_finish(&bench->batch);
	assert_int_equal(reply(bench, 3), -ENODEV);
	assert_int_equal(bench->nretried, 2);
	assert_int_equal(bench->retried[0], 1);
	assert_int_equal(bench->retried[1], 2);
}

/* A job that is answered at once is freed: later jobs of the batch must not use it. */
static void reads_and_refusals_before_a_write_are_answered_beside_it(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, "gone", 1),
				    job_make(bench, 3, CARD, 1)};
	struct queue_job *more[] = {job_make(bench, 4, CARD, 1), job_make(bench, 5, CARD, 1)};

	jobs[0]->op = more[0]->op = MIGCOMPAT_BROKER_OP_READ;
	jobs[1]->stamp.attachment = 8;
	batch_ask(&bench->batch, jobs, 3);
	batch_ask(&bench->batch, more, 2);
	batch_finish(&bench->batch);
	read_reply(bench, 1);
	assert_int_equal(reply(bench, 2), -ENODEV);
	read_reply(bench, 4);
	assert_int_equal(reply(bench, 3), strlen(bench->string));
	assert_int_equal(reply(bench, 5), strlen(bench->string));
}

/* The second batch sends nothing to the worker. The ones after it overlap again. */
static void batches_overlap_again_after_one_of_reads_alone(void **state)
{
	struct bench *bench = *state;

	for (uint64_t id = 1; id < 5; id++) {
		struct queue_job *jobs[] = {job_make(bench, id, CARD, 1)};

		jobs[0]->op = id == 2 ? MIGCOMPAT_BROKER_OP_READ : MIGCOMPAT_BROKER_OP_WRITE;
		batch_ask(&bench->batch, jobs, 1);
		assert_int_equal(bench->batch.pending->check.batch.progress,
				 id == 2 ? COMPARE_PUT : COMPARE_BEGUN);
	}
	batch_finish(&bench->batch);
	read_reply(bench, 2);
	for (uint64_t id = 1; id < 5; id += id == 1 ? 2 : 1)
		assert_int_equal(reply(bench, id), strlen(bench->string));
}

/* The thread has the worker already, so another call to the worker would wait for itself. */
static void another_type_is_refused_beside_a_pending_batch(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[1];
	size_t len = strlen(bench->string);

	assert_false(info_lists_candidates(&bench->batch.targets.provider->info));
	jobs[0] = job_make(bench, 1, CARD, 1);
	batch_ask(&bench->batch, jobs, 1);
	*strstr(bench->string, "port") = 'x';
	jobs[0] = job_make(bench, 2, CARD, 1);
	batch_ask(&bench->batch, jobs, 1);
	assert_int_equal(bench->batch.pending->check.batch.progress, COMPARE_BEGUN);
	batch_finish(&bench->batch);
	assert_int_equal(reply(bench, 1), len);
	assert_int_equal(reply(bench, 2), -EINVAL);
}

static void device_that_changed_since_the_last_batch_is_opened_again(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1)};

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	jobs[0] = job_make(bench, 2, "gone", 2);
	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 2), -ENODEV);
}

static void question_from_before_a_change_does_not_undo_it(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 2), job_make(bench, 2, "gone", 1)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

/* ---------------------------------------------------------------- open targets */

static size_t targets_open(const struct batch *batch)
{
	const struct sent_host *host;
	size_t count = 0;

	for (host = worker_of(batch->targets.provider)->requests.hosts; host; host = host->next)
		count += host->devices;
	return count;
}

/* A question about one device after the other, each with facts of that size. */
static void ask_about(struct bench *bench, uint64_t first, uint64_t last, size_t bytes)
{
	facts_bytes = bytes;
	bench->world.live = true;
	for (uint64_t id = first; id <= last; id++) {
		struct queue_job *jobs[] = {job_make(bench, id, CARD, 1)};

		jobs[0]->stamp.attachment = id;
		answer(bench, jobs, 1);
		assert_int_equal(reply(bench, id), strlen(bench->string));
		assert_true(bench->batch.targets.bytes <= OPEN_TARGETS_BYTES ||
			    bytes > OPEN_TARGETS_BYTES);
	}
}

static int teardown_facts(void **state)
{
	struct bench *bench = *state;

	batch_free(&bench->batch);
	facts_bytes = 0;
	bench->world.live = false;
	assert_int_equal(batch_init(&bench->batch, &bench->context, &bench->world, "mtty"), 0);
	return teardown(state);
}

static void targets_are_bounded_in_number(void **state)
{
	ask_about(*state, 1, OPEN_TARGETS_MAX + 100, 1);
	assert_true(targets_open(&((struct bench *)*state)->batch) <= OPEN_TARGETS_MAX);
}

static void facts_of_open_targets_are_bounded_in_bytes(void **state)
{
	ask_about(*state, 1, 40, OPEN_TARGETS_BYTES / 8);
	assert_true(targets_open(&((struct bench *)*state)->batch) <= 8);
}

static void target_larger_than_the_bound_is_answered_and_closes_all_others(void **state)
{
	ask_about(*state, 1, 3, OPEN_TARGETS_BYTES + 1);
	assert_int_equal(targets_open(&((struct bench *)*state)->batch), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_FACTS(name) cmocka_unit_test_setup_teardown(name, setup, teardown_facts)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(questions_of_one_batch_are_answered),
		TEST(device_that_changes_between_two_questions_is_opened_once_for_both),
		TEST(questions_that_come_while_others_are_compared_are_answered_after_them),
		TEST(device_that_changes_while_it_is_compared_is_opened_again_after_that),
		TEST(reads_and_refusals_before_a_write_are_answered_beside_it),
		TEST(batches_overlap_again_after_one_of_reads_alone),
		TEST(another_type_is_refused_beside_a_pending_batch),
		TEST(device_that_changed_since_the_last_batch_is_opened_again),
		TEST(question_from_before_a_change_does_not_undo_it),
		TEST_FACTS(targets_are_bounded_in_number),
		TEST_FACTS(facts_of_open_targets_are_bounded_in_bytes),
		TEST_FACTS(target_larger_than_the_bound_is_answered_and_closes_all_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
