/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lane's queue and thread: takes what waits and has it answered. Between answers it waits where
 * questions come from, so that the next one of the same writer needs no other thread.
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

#define LINGER_MS 20 /* for the next question, before the loop waits for it again */
#define LANE_NICE (-10)

struct lane {
	struct batch batch; /* the thread's */
	struct turn *turn;
	int wake; /* eventfd */
	pthread_mutex_t lock;
	struct job *first; /* this and all below under the lock */
	struct job **last;
	size_t queued;
	size_t bytes; /* of what is queued */
	bool running;
	bool sleeping; /* has to be woken */
	bool ending;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t gone;
	size_t count;
} lanes = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t lanes_once = PTHREAD_ONCE_INIT;

/* No static initializer gives a condition the monotonic clock. */
static void lanes_init(void)
{
	monotonic_cond_init(&lanes.gone);
}

/* ---------------------------------------------------------------- the thread */

static void lane_free(struct lane *lane)
{
	batch_free(&lane->batch);
	close(lane->wake);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
	pthread_mutex_lock(&lanes.lock);
	lanes.count--;
	pthread_cond_broadcast(&lanes.gone);
	pthread_mutex_unlock(&lanes.lock);
}

static size_t job_size(const struct job *job)
{
	return sizeof(*job) + (size_t)(job->string - job->device) + job->len + 1;
}

/* What waits; 0: nothing does. */
static size_t lane_take(struct lane *lane, struct job **jobs, bool *ret_ending)
{
	size_t count = 0;

	pthread_mutex_lock(&lane->lock);
	while (lane->first && count < CHECK_QUESTIONS_MAX) {
		jobs[count] = lane->first;
		lane->first = jobs[count]->next;
		lane->bytes -= job_size(jobs[count++]);
	}
	if (!lane->first)
		lane->last = &lane->first;
	lane->queued -= count;
	*ret_ending = lane->ending;
	lane->sleeping = count == 0 && !lane->ending && !lane->batch.under_way;
	pthread_mutex_unlock(&lane->lock);
	return count;
}

static void lane_awake(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	lane->sleeping = false;
	pthread_mutex_unlock(&lane->lock);
}

/* Until there may be something to take. Whatever is put to it while it sleeps wakes it. */
static void lane_wait(struct lane *lane)
{
	struct turn *turn = lane->turn;
	struct pollfd waiting[] = {{.fd = lane->wake, .events = POLLIN},
				   {.fd = turn->broker, .events = POLLIN}};
	bool mine = turn_take(turn, lane);
	eventfd_t count;
	int ready = poll(waiting, mine ? 2 : 1, mine ? LINGER_MS : -1);

	if (ready == 0) {
		turn_give(turn, lane);
		ready = poll(waiting, 1, -1);
	}
	lane_awake(lane);
	if (ready > 0 && waiting[0].revents)
		eventfd_read(lane->wake, &count);
	if (mine && ready > 0 && waiting[1].revents)
		turn->take(turn->arg);
}

/* What came meanwhile. Whoever has its answer may ask again at once. */
static void lane_look(struct lane *lane)
{
	if (turn_take(lane->turn, lane))
		lane->turn->take(lane->turn->arg);
}

static void lane_work(struct lane *lane, struct job *const *jobs, size_t count)
{
	turn_busy(lane->turn, lane, true);
	if (count)
		batch_ask(&lane->batch, jobs, count);
	else
		batch_finish(&lane->batch);
	turn_busy(lane->turn, lane, false);
	lane_look(lane);
}

static void *lane_run(void *arg)
{
	struct lane *lane = arg;
	struct job *jobs[CHECK_QUESTIONS_MAX];
	bool ending = false;
	size_t count;

	/* Each writer that it wakes would take its place, and the others wait. Where it may not, it
	 * is as it is. */
	setpriority(PRIO_PROCESS, 0, LANE_NICE);
	for (;;) {
		count = lane_take(lane, jobs, &ending);
		if (count || lane->batch.under_way) {
			lane_work(lane, jobs, count);
		} else if (ending) {
			break;
		} else {
			lane_wait(lane);
		}
	}
	turn_give(lane->turn, lane);
	lane_free(lane);
	return NULL;
}

/* Under the lock. */
static int lane_start(struct lane *lane)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!r)
		r = pthread_create(&thread, &attr, lane_run, lane);
	pthread_attr_destroy(&attr);
	lane->running = !r;
	/* EAGAIN would say that the queue is full. */
	return r == EAGAIN ? -ENOMEM : -r;
}

int lane_new(const struct lane_context *context, struct world *world, const char *name,
	     struct lane **ret)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	int r = lane ? batch_init(&lane->batch, context, world, name) : -ENOMEM;

	if (r) {
		free(lane);
		return r;
	}
	lane->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lane->wake < 0) {
		r = -errno;
		batch_free(&lane->batch);
		free(lane);
		return r;
	}
	lane->turn = context->turn;
	lane->last = &lane->first;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_once(&lanes_once, lanes_init);
	pthread_mutex_lock(&lanes.lock);
	lanes.count++;
	pthread_mutex_unlock(&lanes.lock);
	*ret = lane;
	return 0;
}

struct lane *lane_end(struct lane *lane)
{
	bool running;

	if (!lane)
		return NULL;
	pthread_mutex_lock(&lane->lock);
	lane->ending = true;
	running = lane->running;
	eventfd_write(lane->wake, 1);
	pthread_mutex_unlock(&lane->lock);
	if (!running)
		lane_free(lane);
	return NULL;
}

const char *lane_name(const struct lane *lane)
{
	return lane->batch.slots.name;
}

uint32_t lane_life(const struct lane *lane)
{
	return batch_life(&lane->batch);
}

bool lanes_wait(unsigned ms)
{
	struct timespec until = monotonic_after(ms);
	bool none;

	pthread_once(&lanes_once, lanes_init);
	pthread_mutex_lock(&lanes.lock);
	while (lanes.count && pthread_cond_timedwait(&lanes.gone, &lanes.lock, &until) == 0)
		;
	none = lanes.count == 0;
	pthread_mutex_unlock(&lanes.lock);
	return none;
}

int lane_ask(struct lane *lane, const struct broker_request *request, const char *device,
	     const struct stamp *stamp)
{
	size_t name = strlen(device) + 1;
	struct job *job = malloc(sizeof(*job) + name + request->len + 1);
	int r = 0;

	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.op = request->op,
		.id = request->id,
		.begun_us = request->received_us,
		.stamp = *stamp,
		.len = request->len,
		.string = job->device + name,
	};
	memcpy(job->device, device, name);
	memcpy(job->device + name, request->string, request->len + 1);
	pthread_mutex_lock(&lane->lock);
	if (lane->queued == LANE_QUEUE_MAX || lane->bytes + job_size(job) > LANE_QUEUE_BYTES)
		r = -EAGAIN;
	else if (!lane->running)
		r = lane_start(lane);
	if (!r) {
		*lane->last = job;
		lane->last = &job->next;
		lane->queued++;
		lane->bytes += job_size(job);
	}
	pthread_mutex_unlock(&lane->lock);
	if (r)
		free(job);
	return r;
}

void lane_go(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	if (lane->first && lane->sleeping) {
		lane->sleeping = false;
		eventfd_write(lane->wake, 1);
	}
	pthread_mutex_unlock(&lane->lock);
}
