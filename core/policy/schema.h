/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads groups of a configuration file by tables of known keys. Each error is one sentence. It
 * begins with FILE:LINE and says what was expected. For an unknown word it names the nearest
 * known one.
 */
#ifndef CORE_POLICY_SCHEMA_H
#define CORE_POLICY_SCHEMA_H

#include "core/config/tree.h"
#include "core/policy/policy_private.h"
#include "core/policy/source.h"
#include "core/policy/words.h"

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
	unsigned types;       /* TYPES_… that are allowed */
	const char *expected; /* "a string"; for the message about another type */
	schema_read_fn *read;
	size_t offset;
	const char *const *words; /* for word_read and kind_read */
	bool required;
};

struct schema {
	const char *what; /* "rule" */
	const struct schema_key *keys;
	size_t nkeys;
	/* Reads groups whose name is no key. NULL: no such group is allowed. */
	schema_read_fn *section;
};

/* Read a group into object. */
int schema_read(struct reader *reader, const struct conf_node *group, const struct schema *schema,
		void *object);

/* Set err to "FILE:LINE: …", report it if all errors are wanted, and return -EINVAL. */
int reader_fail(struct reader *reader, const struct conf_node *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int reader_no_memory(struct reader *reader);
/* "FILE:LINE" in the policy's arena. NULL: out of memory, and err is not set. */
const char *reader_where(struct reader *reader, const struct conf_node *setting);
/*
 * Read a string of 1 to max bytes into the arena. It is UTF-8 without control characters, so it
 * may go into sentences.
 */
int reader_text(struct reader *reader, const struct conf_node *setting, const char *what,
		size_t max, const char **ret);
/* Zeroed memory in the arena. NULL: out of memory, and err is set. */
void *reader_alloc(struct reader *reader, size_t count, size_t size);

/*
 * Field readers. string_read, glob_read and kind_read set a const char *, word_read an unsigned
 * (the index of the word), bool_read a bool.
 */
schema_read_fn string_read;
schema_read_fn glob_read;
schema_read_fn word_read;
schema_read_fn kind_read;
schema_read_fn bool_read;

/*
 * Call read for each element of a list. Each must be a group, and there may be max of them. Ends
 * if policy_ends says so. Returns the first error.
 */
typedef int schema_group_fn(struct reader *reader, const struct conf_node *group, size_t i,
			    void *arg);
int schema_each_group(struct reader *reader, const struct conf_node *list, const char *what,
		      size_t max, schema_group_fn *read, void *arg);

/*
 * Note an error of one part in *first, unless an earlier part failed. True: reading ends here. It
 * goes on if all errors are wanted and there is memory.
 */
bool policy_ends(const struct policy *policy, int r, int *first);
/* Report an error, if all are wanted. */
void policy_tell(const struct policy *policy, const char *file, int code, const char *text);

#endif
