/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is given out in pieces and freed whole. What is kept of facts lives in arenas. Not
 * thread-safe. */
#ifndef CORE_FACTS_ARENA_H
#define CORE_FACTS_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
	size_t used;  /* of the first chunk */
	size_t size;  /* of the first chunk */
	size_t total; /* bytes taken from malloc */
};

/* Zeroed memory is not promised. NULL when out of memory. align: 8 or 1. */
void *arena_alloc(struct arena *arena, size_t size, size_t align);
/* A zero-terminated copy of len bytes (which may hold zeros). */
char *arena_copy(struct arena *arena, const void *bytes, size_t len);
/* Leaves the arena empty and usable. */
void arena_free(struct arena *arena);

/* Undo: give back all that was taken since the mark. Marks are undone last one first. */
struct arena_mark {
	struct arena state;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
