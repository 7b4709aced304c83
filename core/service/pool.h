/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for jobs that may block, so that the event loop never does. A job runs in a
 * thread, and its completion then runs on the loop. Each kind of job has its own threads
 * and queue, so that jobs of one kind cannot delay those of another. Within a kind, jobs
 * start in the order of submission.
 *
 * The loop alone has sockets, clients and timers. Threads share only worlds, which are
 * read-only, and holds, a list that is replaced as a whole. Everything else belongs to
 * one thread at a time.
 */
#ifndef CORE_SERVICE_POOL_H
#define CORE_SERVICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "core/facts/error.h"

/* If no further thread can be created, later kinds take precedence. */
enum pool_kind {
	POOL_ASK,  /* a question at /dev/migcompat */
	POOL_CALL, /* a step of a client's call */
	POOL_ROOT, /* a step of a call by root */
	POOL_OWN,  /* the service's own: scans of devices, reloads */
	POOL_KIND_COUNT,
};

#define POOL_ASK_THREADS 4u
#define POOL_ASK_JOBS 320u /* waiting for a thread */
#define POOL_CALL_THREADS 16u
#define POOL_CALL_JOBS 256u
#define POOL_ROOT_THREADS 8u
#define POOL_ROOT_JOBS 64u
#define POOL_OWN_THREADS 3u
#define POOL_OWN_JOBS 3u
#define POOL_THREADS_MAX \
	(POOL_ASK_THREADS + POOL_CALL_THREADS + POOL_ROOT_THREADS + POOL_OWN_THREADS)
#define POOL_IDLE_MS 10000u /* a thread without a job ends after this time */

/*
 * Member of the owner's struct. The job belongs to the pool from pool_submit until done
 * is called: run has exclusive use of the job's data. The owner therefore keeps a flag
 * from pool_submit to done (`busy` of client, reload, rescan). While it is set, the owner
 * must not free or reuse the struct.
 */
struct pool_job {
	void (*run)(struct pool_job *job); /* in a thread */
	/* On the loop. May submit the job again, and may free it. */
	void (*done)(struct pool_job *job);
	enum pool_kind kind;
	struct pool_job *next; /* the pool's */
};

struct pool;

/*
 * All functions must be called in the event loop's thread. idle_ms: POOL_IDLE_MS except
 * in tests. -errno with a sentence.
 */
int pool_new(sd_event *event, unsigned idle_ms, struct pool **ret, struct error *err);
/*
 * -EAGAIN: the queue of this kind is full, or there is no thread and none can be created.
 * The job stays the caller's then.
 */
int pool_submit(struct pool *pool, struct pool_job *job);
/* Take back a submitted job. False: it has started already, and done will be called. */
bool pool_withdraw(struct pool *pool, struct pool_job *job);

/*
 * Start no more jobs, wait for running ones, and free the pool. Returns NULL. For jobs
 * that did not start, or were not completed yet, done is not called; their owners free
 * them. If jobs do not end in time, returns the pool, and everything that its jobs use
 * must stay. Takes NULL.
 */
struct pool *pool_free(struct pool *pool, unsigned wait_ms);

/* Current number of threads, for tests. */
unsigned pool_threads(struct pool *pool);

#endif
