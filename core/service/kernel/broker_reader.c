/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop watches an epoll of its own with the broker in it, which is armed and disarmed from any
 * thread. */
#include "core/service/kernel/broker_reader.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/service/clock.h"

#define GUARD_US 5000u /* that a lane may keep the turn while it is busy */

/* One shot: once the loop is told, it is not told again before it asks for it. */
static void arm(const struct turn *turn, bool on)
{
	struct epoll_event event = {.events = (on ? EPOLLIN : 0u) | EPOLLONESHOT};

	/* It was added, so this cannot fail. */
	epoll_ctl(turn->epoll, EPOLL_CTL_MOD, turn->broker, &event);
}

/* The loop looks after a lane now and then; where no lane has the turn, it sleeps. */
static void watch(const struct turn *turn, bool on)
{
	const struct timespec step = {.tv_nsec = on ? GUARD_US * 1000 : 0};

	timerfd_settime(turn->guard, 0, &(struct itimerspec){.it_interval = step, .it_value = step},
			NULL);
}

static void back_to_the_loop(struct turn *turn)
{
	turn->lane = NULL;
	turn->busy_since = 0;
	watch(turn, false);
	arm(turn, true);
}

int turn_init(struct turn *turn, void (*take)(void *arg), void *arg)
{
	*turn = (struct turn){.epoll = epoll_create1(EPOLL_CLOEXEC),
			      .broker = -1,
			      .closed = true,
			      .take = take,
			      .arg = arg};
	if (turn->epoll < 0)
		return -errno;
	turn->guard = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (turn->guard < 0) {
		int r = -errno;

		close(turn->epoll);
		turn->epoll = -1;
		return r;
	}
	pthread_mutex_init(&turn->lock, NULL);
	return 0;
}

int turn_open(struct turn *turn, int broker)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
	int r;

	pthread_mutex_lock(&turn->lock);
	turn->broker = broker;
	r = epoll_ctl(turn->epoll, EPOLL_CTL_ADD, broker, &event) < 0 ? -errno : 0;
	turn->closed = r != 0;
	pthread_mutex_unlock(&turn->lock);
	return r;
}

void turn_close(struct turn *turn)
{
	if (turn->epoll < 0)
		return;
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed)
		epoll_ctl(turn->epoll, EPOLL_CTL_DEL, turn->broker, NULL);
	turn->closed = true;
	turn->lane = NULL;
	watch(turn, false);
	pthread_mutex_unlock(&turn->lock);
}

void turn_free(struct turn *turn)
{
	if (turn->epoll < 0)
		return;
	close(turn->guard);
	close(turn->epoll);
	pthread_mutex_destroy(&turn->lock);
	turn->epoll = -1;
}

bool turn_take(struct turn *turn, const void *lane)
{
	bool mine;

	pthread_mutex_lock(&turn->lock);
	mine = !turn->closed && turn->lane == lane;
	if (!turn->closed && !turn->lane) {
		turn->lane = lane;
		arm(turn, false);
		watch(turn, true);
		mine = true;
	}
	pthread_mutex_unlock(&turn->lock);
	return mine;
}

void turn_give(struct turn *turn, const void *lane)
{
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed && turn->lane == lane)
		back_to_the_loop(turn);
	pthread_mutex_unlock(&turn->lock);
}

void turn_busy(struct turn *turn, const void *lane, bool busy)
{
	pthread_mutex_lock(&turn->lock);
	if (turn->lane == lane)
		turn->busy_since = busy ? now_us() : 0;
	pthread_mutex_unlock(&turn->lock);
}

void turn_again(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed && !turn->lane)
		arm(turn, true);
	pthread_mutex_unlock(&turn->lock);
}

void turn_look(struct turn *turn)
{
	uint64_t times;

	if (read(turn->guard, &times, sizeof(times)) < 0)
		return;
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed && turn->lane && turn->busy_since &&
	    now_us() - turn->busy_since >= GUARD_US)
		back_to_the_loop(turn);
	pthread_mutex_unlock(&turn->lock);
}
