/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash table with open addressing; the texts are in an arena. It is seeded, because the
 * texts come from files of others.
 */
#include "core/facts/intern.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#define ROOM_MIN 64u

struct intern_slot {
	uint64_t hash;
	const char *text; /* NULL: the slot is free */
};

void intern_init(struct intern *intern, struct arena *arena)
{
	/*
	 * The address of the table differs in each process, so nobody can prepare texts
	 * that collide.
	 */
	*intern = (struct intern){.arena = arena, .seed = (uintptr_t)intern};
}

void intern_free(struct intern *intern)
{
	free(intern->slots);
	intern_init(intern, intern->arena);
}

/* The slot that has the text, or the free slot for it. */
static struct intern_slot *slot_find(struct intern_slot *slots, size_t room, uint64_t hash,
				     const char *text)
{
	size_t i = hash & (room - 1);

	while (slots[i].text && (slots[i].hash != hash || strcmp(slots[i].text, text) != 0))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static int intern_grow(struct intern *intern)
{
	size_t room = intern->room ? intern->room * 2 : ROOM_MIN;
	struct intern_slot *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -1;
	for (size_t i = 0; i < intern->room; i++)
		if (intern->slots[i].text)
			*slot_find(slots, room, intern->slots[i].hash, intern->slots[i].text) =
				intern->slots[i];
	free(intern->slots);
	intern->slots = slots;
	intern->room = room;
	return 0;
}

const char *intern_text(struct intern *intern, const char *text)
{
	size_t len = strlen(text);
	uint64_t hash = XXH3_64bits_withSeed(text, len, intern->seed);
	struct intern_slot *slot;

	if (intern->count >= intern->room / 2 && intern_grow(intern) != 0)
		return NULL;
	slot = slot_find(intern->slots, intern->room, hash, text);
	if (!slot->text) {
		const char *copy = arena_copy(intern->arena, text, len);

		if (!copy)
			return NULL;
		*slot = (struct intern_slot){.hash = hash, .text = copy};
		intern->count++;
	}
	return slot->text;
}
