/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes between a client and us: appended at the end, taken from the start, and never more of them than allowed. */
#ifndef CORE_SERVICE_BUFFER_H
#define CORE_SERVICE_BUFFER_H

#include <stddef.h>

struct buffer {
	char *bytes; /* those from start to end are yet to be taken */
	size_t start;
	size_t end;
	size_t room;
	size_t max; /* of what may wait; set by the owner before the first use */
};

/* -ENOBUFS: more than max would wait; -ENOMEM. Nothing is added then. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t len);
/* Drop the first len bytes, of at least so many. Gives the memory back where nothing is left and it was a lot. */
void buffer_take(struct buffer *buffer, size_t len);
void buffer_free(struct buffer *buffer);

static inline size_t buffer_len(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

#endif
