/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cache of answers to the kernel. An answer is given again only under the stamp that it was kept
 * under, which holds all that it depends on. Whole strings are compared, not hashes: a collision
 * must not make a yes. The log gets each answer that is given again, several as one line. For any
 * threads.
 *
 * It holds at most ANSWERS_MAX answers of at most ANSWER_BYTES each, 2.3 MB, whoever asks.
 */
#ifndef CORE_SERVICE_KERNEL_ANSWER_CACHE_H
#define CORE_SERVICE_KERNEL_ANSWER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service/kernel/broker.h"

#define ANSWERS_MAX 512u
#define ANSWER_BYTES (BROKER_STRING_MAX + BROKER_NAME_MAX + 1) /* of its texts */

/*
 * What an answer depends on. The numbers only grow, so a stamp that is equal at two moments held
 * at every moment between them. The kernel never uses an attachment's number again.
 */
struct stamp {
	uint64_t attachment;
	uint64_t changed; /* how often the device may have changed since it was attached */
	uint64_t world;	  /* policy and backends */
	uint64_t holds;
	uint32_t life; /* of the worker that answered; see provider_life */
};

bool stamp_equal(const struct stamp *a, const struct stamp *b);

/* question: the string of a write, else "". text: the string that a read gives, else "". */
struct answered {
	const struct stamp *stamp;
	enum broker_op op; /* a read or a write */
	const char *question;
	size_t len;
	const char *text;
	size_t text_len;
	int error; /* 0 or a negative errno */
	/* For the log; verdict and limit are static: */
	const char *device;
	const char *verdict;
	const char *limit; /* or NULL */
	bool forced;
};

struct answers;

/*
 * untold is called once an answer was given again and the log lacks it, from any thread and under
 * a lock; answers_tell is due then. -ENOMEM.
 */
int answers_new(void (*untold)(void *arg), void *arg, struct answers **ret);
struct answers *answers_free(struct answers *answers); /* returns NULL; takes NULL */

/*
 * The answer to a read or write of this device and string: error, and of a read the string, which
 * is copied to text (of BROKER_STRING_MAX + 1 bytes).
 */
bool answers_find(struct answers *answers, const struct stamp *stamp,
		  const struct broker_request *request, int *ret_error, char *text,
		  size_t *ret_text_len);
/* Copies it. Without memory, or if it is too long, it is not kept. */
void answers_keep(struct answers *answers, const struct answered *answered);
/* Is there something for answers_tell? */
bool answers_untold(struct answers *answers);
/* Log how often each answer was given again since the last time. */
void answers_tell(struct answers *answers);

#endif
