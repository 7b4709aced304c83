/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of provider_worker share: a backend whose code runs in a process of its own. */
#ifndef CORE_BACKEND_WORKER_H
#define CORE_BACKEND_WORKER_H

#include <pthread.h>

#include "core/backend/child.h"
#include "core/backend/request.h"

#define DEATH_TEXT_MAX 160

struct worker {
	struct provider provider;
	pthread_mutex_t lock; /* held from a request to its reply; guards all below */
	struct child child;
	unsigned timeout_ms;
	uint64_t loaded_by; /* the deadline of loading */
	bool loading;
	struct requests requests;
	struct wire_in in;
	char death[DEATH_TEXT_MAX]; /* "": alive */
};

struct worker_opened {
	struct opened opened;
	struct sent_host *host;
	uint32_t number; /* the worker's own */
	char body[];     /* the strings */
};

static inline struct worker *worker_of(struct provider *provider)
{
	return (struct worker *)(void *)provider;
}

static inline struct worker_opened *mine(struct opened *opened)
{
	return (struct worker_opened *)(void *)opened;
}

/* After this nothing it could still say is heard. Returns what the call that met it returns. */
int worker_die(struct worker *worker, int code);
/* Its last words, as a call's error. */
int worker_dead(const struct worker *worker, int code, struct error *err);
/* The sentence of a reply that is an error: 0, or -EBADMSG. */
int worker_refusal(struct wire_message *reply, struct error *err);

/*
 * Whom workers become if root starts them, as "UID:GID": the user migcompat-worker, or 65534 where a system has none. Reads the file
 * (/etc/passwd) itself: a directory service would run its code in this process, and such a user is a local one.
 */
void worker_user(const char *passwd, char *ret, size_t size);

/* The operation of provider_ops, in worker_compare.c. */
void worker_compare_many(struct provider *provider, struct compare_job *jobs, size_t count);

#endif
