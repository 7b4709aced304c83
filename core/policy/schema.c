/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads groups by tables of keys, and says what is wrong with them. Must not know any key.
 */
#include "core/policy/schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool policy_ends(const struct policy *policy, int r, int *first)
{
	if (r && !*first)
		*first = r;
	return r && (!policy->list || r == -ENOMEM);
}

void policy_tell(const struct policy *policy, const char *file, int code, const char *text)
{
	if (policy->list)
		policy->list->tell(policy->list->arg, file, code, text);
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
	policy_tell(reader->policy, file, -EINVAL, why.text);
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

int word_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	      void *field)
{
	const char *text = "";
	struct error why;
	int r = reader_text(reader, setting, key->name, POLICY_STRING_MAX, &text);

	if (r)
		return r;
	return word_find(key->name, text, key->words, field, &why)
		       ? reader_fail(reader, setting, "%s", why.text)
		       : 0;
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
		[CONF_GROUP] = "a group",        [CONF_LIST] = "a list",
		[CONF_ARRAY] = "an array",       [CONF_STRING] = "a string",
		[CONF_BOOL] = "true or false",   [CONF_INT] = "a whole number",
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

int schema_each_group(struct reader *reader, const struct conf_node *list, const char *what,
		      size_t max, schema_group_fn *read, void *arg)
{
	size_t count = conf_count(list);
	int first = 0;

	if (count > max)
		return reader_fail(reader, list, "there are %zu of %s, expected at most %zu", count,
				   what, max);
	for (size_t i = 0; i < count; i++) {
		const struct conf_node *group = conf_child(list, i);
		int r;

		if (group->type != CONF_GROUP)
			r = reader_fail(reader, group,
					"element %zu of \"%s\" is no group, expected { … }", i + 1,
					what);
		else
			r = read(reader, group, i, arg);
		if (policy_ends(reader->policy, r, &first))
			return first;
	}
	return first;
}
