/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading groups of a configuration file by tables of known keys. Every error is one
 * sentence that begins with FILE:LINE and names what was expected, and the nearest known
 * word where one is unknown.
 */
#ifndef CORE_POLICY_SCHEMA_H
#define CORE_POLICY_SCHEMA_H

#include "core/config/tree.h"
#include "core/policy/policy_private.h"
#include "core/policy/source.h"

#define TYPE_BIT(type) (1u << (type))
#define TYPES_BOOL TYPE_BIT(CONF_BOOL)
#define TYPES_STRING TYPE_BIT(CONF_STRING)
#define TYPES_NUMBER (TYPE_BIT(CONF_INT) | TYPE_BIT(CONF_INT64))
#define TYPES_GROUP TYPE_BIT(CONF_GROUP)
#define TYPES_LIST (TYPE_BIT(CONF_LIST) | TYPE_BIT(CONF_ARRAY))

struct reader {
	struct policy *policy;
	const struct source *source;
	struct error *err;
};

struct schema_key;
/* field: the member that the key's offset names. */
typedef int schema_read_fn(struct reader *reader, const struct conf_node *setting,
			   const struct schema_key *key, void *field);

struct schema_key {
	const char *name;
	unsigned types;	      /* TYPES_… that may stand there */
	const char *expected; /* "a string", said for other types */
	schema_read_fn *read;
	size_t offset;
	const char *const *words; /* for word_read and kind_read */
	bool required;
};

struct schema {
	const char *what; /* "rule" */
	const struct schema_key *keys;
	size_t nkeys;
	/* Takes groups whose name is no key; NULL: there are none. */
	schema_read_fn *section;
};

/* Read all of a group into object. */
int schema_read(struct reader *reader, const struct conf_node *group, const struct schema *schema,
		void *object);

/* err becomes "FILE:LINE: …"; returns -EINVAL. */
int reader_fail(struct reader *reader, const struct conf_node *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int reader_no_memory(struct reader *reader);
/* "FILE:LINE" in the policy's arena, or NULL. */
const char *reader_where(struct reader *reader, const struct conf_node *setting);
/* A string that may go into sentences: UTF-8, no control characters, 1 to max bytes. In the arena.
 */
int reader_text(struct reader *reader, const struct conf_node *setting, const char *what,
		size_t max, const char **ret);
/* Zeroed memory in the arena; NULL after the error was set. */
void *reader_alloc(struct reader *reader, size_t count, size_t size);

/* Field readers. Strings: const char *; words: unsigned, the index; kinds: const char *. */
schema_read_fn string_read;
schema_read_fn glob_read;
schema_read_fn word_read;
schema_read_fn kind_read;
schema_read_fn bool_read;

/* Out of count words, each a const char * at the start of an element of that size, the one fewest
 * edits away; NULL: there are none. */
const char *nearest_word(const char *word, const void *words, size_t count, size_t size);
/* Is the word a slip of the known one? A suggestion that is far off helps nobody. */
bool word_is_near(const char *word, const char *known);
/* "a, b or c", each word in quotes where quoted. Returns buffer. */
const char *words_render(char *buffer, size_t room, const void *words, size_t count, size_t size,
			 bool quoted);

#endif
