/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cache of answers to the kernel. An answer is given again only under the stamp that it
 * was added with, which holds all that it depends on. Whole strings are compared, not
 * hashes: somebody could make a collision, and get a yes by it. Each repeated answer gets
 * into the log, several as one line. Any thread may call these functions.
 *
 * The cache holds at most ANSWER_CACHE_MAX answers of ANSWER_CACHE_ENTRY_BYTES each, 2.3
 * MB.
 */
#ifndef CORE_SERVICE_KERNEL_ANSWER_CACHE_H
#define CORE_SERVICE_KERNEL_ANSWER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service/kernel/broker.h"

#define ANSWER_CACHE_MAX 512u
/* Of an answer's texts. */
#define ANSWER_CACHE_ENTRY_BYTES (MIGCOMPAT_BROKER_STRING_MAX + MIGCOMPAT_BROKER_NAME_MAX + 1)

/*
 * What an answer depends on. The numbers only grow, so if a stamp is equal at two
 * moments, it was the same at every moment between them. The kernel never reuses an
 * attachment's number.
 *
 * If its worker exits, an answer is void at once: provider_life checks the worker's
 * socket, and so notices the exit before a call does. While the backend is parked, waits
 * for a restart, or has another file, even questions that were answered before get EIO.
 */
struct stamp {
	uint64_t attachment;
	uint64_t changed; /* counts events that may have changed the device */
	uint64_t world;   /* policy and backends */
	uint64_t holds;
	uint32_t life; /* of the worker that answered, see provider_life */
};

bool stamp_equal(const struct stamp *a, const struct stamp *b);

/* An answer to add. */
struct cached_answer {
	const struct stamp *stamp;
	uint32_t op;          /* MIGCOMPAT_BROKER_OP_READ or _WRITE */
	const char *question; /* the string of a write; "" of a read */
	size_t len;
	const char *text; /* the string that a read gives; "" of a write */
	size_t text_len;
	int error; /* 0 or a negative errno */
	/* For the log. verdict and limit are static strings. */
	const char *device;
	const char *verdict;
	const char *limit; /* or NULL */
	bool forced;
};

struct answer_cache;

/*
 * unlogged: called when an answer was repeated and answer_cache_log is due, from any
 * thread and under the cache's lock. -ENOMEM.
 */
int answer_cache_new(void (*unlogged)(void *arg), void *arg, struct answer_cache **ret);
/* Takes NULL, returns NULL. */
struct answer_cache *answer_cache_free(struct answer_cache *cache);

/*
 * Find the answer to this request. ret_error: the errno of the answer; text, of
 * MIGCOMPAT_BROKER_STRING_MAX + 1 bytes: what a read gives.
 */
bool answer_cache_find(struct answer_cache *cache, const struct stamp *stamp,
		       const struct broker_request *request, int *ret_error, char *text,
		       size_t *ret_text_len);
/* Copies the answer, unless it is too long or memory is short. */
void answer_cache_add(struct answer_cache *cache, const struct cached_answer *answer);
/* Is answer_cache_log due? */
bool answer_cache_unlogged(struct answer_cache *cache);
/* Log how often each answer was repeated since the last call. */
void answer_cache_log(struct answer_cache *cache);

#endif
