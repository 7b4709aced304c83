/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is allocated in pieces and freed as a whole. Facts are kept in arenas. Not
 * thread-safe.
 */
#ifndef CORE_FACTS_ARENA_H
#define CORE_FACTS_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
	size_t used;  /* bytes, of the first chunk */
	size_t size;  /* bytes, of the first chunk */
	size_t total; /* bytes taken from malloc */
};

/* The memory is not zeroed. align is 8 or 1. NULL: out of memory. */
void *arena_alloc(struct arena *arena, size_t size, size_t align);
/* A zero-terminated copy of len bytes, which may include zeros. NULL: out of memory. */
char *arena_copy(struct arena *arena, const void *bytes, size_t len);
/* Frees everything. The arena is empty then, and can be used again. */
void arena_free(struct arena *arena);

/*
 * To undo, take a mark and rewind to it later: all that was allocated in between is
 * freed. Rewind to the latest mark first.
 */
struct arena_mark {
	struct arena state;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
