/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A read-only set of facts, sorted by key: what is known of one device or one host. Built once,
 * then shared freely between threads.
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
#define FACTSET_MAX 262144u   /* facts of one device or host (65,536 queues and what they have) */

struct fact {
	const char *key;
	const char *value; /* zero-terminated; NULL where error is set */
	uint32_t len;
	uint16_t error; /* positive errno: why it could not be read; 0: value is there */
	bool binary;	/* bytes, not UTF-8 text */
};

struct factset {
	const struct fact *facts;
	size_t count;
};

/* Facts are added in any order; finishing sorts, drops exact repetitions, and refuses a key with
 * two values. */
struct factset_builder {
	struct arena *arena; /* keys are interned by the caller or copied with copy_key */
	struct fact *facts;  /* malloc'd while building */
	size_t count;
	size_t room;
	bool unsorted;
};

void factset_builder_init(struct factset_builder *builder, struct arena *arena);
/*
 * key must live as long as the arena; value is copied. One trailing newline of a value is dropped.
 * Not UTF-8 or with zero bytes inside: becomes binary. -E2BIG: key or value too long, too many
 * facts; -EINVAL: an empty key, or one with control characters.
 */
int factset_builder_add(struct factset_builder *builder, const char *key, const char *value,
			size_t len);
/* Bytes as such, nothing dropped. */
int factset_builder_add_binary(struct factset_builder *builder, const char *key, const void *bytes,
			       size_t len);
/* A fact whose key and value live as long as the arena already: one value stands in many sets, and
 * is not copied. */
int factset_builder_share(struct factset_builder *builder, const struct fact *fact);
/* ENOENT makes a fact missing: nothing is added. */
int factset_builder_add_error(struct factset_builder *builder, const char *key, int error);
/* The fact that factset_builder_add would add, for sharing: its value stands in the arena. -E2BIG,
 * -ENOMEM. */
int fact_make(struct arena *arena, const char *key, const char *value, size_t len,
	      struct fact *ret);
/* Moves the facts into the arena. -EEXIST: a key with two different values, err names it. Frees the
 * builder always. */
int factset_builder_finish(struct factset_builder *builder, struct factset *ret, struct error *err);
void factset_builder_free(struct factset_builder *builder);

/* NULL: not there. */
const struct fact *factset_find(const struct factset *set, const char *key);
/*
 * The index of the first fact whose key begins with these bytes, or comes after all such keys. Keys
 * that fit a glob begin with its literal part, so they follow each other from here on.
 */
size_t factset_from(const struct factset *set, const char *prefix, size_t len);
/* Text of a fact; NULL where missing, unreadable or binary. */
const char *factset_text(const struct factset *set, const char *key);

/* Does a key fit a glob? '*' and '?' cross no '/'. */
bool fact_glob_match(const char *glob, const char *key);
/* Is the key inside any of the globs? */
bool fact_glob_any(const char *const *globs, size_t count, const char *key);

#endif
