/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers to the kernel that may be given again, as long as nothing that they hang on has changed: what it is they hang on stands in
 * their stamp. Whole strings are compared, not hashes: a yes must not be had by a collision. For any threads.
 */
#ifndef CORE_SERVICE_ANSWERS_H
#define CORE_SERVICE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service/broker.h"

#define ANSWERS_MAX 512u

/* Numbers that only grow, but for the attachment's, which the kernel never uses again. */
struct stamp {
	uint64_t attachment;
	uint64_t changed; /* how often the device may have changed since it was attached */
	uint64_t world;   /* policy and backends */
	uint64_t holds;
};

struct answers;

int answers_new(struct answers **ret);
struct answers *answers_free(struct answers *answers); /* returns NULL; takes NULL */

/*
 * question: the string of a write; "" of a read. The answer: error, and of a read the string, which is copied to text (of
 * BROKER_STRING_MAX + 1 bytes).
 */
bool answers_find(struct answers *answers, const struct stamp *stamp, const char *question, size_t len, int *ret_error, char *text,
		  size_t *ret_text_len);
/* Without memory it is not kept, and that is all. */
void answers_keep(struct answers *answers, const struct stamp *stamp, const char *question, size_t len, int error, const char *text,
		  size_t text_len);

#endif
