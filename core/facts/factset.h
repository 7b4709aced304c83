/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of facts, sorted by key: what is known about one device or one host. It is
 * read-only once it is built, so threads may share it.
 */
#ifndef CORE_FACTS_FACTSET_H
#define CORE_FACTS_FACTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/facts/arena.h"
#include "core/facts/error.h"
#include "core/facts/utf8.h"

#define FACT_KEY_MAX 255u     /* bytes of a key */
#define FACT_VALUE_MAX 65536u /* bytes of a value */
#define FACTSET_MAX 262144u   /* facts of one device or host: enough for 65,536 queues */

struct fact {
	const char *key;
	const char *value; /* zero-terminated; NULL if error is set */
	uint32_t len;
	uint16_t error; /* why it could not be read, a positive errno; 0: value is set */
	bool binary;    /* bytes, not UTF-8 text */
};

struct factset {
	const struct fact *facts;
	size_t count;
};

/*
 * Facts are added in any order. The last step sorts them, drops exact repetitions, and
 * refuses a key with two values.
 */
struct factset_builder {
	struct arena *arena; /* must live as long as the facts; holds the values */
	struct fact *facts;  /* malloc'd while building */
	size_t count;
	bool unsorted;
};

void factset_builder_init(struct factset_builder *builder, struct arena *arena);
/*
 * Add a fact. key must live as long as the arena; value is copied. One newline at the end
 * of value is dropped. If value is not UTF-8 or has zero bytes, the fact is binary.
 * -E2BIG: key or value is too long, or there are too many facts. -EINVAL: key is empty or
 * has control characters.
 */
int factset_builder_add(struct factset_builder *builder, const char *key, const char *value,
			size_t len);
/* Add bytes as they are. */
int factset_builder_add_binary(struct factset_builder *builder, const char *key, const void *bytes,
			       size_t len);
/*
 * Add a fact whose key and value already live as long as the arena. Sets can share its
 * value, which is not copied.
 */
int factset_builder_share(struct factset_builder *builder, const struct fact *fact);
/*
 * Add a fact that could not be read. ENOENT means that it is missing, and adds nothing.
 */
int factset_builder_add_error(struct factset_builder *builder, const char *key, int error);
/*
 * Make the fact that factset_builder_add would add, with its value in the arena, to be
 * shared. -E2BIG, -ENOMEM.
 */
int fact_make(struct arena *arena, const char *key, const char *value, size_t len,
	      struct fact *ret);
/*
 * Move the facts into the arena, and free the builder in any case. -EEXIST: a key has two
 * values; err names the key.
 */
int factset_builder_finish(struct factset_builder *builder, struct factset *ret, struct error *err);
void factset_builder_free(struct factset_builder *builder);

/* NULL: the set does not have it. */
const struct fact *factset_find(const struct factset *set, const char *key);
/*
 * The index of the first fact whose key begins with these bytes, or comes after all such keys. Keys
 * that fit a glob begin with its literal part, so they follow each other from here on.
 */
size_t factset_from(const struct factset *set, const char *prefix, size_t len);
/* The text of a fact. NULL: it is missing, could not be read, or is binary. */
const char *factset_text(const struct factset *set, const char *key);

/* Does key match glob? '*' and '?' do not match '/'. */
bool fact_glob_match(const char *glob, const char *key);
/* Does key match one of the globs? */
bool fact_glob_any(const char *const *globs, size_t count, const char *key);

#endif
