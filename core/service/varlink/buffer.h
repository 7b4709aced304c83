/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes between a client and us: appended at the end, taken from the start, and never more of them
 * than allowed. What a buffer has beyond BUFFER_OWN is taken from a budget that all buffers share.
 */
#ifndef CORE_SERVICE_VARLINK_BUFFER_H
#define CORE_SERVICE_VARLINK_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_OWN (256u << 10) /* bytes that each buffer may have beside the budget */

/* Any threads may use one. */
struct budget {
	size_t max; /* set before the first use */
	_Atomic size_t used;
};

/* False: so much is not left, and nothing is taken. */
bool budget_take(struct budget *budget, size_t bytes);
void budget_give(struct budget *budget, size_t bytes);

struct buffer {
	char *bytes; /* those from start to end are yet to be taken */
	size_t start;
	size_t end;
	size_t room;
	size_t max;	       /* of what may wait; set by the owner before the first use */
	struct budget *budget; /* likewise; NULL: the buffer never has more than BUFFER_OWN */
};

/* -ENOBUFS: more than max would wait, or the budget is used up; -ENOMEM. Nothing is added then. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t len);
/*
 * Drop the first len bytes, of at least so many. If nothing is left and the buffer is large, its
 * memory is given back.
 */
void buffer_take(struct buffer *buffer, size_t len);
void buffer_free(struct buffer *buffer);

static inline size_t buffer_len(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

#endif
