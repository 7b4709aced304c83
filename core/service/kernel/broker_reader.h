/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose turn it is to read the broker: the loop's, or a lane's that has just answered and waits for
 * what comes next, which saves a switch from thread to thread for each question. A lane whose
 * backend keeps it too long loses the turn to the loop, so that no other backend's questions wait
 * for it.
 */
#ifndef CORE_SERVICE_KERNEL_BROKER_READER_H
#define CORE_SERVICE_KERNEL_BROKER_READER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct turn {
	int epoll; /* readable where the broker is and it is the loop's turn */
	int broker;
	int guard; /* timerfd: the loop is to look after the lane that has the turn */
	pthread_mutex_t lock;
	const void *lane;    /* NULL: the loop's turn */
	uint64_t busy_since; /* of that lane, in microseconds; 0: it is not */
	bool closed;
	/* Read what waits, and give it to whom it belongs. From any thread. */
	void (*take)(void *arg);
	void *arg;
};

/* The loop's turn begins with turn_open. -errno. */
int turn_init(struct turn *turn, void (*take)(void *arg), void *arg);
int turn_open(struct turn *turn, int broker);
/* Nobody reads from here on. */
void turn_close(struct turn *turn);
void turn_free(struct turn *turn);

/* For a lane; false: another one has it, or nobody may. It may have it already. */
bool turn_take(struct turn *turn, const void *lane);
void turn_give(struct turn *turn, const void *lane);
/* The lane, if it has the turn, is about to be busy, or is no more. */
void turn_busy(struct turn *turn, const void *lane, bool busy);

/* For the loop: once it has read; and when the guard is readable. */
void turn_again(struct turn *turn);
void turn_look(struct turn *turn);

#endif
