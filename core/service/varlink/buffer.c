/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grows by doubling. The budget is taken before memory, and given back with it. */
#include "core/service/varlink/buffer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 4096u
#define ROOM_KEPT 65536u

bool budget_take(struct budget *budget, size_t bytes)
{
	size_t used = atomic_load(&budget->used);

	do {
		if (bytes > budget->max - used)
			return false;
	} while (!atomic_compare_exchange_weak(&budget->used, &used, used + bytes));
	return true;
}

void budget_give(struct budget *budget, size_t bytes)
{
	atomic_fetch_sub(&budget->used, bytes);
}

/* Bytes of the budget that a buffer of this size takes. */
static size_t budget_part(size_t room)
{
	return room > BUFFER_OWN ? room - BUFFER_OWN : 0;
}

static int buffer_grow(struct buffer *buffer, size_t needed)
{
	size_t room = buffer->room ? buffer->room : ROOM_MIN, more;
	char *bytes;

	while (room < needed)
		room *= 2;
	if (room > buffer->max)
		room = buffer->max;
	more = budget_part(room) - budget_part(buffer->room);
	if (more && (!buffer->budget || !budget_take(buffer->budget, more)))
		return -ENOBUFS;
	bytes = realloc(buffer->bytes, room);
	if (!bytes) {
		if (more)
			budget_give(buffer->budget, more);
		return -ENOMEM;
	}
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
	size_t part = budget_part(buffer->room);

	free(buffer->bytes);
	if (part)
		budget_give(buffer->budget, part);
	*buffer = (struct buffer){.max = buffer->max, .budget = buffer->budget};
}
