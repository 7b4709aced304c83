/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A queue of bytes with an upper bound: append at the end, take from the start. Memory
 * beyond BUFFER_OWN counts against a budget that all buffers share.
 */
#ifndef CORE_SERVICE_VARLINK_BUFFER_H
#define CORE_SERVICE_VARLINK_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_OWN (256u << 10) /* bytes of each buffer that do not count */

/* Any thread. */
struct budget {
	size_t max; /* set before the first use */
	_Atomic size_t used;
};

/* False: less is left, and nothing was taken. */
bool budget_take(struct budget *budget, size_t bytes);
void budget_give(struct budget *budget, size_t bytes);

struct buffer {
	char *bytes; /* the content is from start to end */
	size_t start;
	size_t end;
	size_t room;
	size_t max;            /* bytes of content; set by the owner before the first use */
	struct budget *budget; /* likewise; NULL: the buffer never exceeds BUFFER_OWN */
};

/* -ENOBUFS: max is exceeded, or the budget is used up; -ENOMEM. Nothing is added then. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t len);
/* Drop the first len bytes, which must exist. An empty buffer that is large is freed. */
void buffer_take(struct buffer *buffer, size_t len);
void buffer_free(struct buffer *buffer);

static inline size_t buffer_len(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

#endif
