/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose turn it is to read the broker: the loop's, or a lane's that has just answered and waits for what comes next, which saves
 * a switch from thread to thread for each question of one writer. A lane gives the turn back before it calls its backend.
 */
#ifndef CORE_SERVICE_TURN_H
#define CORE_SERVICE_TURN_H

#include <pthread.h>
#include <stdbool.h>

struct turn {
	int epoll; /* readable where the broker is and it is the loop's turn */
	int broker;
	pthread_mutex_t lock;
	const void *lane; /* NULL: the loop's turn */
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
/* For the lane that may have it; and for the loop, once it has read. */
void turn_give(struct turn *turn, const void *lane);
void turn_again(struct turn *turn);

#endif
