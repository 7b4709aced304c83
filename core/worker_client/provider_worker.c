/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in a process of its own: the operations. Only what arrives here whole, in time and in
 * range counts as an answer; after anything else the worker is ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker_client/worker.h"

static int worker_open(struct provider *provider, const struct device *device, struct opened **ret,
		       struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct worker_opened *self = NULL;
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = worker_reply_open(worker, device, &self, err);
	if (!r)
		*ret = &self->opened;
	worker_leave(worker);
	return r;
}

static int worker_list(struct opened *opened, enum provider_list which, const char *payload,
		       size_t len, struct migcompat_sink *sink, struct error *err)
{
	struct worker *worker = worker_of(opened->provider);
	struct wire_message reply = {0};
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = worker_reopen(worker, opened, err);
	if (!r)
		r = requests_call(&worker->requests, WIRE_LIST, mine(opened)->number, which,
				  payload, len, err);
	if (!r)
		r = worker_call(worker, WIRE_LIST, &reply, err);
	if (!r && (r = message_get_list(&reply.body, sink)))
		r = worker_unread(worker, r, err);
	worker_leave(worker);
	return r;
}

static int worker_stream(struct provider *provider, struct opened *opened,
			 const struct stream_head *head, struct migcompat_result *result,
			 struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct wire_message reply = {0};
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = opened ? worker_reopen(worker, opened, err) : 0;
	if (!r)
		r = requests_stream(&worker->requests,
				    opened ? mine(opened)->number : WIRE_NO_DEVICE, head, err);
	if (!r)
		r = worker_call(worker, WIRE_STREAM, &reply, err);
	if (!r && (r = message_get_result(&reply.body, result)))
		r = worker_unread(worker, r, err);
	worker_leave(worker);
	return r;
}

/* Nobody waits for a device to be closed, so it goes out with the next request, or never. */
static void worker_close(struct opened *opened)
{
	struct worker *worker = worker_of(opened->provider);
	struct worker_opened *self = mine(opened);

	pthread_mutex_lock(&worker->lock);
	self->next = worker->closed;
	worker->closed = self;
	pthread_mutex_unlock(&worker->lock);
	if (worker_take(worker, 0) == 0) {
		worker_drain(worker);
		worker_give(worker);
	}
}

static void worker_status(struct provider *provider, struct provider_status *ret)
{
	struct worker *worker = worker_of(provider);

	pthread_mutex_lock(&worker->lock);
	*ret = worker->status;
	pthread_mutex_unlock(&worker->lock);
}

static uint32_t worker_life(struct provider *provider)
{
	struct worker *worker = worker_of(provider);
	struct pollfd pollfd = {.events = 0};
	uint32_t life;

	pthread_mutex_lock(&worker->lock);
	pollfd.fd = worker->watched;
	/* Asked for no event, poll tells of an end alone: answers that wait to be read are none. */
	life = pollfd.fd < 0 || poll(&pollfd, 1, 0) != 0 ? 0 : worker->status.generation;
	pthread_mutex_unlock(&worker->lock);
	return life;
}

/* What it holds is memory and nothing else, so killing it loses nothing and takes no time. */
static void worker_stop(struct provider *provider)
{
	child_kill(&worker_of(provider)->child);
}

static void worker_free(struct provider *provider)
{
	struct worker *worker = worker_of(provider);

	child_end(&worker->child, 0, NULL, 0);
	worker->alive = false;
	worker_drain(worker);
	requests_free(&worker->requests);
	wire_in_free(&worker->in);
	arena_free(&provider->arena);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->free);
	free(worker);
}

const struct provider_ops worker_ops = {
	.open = worker_open,
	.compare_begin = worker_compare_begin,
	.compare_end = worker_compare_end,
	.list = worker_list,
	.state = worker_state,
	.stream = worker_stream,
	.close = worker_close,
	.status = worker_status,
	.life = worker_life,
	.stop = worker_stop,
	.free = worker_free,
};
