/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop polls an epoll descriptor of its own that holds the broker. Any thread may arm
 * or disarm it, which sd-event's own sources do not allow.
 */
#include "core/service/kernel/broker_reader.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/service/clock.h"

#define GUARD_US 5000u /* for which a busy queue may remain the reader */

/* EPOLLONESHOT: the loop gets one event, and no other before broker_reader_rearm. */
static void set_armed(const struct broker_reader *reader, bool on)
{
	struct epoll_event event = {.events = (on ? EPOLLIN : 0u) | EPOLLONESHOT};

	/* broker_reader_open added the descriptor, so this cannot fail. */
	epoll_ctl(reader->epoll, EPOLL_CTL_MOD, reader->broker, &event);
}

/* The timer runs while a queue reads, so an idle loop is not woken. */
static void set_guard(const struct broker_reader *reader, bool on)
{
	const struct timespec step = {.tv_nsec = on ? GUARD_US * 1000 : 0};

	timerfd_settime(reader->guard, 0,
			&(struct itimerspec){.it_interval = step, .it_value = step}, NULL);
}

/* Under the lock. */
static void give_to_loop(struct broker_reader *reader)
{
	reader->queue = NULL;
	reader->busy_since = 0;
	set_guard(reader, false);
	set_armed(reader, true);
}

int broker_reader_init(struct broker_reader *reader, void (*dispatch)(void *arg), void *arg)
{
	*reader = (struct broker_reader){.epoll = epoll_create1(EPOLL_CLOEXEC),
					 .broker = -1,
					 .closed = true,
					 .dispatch = dispatch,
					 .arg = arg};
	if (reader->epoll < 0)
		return -errno;
	reader->guard = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (reader->guard < 0) {
		int r = -errno;

		close(reader->epoll);
		reader->epoll = -1;
		return r;
	}
	pthread_mutex_init(&reader->lock, NULL);
	return 0;
}

int broker_reader_open(struct broker_reader *reader, int broker)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
	int r;

	pthread_mutex_lock(&reader->lock);
	reader->broker = broker;
	r = epoll_ctl(reader->epoll, EPOLL_CTL_ADD, broker, &event) < 0 ? -errno : 0;
	reader->closed = r != 0;
	pthread_mutex_unlock(&reader->lock);
	return r;
}

void broker_reader_close(struct broker_reader *reader)
{
	if (reader->epoll < 0)
		return;
	pthread_mutex_lock(&reader->lock);
	if (!reader->closed)
		epoll_ctl(reader->epoll, EPOLL_CTL_DEL, reader->broker, NULL);
	reader->closed = true;
	reader->queue = NULL;
	set_guard(reader, false);
	pthread_mutex_unlock(&reader->lock);
}

void broker_reader_free(struct broker_reader *reader)
{
	if (reader->epoll < 0)
		return;
	close(reader->guard);
	close(reader->epoll);
	pthread_mutex_destroy(&reader->lock);
	reader->epoll = -1;
}

bool broker_reader_acquire(struct broker_reader *reader, const void *queue)
{
	bool is_reader;

	pthread_mutex_lock(&reader->lock);
	is_reader = !reader->closed && reader->queue == queue;
	if (!reader->closed && !reader->queue) {
		reader->queue = queue;
		set_armed(reader, false);
		set_guard(reader, true);
		is_reader = true;
	}
	pthread_mutex_unlock(&reader->lock);
	return is_reader;
}

void broker_reader_release(struct broker_reader *reader, const void *queue)
{
	pthread_mutex_lock(&reader->lock);
	if (!reader->closed && reader->queue == queue)
		give_to_loop(reader);
	pthread_mutex_unlock(&reader->lock);
}

void broker_reader_set_busy(struct broker_reader *reader, const void *queue, bool busy)
{
	pthread_mutex_lock(&reader->lock);
	if (reader->queue == queue)
		reader->busy_since = busy ? now_us() : 0;
	pthread_mutex_unlock(&reader->lock);
}

void broker_reader_rearm(struct broker_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	if (!reader->closed && !reader->queue)
		set_armed(reader, true);
	pthread_mutex_unlock(&reader->lock);
}

void broker_reader_check(struct broker_reader *reader)
{
	uint64_t times;

	if (read(reader->guard, &times, sizeof(times)) < 0)
		return;
	pthread_mutex_lock(&reader->lock);
	if (!reader->closed && reader->queue && reader->busy_since &&
	    now_us() - reader->busy_since >= GUARD_US)
		give_to_loop(reader);
	pthread_mutex_unlock(&reader->lock);
}
