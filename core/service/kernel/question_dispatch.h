/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads questions from the broker, and dispatches each to the cache of answers, to the
 * queue of a backend, or to the pool. Made and freed by kernel_questions.c on the loop.
 */
#ifndef CORE_SERVICE_KERNEL_QUESTION_DISPATCH_H
#define CORE_SERVICE_KERNEL_QUESTION_DISPATCH_H

#include "core/service/kernel/asks.h"
#include "core/service/kernel/backend_queue.h"
#include "core/service/kernel/publish.h"

struct dispatch {
	struct broker broker;
	struct publisher *publisher; /* set before the first question is read */
	struct asks *asks;           /* likewise */
	struct holds *holds;
	struct answer_cache *answers;
	struct broker_reader reader;
	struct queue_context context;
	int wake; /* eventfd: call dispatch_lost and answer_cache_unlogged */
	/*
	 * Counts how often the kernel's debugfs files appeared or vanished; odd: they are
	 * there.
	 */
	_Atomic uint64_t debugfs_changes;
	_Atomic uint64_t world_number; /* of serving; changed under the lock */
	pthread_mutex_t lock;          /* guards all below, and dispatching */
	bool draining;
	struct world *serving; /* of all queues */
	struct queue **queues; /* one a backend that was asked */
	size_t nqueues;
	int lost;
};

/* The holds must outlive it. -errno: dispatch_free is still due. */
int dispatch_init(struct dispatch *dispatch, struct holds *holds);
/* No thread may use it any more. */
void dispatch_free(struct dispatch *dispatch);

/* Answer with this world from now on; a reference is taken. Earlier answers are void. */
void dispatch_serve(struct dispatch *dispatch, struct world *world);
/* Read no more questions. */
void dispatch_drain(struct dispatch *dispatch);
/* The queues answer what waits, then end; see queues_wait. After dispatch_drain. */
void dispatch_end_queues(struct dispatch *dispatch);
/*
 * Read what waits, and dispatch it: on the loop, or in the thread of the queue that
 * reads.
 */
void dispatch_read(void *arg);
/* 0, or the error after which the broker is of no more use. */
int dispatch_lost(struct dispatch *dispatch);

#endif
