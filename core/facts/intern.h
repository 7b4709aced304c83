/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stores each of many repeated texts once: fact keys, driver names, globs. Not
 * thread-safe.
 */
#ifndef CORE_FACTS_INTERN_H
#define CORE_FACTS_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "core/facts/arena.h"

struct intern_slot;
struct intern {
	struct arena *arena; /* holds the copies, which outlive the table */
	struct intern_slot *slots;
	size_t count;
	size_t room; /* slots, a power of two, or 0 */
	uint64_t seed;
};

void intern_init(struct intern *intern, struct arena *arena);
void intern_free(struct intern *intern);
/* The stored copy. NULL: out of memory. */
const char *intern_text(struct intern *intern, const char *text);

#endif
