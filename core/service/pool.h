/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for what may take its time, so that the event loop never waits: a job runs in one of
 * them, then its completion on the loop. Each kind of job has threads and waiting places of its
 * own, so that no number of jobs of one kind keeps those of another from running. Within a kind,
 * jobs begin in the order in which they were handed over.
 */
#ifndef CORE_SERVICE_POOL_H
#define CORE_SERVICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "core/facts/error.h"

/* If no further thread can be made, those further down go first. */
enum pool_kind {
	POOL_ASK,  /* a question at /dev/migcompat */
	POOL_CALL, /* a step of a client's call */
	POOL_ROOT, /* the same of root's */
	POOL_OWN,  /* the service's: a scan for the kernel, a look for watchers, a reload */
	POOL_KIND_COUNT,
};

#define POOL_ASK_THREADS 4u
#define POOL_ASK_JOBS 320u /* that wait for a thread */
#define POOL_CALL_THREADS 16u
#define POOL_CALL_JOBS 256u
#define POOL_ROOT_THREADS 8u
#define POOL_ROOT_JOBS 64u
#define POOL_OWN_THREADS 3u
#define POOL_OWN_JOBS 3u
#define POOL_THREADS_MAX \
	(POOL_ASK_THREADS + POOL_CALL_THREADS + POOL_ROOT_THREADS + POOL_OWN_THREADS)
#define POOL_IDLE_MS 10000u /* after which a thread without work ends */

/*
 * Part of a larger struct of whoever hands it over. From pool_submit until done is called it
 * belongs to the pool: run has what the job is about to itself, and nobody else looks at it. So
 * whoever may free or reuse the struct keeps a flag from pool_submit to done, looks at it first,
 * and leaves the end to done: a client's `busy`, `busy` of looks and reload, `scanning` of attach.
 */
struct pool_job {
	void (*run)(struct pool_job *job); /* in a thread */
	void (*done)(
		struct pool_job *job); /* on the loop; may hand it over again, and may free it */
	enum pool_kind kind;
	struct pool_job *next; /* the pool's */
};

struct pool;

/* One thread, that of the loop, calls all of these. idle_ms: POOL_IDLE_MS but in tests. -errno with
 * a sentence. */
int pool_new(sd_event *event, unsigned idle_ms, struct pool **ret, struct error *err);
/*
 * -EAGAIN: too many of its kind wait, or there is no thread and none can be made; the job stays the
 * caller's.
 */
int pool_submit(struct pool *pool, struct pool_job *job);
/* Take back a job that was submitted. False: it runs already, or ran, and its completion comes. */
bool pool_withdraw(struct pool *pool, struct pool_job *job);

/*
 * Begin no more jobs, wait so long for those that run, and free the pool: NULL. Jobs that did not
 * begin, or whose completion did not get its turn, are done with: their owners free them, without
 * done. A pool whose jobs did not end in time is returned as it is, and whatever these use must
 * stay. Takes NULL.
 */
struct pool *pool_free(struct pool *pool, unsigned wait_ms);

/* Threads that there are now, for tests. */
unsigned pool_threads(struct pool *pool);

#endif
