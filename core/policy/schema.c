/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking groups by tables, and saying what is wrong with them. Must not know any key. */
#include "core/policy/schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64u /* longer words are compared by their beginning */

static const char *word_at(const void *words, size_t i, size_t size)
{
	return *(const char *const *)(const void *)((const char *)words + i * size);
}

/* Levenshtein's distance, in two rows. */
static size_t distance(const char *a, const char *b)
{
	size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);
	size_t rows[2][WORD_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		const size_t *above = rows[(i - 1) % 2];
		size_t *row = rows[i % 2];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);
			size_t moved = (above[j] < row[j - 1] ? above[j] : row[j - 1]) + 1;

			row[j] = changed < moved ? changed : moved;
		}
	}
	return rows[na % 2][nb];
}

const char *nearest_word(const char *word, const void *words, size_t count, size_t size)
{
	const char *nearest = NULL;
	size_t least = 0;

	for (size_t i = 0; i < count; i++) {
		size_t edits = distance(word, word_at(words, i, size));

		if (!nearest || edits < least) {
			nearest = word_at(words, i, size);
			least = edits;
		}
	}
	return nearest;
}

bool word_is_near(const char *word, const char *known)
{
	return distance(word, known) * 3 <= strnlen(word, WORD_MAX) + 2;
}

const char *words_render(char *buffer, size_t room, const void *words, size_t count, size_t size,
			 bool quoted)
{
	const char *quote = quoted ? "\"" : "";
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < count && used < room; i++) {
		const char *joint = i == 0 ? "" : i + 1 == count ? " or " : ", ";

		used += (size_t)snprintf(buffer + used, room - used, "%s%s%s%s", joint, quote,
					 word_at(words, i, size), quote);
	}
	return buffer;
}

int reader_fail(struct reader *reader, const struct conf_node *setting, const char *format, ...)
{
	unsigned line;
	const char *file = source_where(reader->source, setting->line, &line);
	char text[ERROR_TEXT_MAX];
	struct error why;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(&why, -EINVAL, "%s:%u: %s", file, line, text);
	policy_tell(reader->policy, file, why.text);
	/* The first one stays. */
	if (reader->policy->list && reader->err && *reader->err->text)
		return -EINVAL;
	return error_set(reader->err, -EINVAL, "%s", why.text);
}

int reader_no_memory(struct reader *reader)
{
	return error_set(reader->err, -ENOMEM, "out of memory");
}

const char *reader_where(struct reader *reader, const struct conf_node *setting)
{
	unsigned line;
	const char *file = source_where(reader->source, setting->line, &line);
	size_t size = strlen(file) + 16;
	char *where = arena_alloc(&reader->policy->arena, size, 1);

	if (where)
		snprintf(where, size, "%s:%u", file, line);
	return where;
}

void *reader_alloc(struct reader *reader, size_t count, size_t size)
{
	void *memory = NULL;
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes))
		memory = arena_alloc(&reader->policy->arena, bytes, 8);
	if (memory)
		memset(memory, 0, bytes);
	else
		reader_no_memory(reader);
	return memory;
}

int reader_text(struct reader *reader, const struct conf_node *setting, const char *what,
		size_t max, const char **ret)
{
	const char *text = conf_text(setting);
	size_t len = text ? strlen(text) : 0;
	char *copy;

	if (!text)
		return reader_fail(reader, setting, "\"%s\" is of a wrong type, expected a string",
				   what);
	if (len == 0)
		return reader_fail(reader, setting, "\"%s\" is empty, expected some text", what);
	if (len > max)
		return reader_fail(reader, setting, "\"%s\" has %zu bytes, expected at most %zu",
				   what, len, max);
	if (!utf8_valid(text, len))
		return reader_fail(reader, setting, "\"%s\" is no UTF-8 text", what);
	if (!utf8_clean(text, len))
		return reader_fail(reader, setting,
				   "\"%s\" holds a control character, expected one line of text",
				   what);
	copy = arena_copy(&reader->policy->arena, text, len);
	if (!copy)
		return reader_no_memory(reader);
	*ret = copy;
	return 0;
}

int string_read(struct reader *reader, const struct conf_node *setting,
		const struct schema_key *key, void *field)
{
	return reader_text(reader, setting, key->name, POLICY_STRING_MAX, field);
}

int glob_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	      void *field)
{
	const char **glob = field;
	const char *problem;
	int r = reader_text(reader, setting, key->name, POLICY_STRING_MAX, glob);

	if (!r && (problem = policy_glob_check(*glob)))
		return reader_fail(reader, setting, "\"%s\" is no glob: %s", key->name, problem);
	return r;
}

static size_t words_count(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

int word_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	      void *field)
{
	size_t count = words_count(key->words);
	char expected[256], shown[80];
	const char *text = "";
	int r = reader_text(reader, setting, key->name, POLICY_STRING_MAX, &text);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(key->words[i], text) == 0) {
			*(unsigned *)field = (unsigned)i;
			return 0;
		}
	}
	return reader_fail(reader, setting, "%s is \"%s\", expected %s; nearest is \"%s\"",
			   key->name, policy_text_shown(text, shown, sizeof(shown)),
			   words_render(expected, sizeof(expected), key->words, count,
					sizeof(*key->words), true),
			   nearest_word(text, key->words, count, sizeof(*key->words)));
}

int kind_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	      void *field)
{
	unsigned kind = 0;
	int r = word_read(reader, setting, key, &kind);

	if (!r)
		*(const char **)field = key->words[kind];
	return r;
}

int bool_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	      void *field)
{
	(void)reader;
	(void)key;
	*(bool *)field = setting->number != 0;
	return 0;
}

static const char *type_name(enum conf_type type)
{
	static const char *const names[CONF_TYPE_COUNT] = {
		[CONF_GROUP] = "a group",	 [CONF_LIST] = "a list",
		[CONF_ARRAY] = "an array",	 [CONF_STRING] = "a string",
		[CONF_BOOL] = "true or false",	 [CONF_INT] = "a whole number",
		[CONF_INT64] = "a whole number", [CONF_FLOAT] = "a fraction",
	};

	return names[type];
}

static int fail_unknown(struct reader *reader, const struct conf_node *setting,
			const struct schema *schema)
{
	const char *name = setting->name;
	size_t size = sizeof(*schema->keys);
	char expected[320];

	return reader_fail(
		reader, setting, "unknown key \"%.64s\", expected %s%s; nearest is \"%s\"", name,
		words_render(expected, sizeof(expected), schema->keys, schema->nkeys, size, false),
		schema->section ? ", or a backend's name = { … }" : "",
		nearest_word(name, schema->keys, schema->nkeys, size));
}

static int read_member(struct reader *reader, const struct conf_node *setting,
		       const struct schema *schema, void *object)
{
	const char *name = setting->name;

	for (size_t i = 0; i < schema->nkeys; i++) {
		const struct schema_key *key = &schema->keys[i];

		if (strcmp(key->name, name) != 0)
			continue;
		if (!(TYPE_BIT(setting->type) & key->types))
			return reader_fail(reader, setting, "\"%s\" is %s, expected %s", name,
					   type_name(setting->type), key->expected);
		return key->read(reader, setting, key, (char *)object + key->offset);
	}
	if (schema->section && setting->type == CONF_GROUP)
		return schema->section(reader, setting, NULL, object);
	return fail_unknown(reader, setting, schema);
}

int schema_read(struct reader *reader, const struct conf_node *group, const struct schema *schema,
		void *object)
{
	int first = 0;

	for (size_t i = 0; i < conf_count(group); i++)
		if (policy_ends(reader->policy,
				read_member(reader, conf_child(group, i), schema, object), &first))
			return first;
	for (size_t i = 0; i < schema->nkeys; i++) {
		const struct schema_key *key = &schema->keys[i];
		int r;

		if (!key->required || conf_member(group, key->name))
			continue;
		r = reader_fail(reader, group, "the %s lacks \"%s\", expected %s", schema->what,
				key->name, key->expected);
		if (policy_ends(reader->policy, r, &first))
			return first;
	}
	return first;
}
