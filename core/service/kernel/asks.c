/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list under a lock. Only the loop's thread may use the pool, so other threads add to
 * the list and wake the loop.
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

/* A cancelled question that runs remains in the list until it is done. */
_Static_assert(ASKS_MAX >= MIGCOMPAT_BROKER_SESSIONS_USER_MAX +
				   MIGCOMPAT_BROKER_SESSIONS_USERS_MAX + POOL_ASK_THREADS,
	       "no session gets EBUSY because of other sessions");

struct ask {
	struct pool_job job; /* first */
	struct asks *asks;
	struct world *world;
	bool submitted; /* to the pool; under the lock */
	bool cancelled; /* nobody waits for the reply; under the lock */
	uint64_t id;
	size_t len;
	char string[]; /* not terminated */
};

struct asks {
	struct pool *pool;
	const struct broker *broker;
	sd_event_source *source;
	int fd;                     /* eventfd: wakes the loop */
	pthread_mutex_t lock;       /* guards all below */
	struct ask *list[ASKS_MAX]; /* oldest first */
	size_t count;
	bool full; /* was logged */
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
	char *lines = malloc(MIGCOMPAT_BROKER_LINES_MAX);
	int r = lines ? view_open(ask->world, NULL, &view, &err) : -ENOMEM;

	if (!r) {
		r = ask_targets(&view.engine,
				&(struct ask_question){
					.text = ask->string,
					.len = ask->len,
					.flags = ASK_REFUSED,
				},
				&answer, &err);
		/*
		 * EINVAL means that the reply is too late, which is no error. ENOMEM
		 * means that it was not sent: the session must not wait for it.
		 */
		if (!r && broker_reply_text(
				  broker, MIGCOMPAT_BROKER_OP_ASK, ask->id, lines,
				  ask_lines(&answer, lines, MIGCOMPAT_BROKER_LINES_MAX)) == -ENOMEM)
			r = error_set(&err, -ENOMEM, "out of memory");
		answer_free(&answer);
		view_close(&view);
	}
	if (r) {
		log_say(LOG_INFO, "cannot answer a question at /dev/migcompat: %s",
			*err.text ? err.text : error_name(r));
		broker_reply_error(broker, MIGCOMPAT_BROKER_OP_ASK, ask->id, r);
	}
	free(lines);
	/* The last reference waits for workers to exit: not on the loop. */
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

/* Submit or withdraw. Under the lock, on the loop. False: remove it from the list. */
static bool ask_advance(struct asks *asks, struct ask *ask)
{
	if (ask->cancelled)
		return ask->submitted && !pool_withdraw(asks->pool, &ask->job);
	if (ask->submitted)
		return true;
	ask->submitted = pool_submit(asks->pool, &ask->job) == 0;
	if (!ask->submitted)
		broker_reply_error(asks->broker, MIGCOMPAT_BROKER_OP_ASK, ask->id, -EBUSY);
	return ask->submitted;
}

static int on_wake(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct asks *asks = arg;
	struct ask *ended[ASKS_MAX];
	size_t nended = 0, i = 0;
	eventfd_t times;

	(void)source, (void)events;
	eventfd_read(fd, &times);
	pthread_mutex_lock(&asks->lock);
	while (i < asks->count) {
		if (ask_advance(asks, asks->list[i])) {
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
		ask = malloc(sizeof(*ask) + request->len);
		r = ask ? 0 : -EIO;
	} else if (!asks->full) {
		log_say(LOG_NOTICE,
			"%u questions at /dev/migcompat are pending: further ones get EBUSY",
			ASKS_MAX);
		asks->full = true;
	}
	if (ask) {
		*ask = (struct ask){.job = {.run = ask_run, .done = ask_done, .kind = POOL_ASK},
				    .asks = asks,
				    .world = world_ref(world),
				    .id = request->id,
				    .len = request->len};
		memcpy(ask->string, request->string, request->len);
		asks->list[asks->count++] = ask;
		eventfd_write(asks->fd, 1);
	}
	pthread_mutex_unlock(&asks->lock);
	if (r)
		broker_reply_error(asks->broker, MIGCOMPAT_BROKER_OP_ASK, request->id, r);
}

void asks_cancel(struct asks *asks, uint64_t id)
{
	pthread_mutex_lock(&asks->lock);
	for (size_t i = 0; i < asks->count; i++) {
		if (asks->list[i]->id != id)
			continue;
		asks->list[i]->cancelled = true;
		eventfd_write(asks->fd, 1);
	}
	pthread_mutex_unlock(&asks->lock);
}

/* ---------------------------------------------------------------- init and free */

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
			 : sd_event_add_io(event, &asks->source, asks->fd, EPOLLIN, on_wake, asks);
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
