/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread takes what waits and has it answered. If nothing waits, it reads the broker
 * itself for a while, so that the next question of the same writer needs no other thread.
 */
#include "core/service/kernel/backend_queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/service/kernel/batch.h"
#include "core/service/clock.h"

#define LINGER_MS 20 /* for which an idle thread keeps reading the broker */
#define QUEUE_NICE (-10)

struct queue {
	struct batch batch; /* of the thread */
	struct broker_reader *reader;
	int wake;             /* eventfd */
	pthread_mutex_t lock; /* guards all below */
	struct queue_job *first;
	struct queue_job **last;
	size_t count;
	size_t bytes;  /* of all jobs */
	bool running;  /* the thread was started */
	bool sleeping; /* the thread waits for an event on wake */
	bool ending;
};

/* How many queues exist, for queues_wait. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	size_t count;
} queues = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t queues_once = PTHREAD_ONCE_INIT;

/* A static initializer cannot select the monotonic clock. */
static void queues_init(void)
{
	monotonic_cond_init(&queues.freed);
}

/* ---------------------------------------------------------------- the thread */

static void queue_free(struct queue *queue)
{
	batch_free(&queue->batch);
	close(queue->wake);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
	pthread_mutex_lock(&queues.lock);
	queues.count--;
	pthread_cond_broadcast(&queues.freed);
	pthread_mutex_unlock(&queues.lock);
}

static size_t job_size(const struct queue_job *job)
{
	return sizeof(*job) + (size_t)(job->string - job->device) + job->len + 1;
}

/*
 * At most CHECK_QUESTIONS_MAX jobs. If there are none and none is in progress, it will
 * sleep.
 */
static size_t queue_pop(struct queue *queue, struct queue_job **jobs, bool *ret_ending)
{
	size_t count = 0;

	pthread_mutex_lock(&queue->lock);
	while (queue->first && count < CHECK_QUESTIONS_MAX) {
		jobs[count] = queue->first;
		queue->first = jobs[count]->next;
		queue->bytes -= job_size(jobs[count++]);
	}
	if (!queue->first)
		queue->last = &queue->first;
	queue->count -= count;
	*ret_ending = queue->ending;
	queue->sleeping = count == 0 && !queue->ending && !queue->batch.pending;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

static void queue_set_awake(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->sleeping = false;
	pthread_mutex_unlock(&queue->lock);
}

/*
 * Sleep until a job may have been added; read the broker meanwhile if no other thread
 * does.
 */
static void queue_sleep(struct queue *queue)
{
	struct broker_reader *reader = queue->reader;
	struct pollfd fds[] = {{.fd = queue->wake, .events = POLLIN},
			       {.fd = reader->broker, .events = POLLIN}};
	bool is_reader = broker_reader_acquire(reader, queue);
	eventfd_t count;
	int ready = poll(fds, is_reader ? 2 : 1, is_reader ? LINGER_MS : -1);

	if (ready == 0) {
		broker_reader_release(reader, queue);
		ready = poll(fds, 1, -1);
	}
	queue_set_awake(queue);
	if (ready > 0 && fds[0].revents)
		eventfd_read(queue->wake, &count);
	if (is_reader && ready > 0 && fds[1].revents)
		reader->dispatch(reader->arg);
}

/* A writer that got its answer may have asked again already. */
static void queue_read_broker(struct queue *queue)
{
	if (broker_reader_acquire(queue->reader, queue))
		queue->reader->dispatch(queue->reader->arg);
}

/* Without jobs, the batch in progress is finished. */
static void queue_answer(struct queue *queue, struct queue_job *const *jobs, size_t count)
{
	broker_reader_set_busy(queue->reader, queue, true);
	if (count)
		batch_ask(&queue->batch, jobs, count);
	else
		batch_finish(&queue->batch);
	broker_reader_set_busy(queue->reader, queue, false);
	queue_read_broker(queue);
}

static void *queue_run(void *arg)
{
	struct queue *queue = arg;
	struct queue_job *jobs[CHECK_QUESTIONS_MAX];
	bool ending = false;
	size_t count;

	/*
	 * Otherwise each writer that a reply wakes would preempt this thread, while the
	 * other writers wait. Without the privilege it works more slowly.
	 */
	setpriority(PRIO_PROCESS, 0, QUEUE_NICE);
	for (;;) {
		count = queue_pop(queue, jobs, &ending);
		if (count || queue->batch.pending) {
			queue_answer(queue, jobs, count);
		} else if (ending) {
			break;
		} else {
			queue_sleep(queue);
		}
	}
	broker_reader_release(queue->reader, queue);
	queue_free(queue);
	return NULL;
}

/* Under the lock. */
static int queue_start(struct queue *queue)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!r)
		r = pthread_create(&thread, &attr, queue_run, queue);
	pthread_attr_destroy(&attr);
	queue->running = !r;
	/* For the caller, -EAGAIN means that the queue is full. */
	return r == EAGAIN ? -ENOMEM : -r;
}

/* ---------------------------------------------------------------- for other threads */

int queue_new(const struct queue_context *context, struct world *world, const char *name,
	      struct queue **ret)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	int r = queue ? batch_init(&queue->batch, context, world, name) : -ENOMEM;

	if (r) {
		free(queue);
		return r;
	}
	queue->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->wake < 0) {
		r = -errno;
		batch_free(&queue->batch);
		free(queue);
		return r;
	}
	queue->reader = context->reader;
	queue->last = &queue->first;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_once(&queues_once, queues_init);
	pthread_mutex_lock(&queues.lock);
	queues.count++;
	pthread_mutex_unlock(&queues.lock);
	*ret = queue;
	return 0;
}

struct queue *queue_end(struct queue *queue)
{
	bool running;

	if (!queue)
		return NULL;
	pthread_mutex_lock(&queue->lock);
	queue->ending = true;
	running = queue->running;
	eventfd_write(queue->wake, 1);
	pthread_mutex_unlock(&queue->lock);
	if (!running)
		queue_free(queue);
	return NULL;
}

const char *queue_name(const struct queue *queue)
{
	return queue->batch.targets.name;
}

uint32_t queue_life(const struct queue *queue)
{
	return batch_life(&queue->batch);
}

bool queues_wait(unsigned ms)
{
	struct timespec until = monotonic_after(ms);
	bool none;

	pthread_once(&queues_once, queues_init);
	pthread_mutex_lock(&queues.lock);
	while (queues.count && pthread_cond_timedwait(&queues.freed, &queues.lock, &until) == 0)
		;
	none = queues.count == 0;
	pthread_mutex_unlock(&queues.lock);
	return none;
}

static struct queue_job *job_new(const struct broker_request *request, const char *device,
				 const struct stamp *stamp)
{
	size_t device_size = strlen(device) + 1;
	struct queue_job *job = malloc(sizeof(*job) + device_size + request->len + 1);
	char *string;

	if (!job)
		return NULL;
	string = job->device + device_size;
	*job = (struct queue_job){
		.op = request->op,
		.id = request->id,
		.received_us = request->received_us,
		.stamp = *stamp,
		.len = request->len,
		.string = string,
	};
	memcpy(job->device, device, device_size);
	memcpy(string, request->string, request->len);
	string[request->len] = '\0';
	return job;
}

int queue_add(struct queue *queue, const struct broker_request *request, const char *device,
	      const struct stamp *stamp)
{
	struct queue_job *job = job_new(request, device, stamp);
	int r = 0;

	if (!job)
		return -ENOMEM;
	pthread_mutex_lock(&queue->lock);
	if (queue->count == QUEUE_JOBS_MAX || queue->bytes + job_size(job) > QUEUE_BYTES_MAX)
		r = -EAGAIN;
	else if (!queue->running)
		r = queue_start(queue);
	if (!r) {
		*queue->last = job;
		queue->last = &job->next;
		queue->count++;
		queue->bytes += job_size(job);
	}
	pthread_mutex_unlock(&queue->lock);
	if (r)
		free(job);
	return r;
}

void queue_wake(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->first && queue->sleeping) {
		queue->sleeping = false;
		eventfd_write(queue->wake, 1);
	}
	pthread_mutex_unlock(&queue->lock);
}
