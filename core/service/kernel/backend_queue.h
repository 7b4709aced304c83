/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's questions to one backend: a queue, and a thread that answers them. A
 * backend that hangs delays only callers that ask it. All questions that wait are
 * answered as one batch, so that one switch to the worker serves many writers.
 *
 * A queue is bounded. If it is full, the question is answered with ETIMEDOUT.
 */
#ifndef CORE_SERVICE_KERNEL_BACKEND_QUEUE_H
#define CORE_SERVICE_KERNEL_BACKEND_QUEUE_H

#include "core/service/kernel/queue_job.h"
#include "core/service/world.h"

#define QUEUE_JOBS_MAX 16384u
#define QUEUE_BYTES_MAX (8u << 20) /* memory of all jobs that wait */

struct queue;

/*
 * name: of the backend in that world, to which the queue takes a reference. The thread
 * starts with the first question. -ENOMEM, or an error of eventfd(2).
 */
int queue_new(const struct queue_context *context, struct world *world, const char *name,
	      struct queue **ret);
/* The queue answers what waits, then frees itself. Takes NULL, returns NULL. */
struct queue *queue_end(struct queue *queue);
const char *queue_name(const struct queue *queue);
/* As provider_life, of the backend. From any thread. */
uint32_t queue_life(const struct queue *queue);
/*
 * Wait at most so long until all queues of the process are freed. False: some are left.
 */
bool queues_wait(unsigned ms);

/*
 * Add a READ or a WRITE about this device id; queue_wake starts work on it. The string is
 * copied, and the thread replies to the broker. stamp: what the answer depends on, all
 * but life. -ENOMEM, or -EAGAIN if the queue is full: the caller replies.
 */
int queue_add(struct queue *queue, const struct broker_request *request, const char *device,
	      const struct stamp *stamp);
/*
 * Wake the thread. Apart from queue_add, so that questions of one read become one batch.
 */
void queue_wake(struct queue *queue);

#endif
