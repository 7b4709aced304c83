/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chunks double in size up to a megabyte, so few facts take little memory and many facts
 * need few chunks.
 */
#include "core/facts/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN 4096u
#define CHUNK_MAX (1u << 20)

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(16) char bytes[];
};

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);
	struct arena_chunk *chunk;

	if (arena->chunks && at <= arena->size && size <= arena->size - at) {
		arena->used = at + size;
		return arena->chunks->bytes + at;
	}
	if (size > SIZE_MAX / 2)
		return NULL;
	size_t room = arena->size ? arena->size * 2 : CHUNK_MIN;

	if (room > CHUNK_MAX)
		room = CHUNK_MAX;
	if (room < size)
		room = size;
	chunk = malloc(sizeof(*chunk) + room);
	if (!chunk)
		return NULL;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->size = room;
	arena->used = size;
	arena->total += room;
	return chunk->bytes;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t len)
{
	char *copy = len == SIZE_MAX ? NULL : arena_alloc(arena, len + 1, 1);

	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){.state = *arena};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
	while (arena->chunks != mark.state.chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
	*arena = mark.state;
}

void arena_free(struct arena *arena)
{
	arena_rewind(arena, (struct arena_mark){{0}});
}
