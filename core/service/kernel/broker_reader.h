/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which thread reads the broker: the event loop, or the thread of a backend's queue that
 * has just answered and waits for the next question. The latter saves a switch between
 * threads for each question of a serial writer. If the backend keeps that thread busy for
 * 5 ms, reading goes back to the loop, so that questions to other backends do not wait.
 */
#ifndef CORE_SERVICE_KERNEL_BROKER_READER_H
#define CORE_SERVICE_KERNEL_BROKER_READER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct broker_reader {
	int epoll;  /* for the loop: readable if the loop has to read */
	int broker; /* its descriptor, for queues; -1 before broker_reader_open */
	int guard;  /* timerfd, for the loop: readable if broker_reader_check is due */
	/* Reads what waits, and dispatches it. From any thread. */
	void (*dispatch)(void *arg);
	void *arg;
	pthread_mutex_t lock; /* guards all below */
	const void *queue;    /* that reads; NULL: the loop */
	uint64_t busy_since;  /* of that queue, in microseconds; 0: it is not busy */
	bool closed;          /* nobody reads */
};

/* Closed at first. -errno. */
int broker_reader_init(struct broker_reader *reader, void (*dispatch)(void *arg), void *arg);
/* The loop reads from now on. -errno. */
int broker_reader_open(struct broker_reader *reader, int broker);
/* Nobody reads from now on. */
void broker_reader_close(struct broker_reader *reader);
/* May be called after a failed broker_reader_init if epoll is -1. */
void broker_reader_free(struct broker_reader *reader);

/*
 * For a queue. True: it reads from now on, or does already. False: another one does, or
 * none may.
 */
bool broker_reader_acquire(struct broker_reader *reader, const void *queue);
/* For a queue: the loop reads again, if this queue did. */
void broker_reader_release(struct broker_reader *reader, const void *queue);
/* For a queue: it starts or stops waiting for its backend. */
void broker_reader_set_busy(struct broker_reader *reader, const void *queue, bool busy);

/* For the loop, after it has read: epoll reports the broker again. */
void broker_reader_rearm(struct broker_reader *reader);
/*
 * For the loop, when guard is readable: take reading from a queue that is busy for too
 * long.
 */
void broker_reader_check(struct broker_reader *reader);

#endif
