/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A short list under a lock. The pool belongs to the loop's thread, so other threads leave their
 * requests for it.
 */
#include "core/service/kernel/asks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/service/kernel/ask_lines.h"
#include "core/service/log.h"

/* Cancelled ones that run keep their places. */
_Static_assert(ASKS_MAX >= BROKER_SESSIONS_MAX + POOL_ASK_THREADS,
	       "no session is told EBUSY because of another one");

struct ask {
	struct pool_job job; /* first */
	struct asks *asks;
	struct world *world;
	bool handed;	/* the pool has it */
	bool cancelled; /* as above, under the lock */
	struct broker_request request;
};

struct asks {
	struct pool *pool;
	const struct broker *broker;
	sd_event_source *source;
	int fd;			    /* eventfd: the loop is to look at the list */
	pthread_mutex_t lock;	    /* guards all below */
	struct ask *list[ASKS_MAX]; /* in their order, until they are done */
	size_t count;
	bool full; /* the log says so already */
};

/* ---------------------------------------------------------------- one question */

static void ask_free(struct ask *ask)
{
	world_unref(ask->world);
	free(ask);
}

static void ask_run(struct pool_job *job)
{
	struct ask *ask = (struct ask *)(void *)job;
	const struct broker *broker = ask->asks->broker;
	struct answer answer = {0};
	struct error err = {0};
	struct view view;
	char *lines = malloc(BROKER_LINES_MAX);
	int r = lines ? view_open(ask->world, NULL, &view, &err) : -ENOMEM;

	if (!r) {
		r = ask_targets(&view.engine,
				&(struct ask_question){
					.text = ask->request.string,
					.len = ask->request.len,
					.flags = ASK_REFUSED,
				},
				&answer, &err);
		/*
		 * EINVAL: the reply is too late, which is no error. ENOMEM: nobody must wait for a
		 * reply that cannot be made.
		 */
		if (!r && broker_tell(broker, BROKER_ASK, ask->request.id, lines,
				      ask_lines(&answer, lines, BROKER_LINES_MAX)) == -ENOMEM)
			r = error_set(&err, -ENOMEM, "out of memory");
		answer_free(&answer);
		view_close(&view);
	}
	if (r) {
		log_say(LOG_INFO, "a question at /dev/migcompat could not be answered: %s",
			err.text);
		broker_refuse(broker, BROKER_ASK, ask->request.id, r);
	}
	free(lines);
	/* The last reference waits for processes to end, which the loop must not. */
	ask->world = world_unref(ask->world);
}

/* ---------------------------------------------------------------- the list */

/* Under the lock. */
static void list_remove(struct asks *asks, size_t i)
{
	memmove(&asks->list[i], &asks->list[i + 1], (--asks->count - i) * sizeof(struct ask *));
	if (asks->count < ASKS_MAX / 2)
		asks->full = false;
}

static void ask_done(struct pool_job *job)
{
	struct ask *ask = (struct ask *)(void *)job;
	struct asks *asks = ask->asks;
	size_t i = 0;

	pthread_mutex_lock(&asks->lock);
	while (asks->list[i] != ask)
		i++;
	list_remove(asks, i);
	pthread_mutex_unlock(&asks->lock);
	ask_free(ask);
}

/* Under the lock, on the loop. False: nothing is left to do for it. */
static bool ask_goes_on(struct asks *asks, struct ask *ask)
{
	if (ask->cancelled)
		return ask->handed && !pool_withdraw(asks->pool, &ask->job);
	if (ask->handed)
		return true;
	ask->handed = pool_submit(asks->pool, &ask->job) == 0;
	if (!ask->handed)
		broker_refuse(asks->broker, BROKER_ASK, ask->request.id, -EBUSY);
	return ask->handed;
}

static int on_put(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct asks *asks = arg;
	struct ask *ended[ASKS_MAX];
	size_t nended = 0, i = 0;
	eventfd_t times;

	(void)source, (void)events;
	eventfd_read(fd, &times);
	pthread_mutex_lock(&asks->lock);
	while (i < asks->count) {
		if (ask_goes_on(asks, asks->list[i])) {
			i++;
			continue;
		}
		ended[nended++] = asks->list[i];
		list_remove(asks, i);
	}
	pthread_mutex_unlock(&asks->lock);
	while (nended)
		ask_free(ended[--nended]);
	return 0;
}

void asks_put(struct asks *asks, struct world *world, const struct broker_request *request)
{
	struct ask *ask = NULL;
	int r = -EBUSY;

	pthread_mutex_lock(&asks->lock);
	if (asks->count < ASKS_MAX) {
		ask = malloc(sizeof(*ask));
		r = ask ? 0 : -EIO;
	} else if (!asks->full) {
		log_say(LOG_NOTICE,
			"%u questions at /dev/migcompat are under way, further ones are told EBUSY",
			ASKS_MAX);
		asks->full = true;
	}
	if (ask) {
		*ask = (struct ask){.job = {.run = ask_run, .done = ask_done, .kind = POOL_ASK},
				    .asks = asks,
				    .world = world_ref(world)};
		memcpy(&ask->request, request, sizeof(*request));
		asks->list[asks->count++] = ask;
		eventfd_write(asks->fd, 1);
	}
	pthread_mutex_unlock(&asks->lock);
	if (r)
		broker_refuse(asks->broker, BROKER_ASK, request->id, r);
}

void asks_cancel(struct asks *asks, uint64_t id)
{
	pthread_mutex_lock(&asks->lock);
	for (size_t i = 0; i < asks->count; i++) {
		if (asks->list[i]->request.id != id)
			continue;
		asks->list[i]->cancelled = true;
		eventfd_write(asks->fd, 1);
	}
	pthread_mutex_unlock(&asks->lock);
}

/* ---------------------------------------------------------------- start and end */

int asks_new(sd_event *event, struct pool *pool, const struct broker *broker, struct asks **ret)
{
	struct asks *asks = calloc(1, sizeof(*asks));
	int r;

	if (!asks)
		return -ENOMEM;
	asks->pool = pool;
	asks->broker = broker;
	pthread_mutex_init(&asks->lock, NULL);
	asks->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = asks->fd < 0 ? -errno
			 : sd_event_add_io(event, &asks->source, asks->fd, EPOLLIN, on_put, asks);
	if (r < 0) {
		asks_free(asks);
		return r;
	}
	*ret = asks;
	return 0;
}

struct asks *asks_free(struct asks *asks)
{
	if (!asks)
		return NULL;
	sd_event_source_disable_unref(asks->source);
	while (asks->count)
		ask_free(asks->list[--asks->count]);
	if (asks->fd >= 0)
		close(asks->fd);
	pthread_mutex_destroy(&asks->lock);
	free(asks);
	return NULL;
}
