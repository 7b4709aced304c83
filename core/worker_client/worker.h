/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A provider whose vendor code runs in a worker process, private to this room. A file uses
 * only those above it:
 *
 *   worker_failure.c   the end of a process, and the status that others see
 *   worker_call.c      a request and its reply
 *   worker_life.c      exclusive use of the worker; loading and restarting its process
 *   worker_open.c      opening devices, again after a restart
 *   worker_compare.c   comparisons in batches
 *   worker_state.c     sessions on device state
 *   provider_worker.c  making the provider, and its other operations
 */
#ifndef CORE_WORKER_CLIENT_WORKER_H
#define CORE_WORKER_CLIENT_WORKER_H

#include <pthread.h>

#include "core/worker_client/process.h"
#include "core/worker_client/provider_worker.h"
#include "core/worker_client/restart.h"
#include "core/worker_client/worker_requests.h"

#define USER_TEXT_MAX 32
#define TERMS_TEXT_MAX (USER_TEXT_MAX + 32)

struct worker {
	struct provider provider;

	/* How it is started; never changes. */
	struct worker_options options; /* its strings are in the provider's arena */
	char user[USER_TEXT_MAX];      /* "UID:GID", see worker_user */
	unsigned share_kib;            /* its memory, see core/wire/worker_memory.h */

	/* Owned by the caller that set busy, from a request to its reply. */
	struct process process;
	uint64_t loaded_by; /* the deadline of loading */
	bool loading;
	bool alive;
	struct requests requests;
	struct wire_in in;
	uint32_t generation; /* of the process, from 1; a device is open in one of them */
	uint64_t last_call;  /* when a call ended last, in nanoseconds */
	struct restart restart;
	struct error death; /* why the last process ended; "": none did */
	int death_code;     /* what calls during that end return */
	uint32_t missing;   /* steps of its confinement, enum confinement */

	pthread_mutex_t lock; /* guards all that follows; held briefly */
	pthread_cond_t free;  /* busy became false; uses the monotonic clock */
	bool busy;
	unsigned waiting;             /* callers that wait for busy to become false */
	struct worker_opened *closed; /* closed devices that the process does not know of yet */
	struct provider_status status;
	int watched; /* the socket of a running process, for provider_life; -1: none runs */
};

struct worker_opened {
	struct opened opened;
	struct worker_opened *next; /* in worker.closed */
	struct sent_host *host;     /* valid while opened.life is the worker's generation */
	uint32_t number;            /* of the device, given by the process */
	char body[];                /* its strings */
};

static inline struct worker *worker_of(struct provider *provider)
{
	return (struct worker *)(void *)provider;
}

static inline struct worker_opened *worker_opened_of(struct opened *opened)
{
	return (struct worker_opened *)(void *)opened;
}

/*
 * The user for workers that root starts, as "UID:GID": migcompat-worker, or 65534 if
 * there is no such user. passwd is /etc/passwd. The file is read directly, since a
 * directory service would run its own code in this process, and the user is a local one.
 */
void worker_user(const char *passwd, char *ret, size_t size);
/* The first argument of the worker program, "UID:GID:KIB:OOM". oom: its oom_score_adj. */
void worker_terms(const char *user, unsigned memory_kib, unsigned oom,
		  char ret[static TERMS_TEXT_MAX]);

/* ---------------------------------------------------------------- worker_failure.c
 * For the caller that set busy. */

/* The clock of restarts, in nanoseconds. */
uint64_t worker_now(const struct worker *worker);
/* How long loading may take. */
unsigned worker_load_ms(const struct worker *worker);
/* Make the present state visible to provider_status and provider_life. */
void worker_publish(struct worker *worker);
/*
 * The process has ended, with an errno and a sentence; decide about a restart. when is
 * the time of the end, in nanoseconds.
 */
void worker_failed(struct worker *worker, int code, uint64_t when, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * End the process after code, a negative errno of the socket or -EBADMSG. Returns the
 * errno for the call that noticed it.
 */
int worker_abort(struct worker *worker, int code);
/* As worker_abort, for a process that was last known to work at this time. */
int worker_abort_at(struct worker *worker, int code, uint64_t when);
/* Set err to the reason of the last end, with this code, and return the code. */
int worker_error(const struct worker *worker, int code, struct error *err);

/* ---------------------------------------------------------------- worker_call.c
 * For the caller that set busy. */

/*
 * Receive the one message that is due. A negative errno: the caller must end the process;
 * data after the message is -EBADMSG.
 */
int worker_receive(struct worker *worker, uint64_t deadline, struct wire_message *ret);
/*
 * Read the sentence of a reply that is an error. A status of -ENOMEM becomes -EIO. 0 or
 * -EBADMSG.
 */
int worker_read_refusal(struct wire_message *reply, struct error *err);
/*
 * Send all requests and receive the reply to the last one. A negative errno is a refusal
 * of the backend, or the process ended.
 */
int worker_call(struct worker *worker, enum wire_op op, struct wire_message *ret,
		struct error *err);
/* A reply could not be read, with r. The process ends, unless r is -ENOMEM. */
int worker_bad_reply(struct worker *worker, int r, struct error *err);

/* ---------------------------------------------------------------- worker_life.c */

/*
 * Get the worker for this caller alone, with a process; a process that ended is started
 * again if it may be. -ETIMEDOUT: other callers had it for as long as a call may take;
 * -EIO: there is no process. After an error nothing is held, otherwise worker_leave must
 * follow.
 */
int worker_enter(struct worker *worker, struct error *err);
void worker_leave(struct worker *worker);

/*
 * The same without a process: wait until the deadline (-ETIMEDOUT), or not at all if it
 * is 0.
 */
int worker_acquire(struct worker *worker, uint64_t deadline);
void worker_release(struct worker *worker);

/* Queue the closing of a device and free it later. Needs no busy, waits for nothing. */
void worker_close_later(struct worker *worker, struct worker_opened *opened);
/* Tell the process about closed devices, and free them. For the caller that set busy. */
void worker_flush_closed(struct worker *worker);

/* ---------------------------------------------------------------- worker_open.c
 * For the caller that set busy, with a process. */

/* Open a device in the process. */
int worker_open_device(struct worker *worker, const struct device *device,
		       struct worker_opened **ret, struct error *err);
/*
 * Open a device again if an earlier process had it. A negative errno is for the call that
 * needs the device.
 */
int worker_reopen(struct worker *worker, struct opened *opened, struct error *err);

/* ---------------------------------------------------------------- operations */

void worker_compare_begin(struct provider *provider, struct compare_batch *batch,
			  const struct compare_batch *before);
void worker_compare_end(struct provider *provider, struct compare_batch *batch,
			const struct compare_batch *after);

int worker_state(struct opened *opened, struct state_port **ret, struct error *err);

#endif
