/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of provider_worker share: a backend whose code runs in a process of its own.
 * worker_life.c starts and ends that process, worker_call.c speaks with it, worker_compare.c and
 * provider_worker.c put the operations together.
 */
#ifndef CORE_WORKER_CLIENT_WORKER_H
#define CORE_WORKER_CLIENT_WORKER_H

#include <pthread.h>

#include "core/worker_client/child.h"
#include "core/worker_client/request.h"
#include "core/worker_client/restart.h"

#define USER_TEXT_MAX 32
#define TERMS_TEXT_MAX (USER_TEXT_MAX + 32)

struct worker {
	struct provider provider;

	/* How it is started; never changes. */
	struct worker_options options; /* its strings are in the provider's arena */
	char user[USER_TEXT_MAX];      /* "UID:GID", see worker_user */
	unsigned share_kib;	       /* memory.h */

	/* Of whoever has it to himself (busy), from a request to its reply. */
	struct child child;
	uint64_t loaded_by; /* the deadline of loading */
	bool loading;
	bool alive;
	struct requests requests;
	struct wire_in in;
	uint32_t generation; /* of the process, from 1 on; what is open is open in one of them */
	uint64_t heard;	     /* when a call ended last */
	struct restart restart;
	struct error death; /* why the last one ended; "": none did */
	int death_code;	    /* what calls that met it return */
	uint32_t missing;   /* of its confinement */

	pthread_mutex_t lock; /* guards what follows; held for moments only */
	pthread_cond_t free;  /* busy is over; on the monotonic clock */
	bool busy;
	unsigned waiting; /* for that to be over */
	struct worker_opened
		*closed; /* devices that nobody holds any more, for whoever speaks next */
	struct provider_status status;
	int watched; /* the socket of a worker that runs, whose end shows there; -1: none runs */
};

struct worker_opened {
	struct opened opened;
	struct worker_opened *next; /* of those that are closed */
	struct sent_host *host;	    /* of its generation, which may be gone */
	uint32_t number;	    /* the worker's own */
	char body[];		    /* the strings */
};

static inline struct worker *worker_of(struct provider *provider)
{
	return (struct worker *)(void *)provider;
}

static inline struct worker_opened *mine(struct opened *opened)
{
	return (struct worker_opened *)(void *)opened;
}

/* ---------------------------------------------------------------- life (worker_life.c) */

/*
 * Whom workers become if root starts them, as "UID:GID": the user migcompat-worker, or 65534 where
 * a system has none. Reads the file
 * (/etc/passwd) itself: a directory service would run its code in this process, and such a user is
 * a local one.
 */
void worker_user(const char *passwd, char *ret, size_t size);

/*
 * Have the worker to oneself, alive; it is started again for that if it may be. -ETIMEDOUT: others
 * had it for as long as a call may take; -EIO: it is dead. Nothing is held then. worker_leave gives
 * it back.
 */
int worker_enter(struct worker *worker, struct error *err);
void worker_leave(struct worker *worker);

/* The parts of it, for who needs no living worker: have it, by a deadline (-ETIMEDOUT) or if nobody
 * has it (deadline 0), and give it back. */
int worker_take(struct worker *worker, uint64_t deadline);
void worker_give(struct worker *worker);

/* For who has it: after this nothing it could still say is heard. Returns what the call that met it
 * returns. */
int worker_die(struct worker *worker, int code);
/* Its last words, as a call's error. */
int worker_dead(const struct worker *worker, int code, struct error *err);
/* Say to the program which devices were closed meanwhile. */
void worker_drain(struct worker *worker);

/* ---------------------------------------------------------------- speaking (worker_call.c), for
 * who has it */

/* The one message that is due. Anything behind it was never asked for. 0, or why the worker must
 * die. */
int worker_receive(struct worker *worker, uint64_t deadline, struct wire_message *ret);
/*
 * The sentence of a reply that is an error, and its status, which becomes -EIO if the worker says
 * -ENOMEM: 0, or -EBADMSG.
 */
int worker_refusal(struct wire_message *reply, struct error *err);
/* Send what waits and receive the reply to the last request. -errno is the backend's refusal or the
 * worker's death, err says which. */
int worker_call(struct worker *worker, enum wire_op op, struct wire_message *ret,
		struct error *err);
/* A reply could not be read: -ENOMEM leaves the worker as it is. */
int worker_unread(struct worker *worker, int r, struct error *err);
/* Open a device in the running process. */
int worker_reply_open(struct worker *worker, const struct device *device,
		      struct worker_opened **ret, struct error *err);
/* Have the running process know a device that an earlier one had opened. 0, or the error of the
 * call that needs it. */
int worker_reopen(struct worker *worker, struct opened *opened, struct error *err);

/* ---------------------------------------------------------------- operations */

extern const struct provider_ops worker_ops;

/* In worker_compare.c, which is most of it. */
void worker_compare_begin(struct provider *provider, struct compare_batch *batch,
			  const struct compare_batch *before);
void worker_compare_end(struct provider *provider, struct compare_batch *batch,
			const struct compare_batch *after);

/* In worker_state.c. */
int worker_state(struct opened *opened, struct state_port **ret, struct error *err);

#endif
