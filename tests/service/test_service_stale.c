/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A yes is not sent if something on which it depends changed after it was computed. */
#include "tests/service/batch_bench.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "core/worker_client/worker.h"

/* A write and a read are computed, then something changes before the replies are sent. */
static void assert_not_sent(struct bench *bench, void (*change)(struct bench *bench))
{
	struct queue_job *write[] = {job_make(bench, 1, CARD, 1)};
	struct queue_job *read[] = {job_make(bench, 2, CARD, 1)};
	char byte;

	read[0]->op = MIGCOMPAT_BROKER_OP_READ;
	batch_ask(&bench->batch, write, 1);
	change(bench);
	batch_ask(&bench->batch, read, 1);
	batch_finish(&bench->batch);
	assert_int_equal(recv(bench->kernel, &byte, 1, 0), -1);
	assert_int_equal(bench->nretried, 2);
}

static void change_holds(struct bench *bench)
{
	bench->now.holds++;
}

static void yes_is_not_sent_after_the_holds_changed(void **state)
{
	assert_not_sent(*state, change_holds);
}

static void change_world(struct bench *bench)
{
	bench->now.world++;
}

static void yes_is_not_sent_after_a_reload(void **state)
{
	assert_not_sent(*state, change_world);
}

static void detach(struct bench *bench)
{
	bench->detached = true;
}

static void yes_is_not_sent_after_the_device_was_detached(void **state)
{
	assert_not_sent(*state, detach);
}

/* The provider does not change: its worker is restarted by the next call. */
static void worker_kill(struct bench *bench)
{
	struct provider_status status;

	provider_status(bench->batch.targets.provider, &status);
	assert_int_equal(kill(status.process, SIGKILL), 0);
	while (provider_life(bench->batch.targets.provider))
		sched_yield();
}

static void target_of_an_exited_worker_gives_no_string(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1)};
	struct migcompat_broker_header header;

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	worker_kill(bench);
	jobs[0] = job_make(bench, 2, CARD, 1);
	jobs[0]->op = MIGCOMPAT_BROKER_OP_READ;
	answer(bench, jobs, 1);
	assert_int_equal(recv(bench->kernel, &header, sizeof(header), 0), sizeof(header));
	assert_int_equal(header.error, -EIO);
}

static void yes_of_a_worker_that_exited_is_not_sent(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1)};
	struct pollfd answered;
	char byte;

	batch_ask(&bench->batch, jobs, 1);
	/* The worker has answered, but nobody has read it. */
	answered = (struct pollfd){.fd = worker_of(bench->batch.targets.provider)->process.socket,
				   .events = POLLIN};
	assert_int_equal(poll(&answered, 1, 10000), 1);
	worker_kill(bench);
	batch_finish(&bench->batch);
	assert_int_equal(recv(bench->kernel, &byte, 1, 0), -1);
	assert_int_equal(bench->nretried, 1);
}

static struct bench *restarting;

/* Called while a target is opened. It waits until the worker may be restarted. */
static void worker_restart(void)
{
	const struct timespec rest = {.tv_nsec = 150000000};

	with_facts = NULL;
	worker_kill(restarting);
	nanosleep(&rest, NULL);
}

/*
 * The third question fails, after the restart. The target of the first one must stay
 * open.
 */
static void target_stays_open_for_a_batch_while_the_worker_restarts(void **state)
{
	struct bench *bench = restarting = *state;
	struct queue_job *jobs[3] = {job_make(bench, 1, CARD, 1)};

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	jobs[0] = job_make(bench, 2, CARD, 1);
	jobs[1] = job_make(bench, 3, CARD, 1);
	jobs[1]->stamp.attachment = 8;
	jobs[2] = job_make(bench, 4, "gone", 1);
	with_facts = worker_restart;
	answer(bench, jobs, 3);
	assert_null(with_facts);
	assert_int_equal(reply(bench, 3), strlen(bench->string));
	assert_int_equal(bench->nretried, 2);
	assert_int_equal(bench->retried[0], 2);
	assert_int_equal(bench->retried[1], 4);
}

static void question_whose_stamp_keeps_changing_times_out(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(bench, 1, CARD, 1)};

	jobs[0]->received_us -= bench->broker.timeout_ms * 1000ull;
	batch_ask(&bench->batch, jobs, 1);
	change_holds(bench);
	batch_finish(&bench->batch);
	assert_int_equal(reply(bench, 1), -ETIMEDOUT);
	assert_int_equal(bench->nretried, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(yes_is_not_sent_after_the_holds_changed),
		TEST(yes_is_not_sent_after_a_reload),
		TEST(yes_is_not_sent_after_the_device_was_detached),
		TEST(target_of_an_exited_worker_gives_no_string),
		TEST(yes_of_a_worker_that_exited_is_not_sent),
		TEST(target_stays_open_for_a_batch_while_the_worker_restarts),
		TEST(question_whose_stamp_keeps_changing_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
