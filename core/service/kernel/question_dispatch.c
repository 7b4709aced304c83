/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each question goes to a cached answer, to the queue of a backend, or to the pool. */
#include "core/service/kernel/question_dispatch.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/discovery/discovery.h"

#define READ_REQUESTS 64u /* at most at once, and the rest of the buffer */

/* ---------------------------------------------------------------- queues */

/* Under the lock. */
static void end_queues(struct dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->nqueues; i++)
		queue_end(dispatch->queues[i]);
	free(dispatch->queues);
	dispatch->queues = NULL;
	dispatch->nqueues = 0;
}

/*
 * A backend gets its queue with the first question. NULL: out of memory or descriptors.
 */
static struct queue *queue_find(struct dispatch *dispatch, const char *backend)
{
	struct queue **queues;

	for (size_t i = 0; i < dispatch->nqueues; i++)
		if (strcmp(queue_name(dispatch->queues[i]), backend) == 0)
			return dispatch->queues[i];
	queues = realloc(dispatch->queues, (dispatch->nqueues + 1) * sizeof(struct queue *));
	if (!queues)
		return NULL;
	dispatch->queues = queues;
	if (queue_new(&dispatch->context, dispatch->serving, backend, &queues[dispatch->nqueues]))
		return NULL;
	return queues[dispatch->nqueues++];
}

static void wake_queues(struct dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->nqueues; i++)
		queue_wake(dispatch->queues[i]);
}

/* ---------------------------------------------------------------- stamps */

/*
 * Mounting or unmounting debugfs makes no event. Presence and number are one value, so no
 * thread can see a new presence with an old number, and give a cached answer.
 */
static uint64_t debugfs_changes(struct dispatch *dispatch)
{
	uint64_t number = dispatch->debugfs_changes;

	/* If another thread was faster, number is now what that thread stored. */
	if ((number & 1) != discovery_kernel_tells() &&
	    atomic_compare_exchange_strong(&dispatch->debugfs_changes, &number, number + 1))
		number++;
	return number;
}

/*
 * The stamp as it is now, all but life. False: no device is attached under that number.
 */
static bool stamp_take(struct dispatch *dispatch, uint64_t attachment, struct stamp *ret,
		       struct publisher_device *device)
{
	if (!publisher_find(dispatch->publisher, attachment, device))
		return false;
	ret->attachment = attachment;
	ret->changed = device->changed + debugfs_changes(dispatch);
	ret->world = dispatch->world_number;
	ret->holds = holds_changed(dispatch->holds);
	return true;
}

/* For struct queue_context. */
static bool stamp_now(void *arg, uint64_t attachment, struct stamp *ret)
{
	struct publisher_device device;

	return stamp_take(arg, attachment, ret, &device);
}

/* ---------------------------------------------------------------- questions */

static bool reply_cached(struct dispatch *dispatch, const struct broker_request *request,
			 const struct stamp *stamp)
{
	char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	size_t len;
	int error;

	if (!answer_cache_find(dispatch->answers, stamp, request, &error, text, &len))
		return false;
	if (error)
		broker_reply_error(&dispatch->broker, request->op, request->id, error);
	else if (request->op == MIGCOMPAT_BROKER_OP_READ)
		broker_reply_text(&dispatch->broker, MIGCOMPAT_BROKER_OP_READ, request->id, text,
				  len);
	else
		broker_reply_yes(&dispatch->broker, request->id, request->len);
	return true;
}

/* A READ or a WRITE. */
static void dispatch_question(struct dispatch *dispatch, const struct broker_request *request)
{
	struct publisher_device device;
	struct queue *queue;
	struct stamp stamp;
	int r;

	if (!stamp_take(dispatch, request->attachment, &stamp, &device)) {
		broker_reply_error(&dispatch->broker, request->op, request->id, -ENOTCONN);
		return;
	}
	queue = queue_find(dispatch, device.backend);
	stamp.life = queue ? queue_life(queue) : 0;
	if (queue && reply_cached(dispatch, request, &stamp))
		return;
	r = queue ? queue_add(queue, request, device.id, &stamp) : -ENOMEM;
	/* A queue becomes full if its backend does not answer in time. */
	if (r)
		broker_reply_error(&dispatch->broker, request->op, request->id,
				   r == -EAGAIN ? -ETIMEDOUT : -EIO);
}

/*
 * For struct queue_context. While draining there is no reply: the next service gets the
 * question.
 */
static void question_retry(void *arg, const struct broker_request *request)
{
	struct dispatch *dispatch = arg;

	pthread_mutex_lock(&dispatch->lock);
	if (!dispatch->draining) {
		dispatch_question(dispatch, request);
		wake_queues(dispatch);
	}
	pthread_mutex_unlock(&dispatch->lock);
}

static void dispatch_request(struct dispatch *dispatch, const struct broker_request *request)
{
	switch (request->op) {
	case MIGCOMPAT_BROKER_OP_ASK:
		asks_put(dispatch->asks, dispatch->serving, request);
		break;
	case MIGCOMPAT_BROKER_OP_CANCEL:
		/* The kernel drops the answer to a cancelled READ or WRITE. */
		asks_cancel(dispatch->asks, request->id);
		break;
	default:
		dispatch_question(dispatch, request);
	}
}

void dispatch_read(void *arg)
{
	struct broker_request request;
	struct dispatch *dispatch = arg;
	int r = 1;

	pthread_mutex_lock(&dispatch->lock);
	for (unsigned i = 0; (i < READ_REQUESTS || broker_buffered(&dispatch->broker)) &&
			     !dispatch->lost && !dispatch->draining;
	     i++) {
		r = broker_receive(&dispatch->broker, &request);
		if (r <= 0)
			break;
		dispatch_request(dispatch, &request);
	}
	wake_queues(dispatch);
	if (r < 0) {
		dispatch->lost = r;
		eventfd_write(dispatch->wake, 1);
	}
	pthread_mutex_unlock(&dispatch->lock);
	if (r < 0)
		broker_reader_close(&dispatch->reader);
}

/* ---------------------------------------------------------------- init and free */

/* For the cache, from any thread: the loop has the timer for the log. */
static void on_unlogged(void *arg)
{
	const struct dispatch *dispatch = arg;

	eventfd_write(dispatch->wake, 1);
}

int dispatch_init(struct dispatch *dispatch, struct holds *holds)
{
	int r;

	*dispatch =
		(struct dispatch){.broker.fd = -1, .reader.epoll = -1, .wake = -1, .holds = holds};
	pthread_mutex_init(&dispatch->lock, NULL);
	dispatch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dispatch->wake < 0)
		return -errno;
	r = answer_cache_new(on_unlogged, dispatch, &dispatch->answers);
	dispatch->context = (struct queue_context){
		.broker = &dispatch->broker,
		.answers = dispatch->answers,
		.reader = &dispatch->reader,
		.stamp = stamp_now,
		.retry = question_retry,
		.arg = dispatch,
	};
	return r ? r : broker_reader_init(&dispatch->reader, dispatch_read, dispatch);
}

void dispatch_free(struct dispatch *dispatch)
{
	world_unref(dispatch->serving);
	broker_close(&dispatch->broker);
	broker_reader_free(&dispatch->reader);
	answer_cache_free(dispatch->answers);
	if (dispatch->wake >= 0)
		close(dispatch->wake);
	pthread_mutex_destroy(&dispatch->lock);
}

/* ---------------------------------------------------------------- for the loop */

void dispatch_serve(struct dispatch *dispatch, struct world *world)
{
	struct world *before = NULL;

	pthread_mutex_lock(&dispatch->lock);
	if (dispatch->serving != world) {
		end_queues(dispatch);
		before = dispatch->serving;
		dispatch->serving = world_ref(world);
		dispatch->world_number++;
	}
	pthread_mutex_unlock(&dispatch->lock);
	world_unref(before);
}

void dispatch_drain(struct dispatch *dispatch)
{
	/*
	 * A queue that reads at present starts no new queue after this, which nobody
	 * would end.
	 */
	pthread_mutex_lock(&dispatch->lock);
	dispatch->draining = true;
	pthread_mutex_unlock(&dispatch->lock);
	broker_reader_close(&dispatch->reader);
}

void dispatch_end_queues(struct dispatch *dispatch)
{
	pthread_mutex_lock(&dispatch->lock);
	end_queues(dispatch);
	pthread_mutex_unlock(&dispatch->lock);
}

int dispatch_lost(struct dispatch *dispatch)
{
	int lost;

	pthread_mutex_lock(&dispatch->lock);
	lost = dispatch->lost;
	pthread_mutex_unlock(&dispatch->lock);
	return lost;
}
