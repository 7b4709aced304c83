/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing buffer with an upper bound. */
#include "core/service/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 4096u
#define ROOM_KEPT 65536u

static int buffer_grow(struct buffer *buffer, size_t needed)
{
	size_t room = buffer->room ? buffer->room : ROOM_MIN;
	char *bytes;

	while (room < needed)
		room *= 2;
	bytes = realloc(buffer->bytes, room);
	if (!bytes)
		return -ENOMEM;
	buffer->bytes = bytes;
	buffer->room = room;
	return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
	size_t waiting = buffer_len(buffer);
	int r;

	if (len > buffer->max || waiting > buffer->max - len)
		return -ENOBUFS;
	if (len == 0)
		return 0;
	if (buffer->start) {
		memmove(buffer->bytes, buffer->bytes + buffer->start, waiting);
		buffer->start = 0;
		buffer->end = waiting;
	}
	if (len > buffer->room - waiting) {
		r = buffer_grow(buffer, waiting + len);
		if (r)
			return r;
	}
	memcpy(buffer->bytes + waiting, bytes, len);
	buffer->end = waiting + len;
	return 0;
}

void buffer_take(struct buffer *buffer, size_t len)
{
	buffer->start += len;
	if (buffer->start < buffer->end)
		return;
	buffer->start = buffer->end = 0;
	if (buffer->room > ROOM_KEPT)
		buffer_free(buffer);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){.max = buffer->max};
}
