/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs in threads: order, limits and end. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "core/service/pool.h"
#include "tests/support/test.h"

#define IDLE_MS 60000u
#define WAIT_MS 60000u

struct counted {
	struct pool_job job; /* first */
	pthread_t ran_in;
	sem_t *begun; /* posted at the start, or NULL */
	sem_t *hold;  /* waited for, or NULL */
	unsigned runs;
	unsigned dones;
	unsigned again; /* how often done submits it again */
	unsigned order; /* in which it ended */
};

static sd_event *event;
static struct pool *pool;
static unsigned ended;

static struct counted *counted_of(struct pool_job *job)
{
	return (struct counted *)(void *)job;
}

static void run(struct pool_job *job)
{
	struct counted *counted = counted_of(job);

	counted->ran_in = pthread_self();
	counted->runs++;
	if (counted->begun)
		sem_post(counted->begun);
	if (counted->hold)
		sem_wait(counted->hold);
}

static void done(struct pool_job *job)
{
	struct counted *counted = counted_of(job);

	counted->dones++;
	counted->order = ended++;
	if (counted->again) {
		counted->again--;
		assert_int_equal(pool_submit(pool, job), 0);
	}
}

static struct counted counted_make(void)
{
	return (struct counted){.job = {.run = run, .done = done, .kind = POOL_CALL}};
}

static void until_ended(unsigned count)
{
	while (ended < count)
		assert_true(sd_event_run(event, (uint64_t)WAIT_MS * 1000u) > 0);
}

static int start_with(unsigned idle_ms)
{
	ended = 0;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(pool_new(event, idle_ms, &pool, NULL), 0);
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with(IDLE_MS);
}

static int end(void **state)
{
	(void)state;
	assert_null(pool_free(pool, WAIT_MS));
	pool = NULL;
	event = sd_event_unref(event);
	return 0;
}

static void job_runs_in_a_thread_and_ends_on_the_loop(void **state)
{
	struct counted counted = counted_make();

	(void)state;
	assert_int_equal(pool_threads(pool), 0);
	assert_int_equal(pool_submit(pool, &counted.job), 0);
	until_ended(1);
	assert_false(pthread_equal(counted.ran_in, pthread_self()));
	assert_int_equal(counted.runs, 1);
	assert_int_equal(counted.dones, 1);
}

static void job_may_be_handed_over_again_from_its_end(void **state)
{
	struct counted counted = counted_make();

	(void)state;
	counted.again = 1000;
	assert_int_equal(pool_submit(pool, &counted.job), 0);
	until_ended(1001);
	assert_int_equal(counted.runs, 1001);
	assert_int_equal(pool_threads(pool), 1);
}

static void one_job_that_hangs_keeps_no_other(void **state)
{
	struct counted hung = counted_make(), others[40];
	sem_t hold;

	(void)state;
	sem_init(&hold, 0, 0);
	hung.hold = &hold;
	assert_int_equal(pool_submit(pool, &hung.job), 0);
	for (size_t i = 0; i < 40; i++) {
		others[i] = counted_make();
		assert_int_equal(pool_submit(pool, &others[i].job), 0);
	}
	until_ended(40);
	assert_int_equal(hung.dones, 0);
	sem_post(&hold);
	until_ended(41);
	assert_int_equal(hung.dones, 1);
	sem_destroy(&hold);
}

static void kind_never_has_more_threads_than_its_own(void **state)
{
	struct counted jobs[POOL_CALL_THREADS * 3];
	sem_t begun, hold;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&hold, 0, 0);
	for (size_t i = 0; i < POOL_CALL_THREADS * 3; i++) {
		jobs[i] = counted_make();
		jobs[i].begun = &begun;
		jobs[i].hold = &hold;
		assert_int_equal(pool_submit(pool, &jobs[i].job), 0);
	}
	for (size_t i = 0; i < POOL_CALL_THREADS; i++)
		sem_wait(&begun);
	assert_int_equal(pool_threads(pool), POOL_CALL_THREADS);
	assert_int_equal(sem_trywait(&begun), -1);
	for (size_t i = 0; i < POOL_CALL_THREADS * 3; i++)
		sem_post(&hold);
	until_ended(POOL_CALL_THREADS * 3);
	sem_destroy(&begun);
	sem_destroy(&hold);
}

static void jobs_begin_in_their_order(void **state)
{
	struct counted first[POOL_CALL_THREADS], others[30];
	sem_t begun, hold;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&hold, 0, 0);
	for (size_t i = 0; i < POOL_CALL_THREADS; i++) {
		first[i] = counted_make();
		first[i].begun = &begun;
		first[i].hold = &hold;
		assert_int_equal(pool_submit(pool, &first[i].job), 0);
	}
	for (size_t i = 0; i < POOL_CALL_THREADS; i++)
		sem_wait(&begun);
	for (size_t i = 0; i < 30; i++) {
		others[i] = counted_make();
		assert_int_equal(pool_submit(pool, &others[i].job), 0);
	}
	/* One free thread runs them all. */
	sem_post(&hold);
	until_ended(31);
	for (size_t i = 0; i < 30; i++)
		assert_int_equal(others[i].order, i + 1);
	for (size_t i = 1; i < POOL_CALL_THREADS; i++)
		sem_post(&hold);
	until_ended(POOL_CALL_THREADS + 30);
	sem_destroy(&begun);
	sem_destroy(&hold);
}

static void one_job_too_many_is_refused(void **state)
{
	static struct counted jobs[POOL_CALL_THREADS + POOL_CALL_JOBS];
	struct counted last = counted_make();
	sem_t begun, hold;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&hold, 0, 0);
	for (size_t i = 0; i < POOL_CALL_THREADS + POOL_CALL_JOBS; i++) {
		jobs[i] = counted_make();
		jobs[i].begun = &begun;
		jobs[i].hold = &hold;
		assert_int_equal(pool_submit(pool, &jobs[i].job), 0);
		if (i < POOL_CALL_THREADS)
			sem_wait(&begun);
	}
	assert_int_equal(pool_submit(pool, &last.job), -EAGAIN);
	for (size_t i = 0; i < POOL_CALL_THREADS + POOL_CALL_JOBS; i++)
		sem_post(&hold);
	until_ended(POOL_CALL_THREADS + POOL_CALL_JOBS);
	assert_int_equal(last.runs, 0);
	sem_destroy(&begun);
	sem_destroy(&hold);
}

/* Fill threads and queue of a kind. Each job ends when hold is posted for it. */
static size_t fill(struct counted *jobs, enum pool_kind kind, unsigned threads, unsigned waiting,
		   sem_t *begun, sem_t *hold)
{
	struct counted last = counted_make();

	for (size_t i = 0; i < threads + waiting; i++) {
		jobs[i] = counted_make();
		jobs[i].job.kind = kind;
		jobs[i].begun = begun;
		jobs[i].hold = hold;
		assert_int_equal(pool_submit(pool, &jobs[i].job), 0);
	}
	for (size_t i = 0; i < threads; i++)
		sem_wait(begun);
	last.job.kind = kind;
	assert_int_equal(pool_submit(pool, &last.job), -EAGAIN);
	return threads + waiting;
}

/* Threads and queues of all other kinds are full. */
static void kind_has_its_places(enum pool_kind kind, unsigned threads)
{
	static struct counted calls[POOL_CALL_THREADS + POOL_CALL_JOBS],
		roots[POOL_ROOT_THREADS + POOL_ROOT_JOBS], asks[POOL_ASK_THREADS + POOL_ASK_JOBS],
		owns[POOL_OWN_THREADS + POOL_OWN_JOBS];
	struct counted mine[POOL_THREADS_MAX];
	sem_t begun, hold;
	size_t count = 0;

	sem_init(&begun, 0, 0);
	sem_init(&hold, 0, 0);
	if (kind != POOL_ASK)
		count += fill(asks, POOL_ASK, POOL_ASK_THREADS, POOL_ASK_JOBS, &begun, &hold);
	if (kind != POOL_CALL)
		count += fill(calls, POOL_CALL, POOL_CALL_THREADS, POOL_CALL_JOBS, &begun, &hold);
	if (kind != POOL_ROOT)
		count += fill(roots, POOL_ROOT, POOL_ROOT_THREADS, POOL_ROOT_JOBS, &begun, &hold);
	if (kind != POOL_OWN)
		count += fill(owns, POOL_OWN, POOL_OWN_THREADS, POOL_OWN_JOBS, &begun, &hold);
	/* All run at once, since each waits for the last one to begin. */
	for (size_t i = 0; i < threads; i++) {
		mine[i] = counted_make();
		mine[i].job.kind = kind;
		mine[i].begun = &begun;
		mine[i].hold = &hold;
		assert_int_equal(pool_submit(pool, &mine[i].job), 0);
	}
	for (size_t i = 0; i < threads; i++)
		sem_wait(&begun);
	for (size_t i = 0; i < count + threads; i++)
		sem_post(&hold);
	until_ended((unsigned)count + threads);
	sem_destroy(&begun);
	sem_destroy(&hold);
}

static void questions_have_their_places(void **state)
{
	(void)state;
	kind_has_its_places(POOL_ASK, POOL_ASK_THREADS);
}

static void calls_have_their_places(void **state)
{
	(void)state;
	kind_has_its_places(POOL_CALL, POOL_CALL_THREADS);
}

static void calls_of_root_have_their_places(void **state)
{
	(void)state;
	kind_has_its_places(POOL_ROOT, POOL_ROOT_THREADS);
}

static void scans_and_reloads_have_their_threads(void **state)
{
	(void)state;
	kind_has_its_places(POOL_OWN, POOL_OWN_THREADS);
}

static void idle_threads_end_and_come_again(void **state)
{
	const struct timespec step = {.tv_nsec = 5000000};
	struct counted counted = counted_make();

	(void)state;
	start_with(1);
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(pool_submit(pool, &counted.job), 0);
		until_ended(i);
		for (int waits = 0; pool_threads(pool) && waits < 10000; waits++)
			nanosleep(&step, NULL);
		assert_int_equal(pool_threads(pool), 0);
	}
	assert_int_equal(counted.runs, 20);
	end(state);
}

static void pool_with_a_job_that_hangs_stays_until_the_job_ended(void **state)
{
	struct counted hung = counted_make(), never = counted_make();
	sem_t begun, hold;

	(void)state;
	start_with(IDLE_MS);
	sem_init(&begun, 0, 0);
	sem_init(&hold, 0, 0);
	hung.begun = &begun;
	hung.hold = &hold;
	assert_int_equal(pool_submit(pool, &hung.job), 0);
	sem_wait(&begun);
	assert_non_null(pool_free(pool, 20));
	assert_int_equal(pool_submit(pool, &never.job), -EAGAIN);
	sem_post(&hold);
	end(state);
	assert_int_equal(hung.runs, 1);
	assert_int_equal(hung.dones, 0);
	sem_destroy(&begun);
	sem_destroy(&hold);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		CASE(job_runs_in_a_thread_and_ends_on_the_loop),
		CASE(job_may_be_handed_over_again_from_its_end),
		CASE(one_job_that_hangs_keeps_no_other),
		CASE(kind_never_has_more_threads_than_its_own),
		CASE(jobs_begin_in_their_order),
		CASE(one_job_too_many_is_refused),
		CASE(questions_have_their_places),
		CASE(calls_have_their_places),
		CASE(calls_of_root_have_their_places),
		CASE(scans_and_reloads_have_their_threads),
		cmocka_unit_test(idle_threads_end_and_come_again),
		cmocka_unit_test(pool_with_a_job_that_hangs_stays_until_the_job_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
