/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One queue of waiting jobs for each kind, one of finished jobs, and one lock. Any thread
 * runs jobs of any kind. Threads are created on demand, up to the sum of all kinds'
 * limits.
 */
#include "core/service/pool.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/service/clock.h"

struct list {
	struct pool_job *first;
	struct pool_job **end;
};

enum thread_state {
	THREAD_NONE,
	THREAD_RUNS,
	THREAD_ENDED, /* to be joined */
};

struct thread {
	pthread_t id;
	enum thread_state state;
};

/*
 * The limits add up to POOL_THREADS_MAX, so a kind below its limit always finds a thread.
 */
static const struct {
	unsigned threads;
	unsigned jobs;
} limits[POOL_KIND_COUNT] = {
	[POOL_ASK] = {POOL_ASK_THREADS, POOL_ASK_JOBS},
	[POOL_CALL] = {POOL_CALL_THREADS, POOL_CALL_JOBS},
	[POOL_ROOT] = {POOL_ROOT_THREADS, POOL_ROOT_JOBS},
	[POOL_OWN] = {POOL_OWN_THREADS, POOL_OWN_JOBS},
};

struct queue {
	struct list waiting;
	unsigned nwaiting;
	unsigned running;
};

struct pool {
	pthread_mutex_t lock; /* guards all below except source and fd */
	pthread_cond_t work;  /* a job was added, or the pool ends */
	pthread_cond_t ended; /* a thread ended */
	struct queue queues[POOL_KIND_COUNT];
	struct list finished;
	struct thread threads[POOL_THREADS_MAX];
	unsigned nthreads; /* running */
	unsigned busy;     /* of these, with a job */
	unsigned idle_ms;
	bool ending;
	sd_event_source *source;
	int fd; /* eventfd: a job is finished */
};

static void list_init(struct list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void list_add(struct list *list, struct pool_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

static struct pool_job *list_take(struct list *list)
{
	struct pool_job *job = list->first;

	if (job) {
		list->first = job->next;
		if (!list->first)
			list->end = &list->first;
	}
	return job;
}

/* ---------------------------------------------------------------- threads */

/* Number of waiting jobs that may run now. Called under the lock, as all below. */
static unsigned queue_ready(const struct pool *pool, unsigned kind)
{
	const struct queue *queue = &pool->queues[kind];
	unsigned room = limits[kind].threads - queue->running;

	return queue->nwaiting < room ? queue->nwaiting : room;
}

static unsigned jobs_ready(const struct pool *pool)
{
	unsigned count = 0;

	for (unsigned kind = 0; kind < POOL_KIND_COUNT; kind++)
		count += queue_ready(pool, kind);
	return count;
}

static struct pool_job *queue_take(struct pool *pool)
{
	unsigned kind = POOL_KIND_COUNT - 1;

	while (!queue_ready(pool, kind))
		kind--;
	pool->queues[kind].nwaiting--;
	pool->queues[kind].running++;
	pool->busy++;
	return list_take(&pool->queues[kind].waiting);
}

/* NULL: no job came for idle_ms, or the pool ends. */
static struct pool_job *thread_next(struct pool *pool)
{
	struct timespec until = monotonic_after(pool->idle_ms);
	int r = 0;

	while (!pool->ending && !jobs_ready(pool) && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&pool->work, &pool->lock, &until);
	return pool->ending || !jobs_ready(pool) ? NULL : queue_take(pool);
}

static struct thread *thread_self(struct pool *pool)
{
	size_t i = 0;

	while (pool->threads[i].state != THREAD_RUNS ||
	       !pthread_equal(pool->threads[i].id, pthread_self()))
		i++;
	return &pool->threads[i];
}

static void *thread_main(void *arg)
{
	const uint64_t one = 1;
	struct pool *pool = arg;
	struct pool_job *job;
	enum pool_kind kind;
	bool last;

	pthread_mutex_lock(&pool->lock);
	while ((job = thread_next(pool))) {
		kind = job->kind;
		pthread_mutex_unlock(&pool->lock);
		job->run(job);
		pthread_mutex_lock(&pool->lock);
		pool->queues[kind].running--;
		pool->busy--;
		list_add(&pool->finished, job);
		/*
		 * Fails only if the counter is at its maximum: then the loop wakes up as
		 * well.
		 */
		(void)!write(pool->fd, &one, sizeof(one));
	}
	thread_self(pool)->state = THREAD_ENDED;
	last = --pool->nthreads == 0;
	pthread_cond_signal(&pool->ended);
	pthread_mutex_unlock(&pool->lock);
	/* The service rests: give back what the largest answers took. */
	if (last)
		malloc_trim(0);
	return NULL;
}

/* Under the lock, so that the thread waits until its id is stored. */
static int thread_start(struct pool *pool)
{
	struct thread *thread = pool->threads;
	int r;

	while (thread->state == THREAD_RUNS)
		thread++;
	if (thread->state == THREAD_ENDED)
		pthread_join(thread->id, NULL);
	thread->state = THREAD_NONE;
	r = pthread_create(&thread->id, NULL, thread_main, pool);
	if (r)
		return -r;
	thread->state = THREAD_RUNS;
	pool->nthreads++;
	return 0;
}

/* ---------------------------------------------------------------- event loop */

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct pool *pool = arg;
	struct list finished;
	struct pool_job *job;
	uint64_t count;

	(void)source, (void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	list_init(&finished);
	pthread_mutex_lock(&pool->lock);
	while ((job = list_take(&pool->finished)))
		list_add(&finished, job);
	pthread_mutex_unlock(&pool->lock);
	while ((job = list_take(&finished)))
		job->done(job);
	return 0;
}

int pool_submit(struct pool *pool, struct pool_job *job)
{
	struct queue *queue = &pool->queues[job->kind];
	int r = 0;

	pthread_mutex_lock(&pool->lock);
	if (pool->ending || queue->nwaiting + queue->running ==
				    limits[job->kind].threads + limits[job->kind].jobs) {
		r = -EAGAIN;
	} else {
		queue->nwaiting++;
		/*
		 * Idle threads may have been woken for earlier jobs which they have not
		 * taken yet, so compare with all jobs that are ready.
		 */
		if (jobs_ready(pool) > pool->nthreads - pool->busy && thread_start(pool) &&
		    !pool->nthreads)
			r = -EAGAIN;
		if (r)
			queue->nwaiting--;
	}
	if (!r) {
		list_add(&queue->waiting, job);
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return r;
}

bool pool_withdraw(struct pool *pool, struct pool_job *job)
{
	struct queue *queue = &pool->queues[job->kind];
	struct list others;
	struct pool_job *each;
	bool found = false;

	list_init(&others);
	pthread_mutex_lock(&pool->lock);
	while ((each = list_take(&queue->waiting))) {
		found |= each == job;
		if (each != job)
			list_add(&others, each);
	}
	while ((each = list_take(&others)))
		list_add(&queue->waiting, each);
	queue->nwaiting -= found;
	pthread_mutex_unlock(&pool->lock);
	return found;
}

unsigned pool_threads(struct pool *pool)
{
	unsigned count;

	pthread_mutex_lock(&pool->lock);
	count = pool->nthreads;
	pthread_mutex_unlock(&pool->lock);
	return count;
}

/* ---------------------------------------------------------------- start and end */

int pool_new(sd_event *event, unsigned idle_ms, struct pool **ret, struct error *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (!pool)
		return error_set(err, -ENOMEM, "out of memory");
	for (unsigned kind = 0; kind < POOL_KIND_COUNT; kind++)
		list_init(&pool->queues[kind].waiting);
	list_init(&pool->finished);
	pool->idle_ms = idle_ms;
	pthread_mutex_init(&pool->lock, NULL);
	monotonic_cond_init(&pool->work);
	monotonic_cond_init(&pool->ended);
	pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = pool->fd < 0 ? -errno : 0;
	if (!r)
		r = sd_event_add_io(event, &pool->source, pool->fd, EPOLLIN, on_finished, pool);
	if (r < 0) {
		pool_free(pool, 0);
		return error_set(err, r, "cannot create the thread pool: %s", strerror(-r));
	}
	*ret = pool;
	return 0;
}

struct pool *pool_free(struct pool *pool, unsigned wait_ms)
{
	struct timespec until = monotonic_after(wait_ms);
	unsigned left;
	int r = 0;

	if (!pool)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	while (pool->nthreads && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&pool->ended, &pool->lock, &until);
	left = pool->nthreads;
	pthread_mutex_unlock(&pool->lock);
	if (left)
		return pool;
	for (size_t i = 0; i < POOL_THREADS_MAX; i++)
		if (pool->threads[i].state == THREAD_ENDED)
			pthread_join(pool->threads[i].id, NULL);
	sd_event_source_disable_unref(pool->source);
	if (pool->fd >= 0)
		close(pool->fd);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->ended);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}
