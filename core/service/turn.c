/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop watches an epoll of its own with the broker in it, which is armed and disarmed from any thread. */
#include "core/service/turn.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* One shot: once the loop is told, it is not told again before it asks for it. */
static void arm(const struct turn *turn, bool on)
{
	struct epoll_event event = {.events = (on ? EPOLLIN : 0u) | EPOLLONESHOT};

	/* It was added, so this cannot fail. */
	epoll_ctl(turn->epoll, EPOLL_CTL_MOD, turn->broker, &event);
}

int turn_init(struct turn *turn, void (*take)(void *arg), void *arg)
{
	*turn = (struct turn){.epoll = epoll_create1(EPOLL_CLOEXEC), .broker = -1, .closed = true, .take = take, .arg = arg};
	if (turn->epoll < 0)
		return -errno;
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
	pthread_mutex_unlock(&turn->lock);
}

void turn_free(struct turn *turn)
{
	if (turn->epoll < 0)
		return;
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
		mine = true;
	}
	pthread_mutex_unlock(&turn->lock);
	return mine;
}

void turn_give(struct turn *turn, const void *lane)
{
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed && turn->lane == lane) {
		turn->lane = NULL;
		arm(turn, true);
	}
	pthread_mutex_unlock(&turn->lock);
}

void turn_again(struct turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	if (!turn->closed && !turn->lane)
		arm(turn, true);
	pthread_mutex_unlock(&turn->lock);
}
