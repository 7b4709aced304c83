/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The top-level keys of a configuration file, and how their values enter the policy. Must not read
 * files and must not apply rules.
 */
#include "core/policy/tables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/macros.h"

#define TIMEOUT_MS_MAX 600000
#define STALE_AFTER_S_MAX 315360000 /* ten years */

#define A_STRING TYPES_STRING, "a string"
#define A_LIST TYPES_LIST, "a list ( { … }, … )"

/* ---------------------------------------------------------------- preferences */

static const struct schema_key prefer_keys[] = {
	{"backend", A_STRING, namespace_read, offsetof(struct preference, backend), NULL, true},
	{"key", A_STRING, string_read, offsetof(struct preference, key), NULL, true},
};
static const struct schema prefer_schema = {"preference", prefer_keys, COUNT(prefer_keys), NULL};

/* A copy in which the dashes of the module are underscores. */
static const char *key_normalise(struct arena *arena, const char *key)
{
	char *copy = arena_copy(arena, key, strlen(key));

	for (char *c = copy; c && *c && *c != ':'; c++)
		if (*c == '-')
			*c = '_';
	return copy;
}

static int read_preference(struct reader *reader, const struct conf_node *group, size_t i,
			   void *arg)
{
	struct policy *policy = reader->policy;
	struct preference *given = reader_alloc(reader, 1, sizeof(*given));
	struct preference **at = &policy->preferences;
	int r = given ? schema_read(reader, group, &prefer_schema, given) : -ENOMEM;

	(void)i;
	(void)arg;
	if (r)
		return r;
	given->where = reader_where(reader, group);
	given->key = key_normalise(&policy->arena, given->key);
	if (!given->where || !given->key)
		return reader_no_memory(reader);
	while (*at && strcmp((*at)->key, given->key) != 0)
		at = &(*at)->next;
	if (!*at && policy->npreferences++ == POLICY_ENTRIES_MAX)
		return reader_fail(reader, group, "there are more than %u preferences",
				   POLICY_ENTRIES_MAX);
	given->next = *at ? (*at)->next : NULL;
	*at = given;
	return 0;
}

static int read_prefer(struct reader *reader, const struct conf_node *setting,
		       const struct schema_key *key, void *field)
{
	(void)field;
	return schema_each_group(reader, setting, key->name, POLICY_ENTRIES_MAX, read_preference,
				 NULL);
}

/* ---------------------------------------------------------------- sections */

static const char *section_value(struct reader *reader, const struct conf_node *setting,
				 unsigned *ret_type, int *ret_error)
{
	const char *value = NULL;
	char digits[24];

	*ret_error = 0;
	switch (setting->type) {
	case CONF_BOOL:
		*ret_type = MIGCOMPAT_SETTING_BOOL;
		return setting->number ? "true" : "false";
	case CONF_INT:
	case CONF_INT64:
		*ret_type = MIGCOMPAT_SETTING_INT;
		snprintf(digits, sizeof(digits), "%lld", setting->number);
		value = arena_copy(&reader->policy->arena, digits, strlen(digits));
		if (!value)
			*ret_error = reader_no_memory(reader);
		return value;
	case CONF_STRING:
		*ret_type = MIGCOMPAT_SETTING_STRING;
		*ret_error = reader_text(reader, setting, setting->name, POLICY_STRING_MAX, &value);
		return value;
	default:
		*ret_error = reader_fail(reader, setting,
					 "\"%s\" is of a wrong type, expected true or false, a "
					 "whole number or a string",
					 setting->name);
		return NULL;
	}
}

static int read_setting(struct reader *reader, struct section *section,
			const struct conf_node *setting)
{
	struct policy *policy = reader->policy;
	const char *name = setting->name;
	struct section_setting *given = reader_alloc(reader, 1, sizeof(*given));
	struct section_setting **at = &section->settings;
	int r;

	if (!given)
		return -ENOMEM;
	given->value = section_value(reader, setting, &given->type, &r);
	if (r)
		return r;
	given->where = reader_where(reader, setting);
	given->name = arena_copy(&policy->arena, name, strlen(name));
	if (!given->where || !given->name)
		return reader_no_memory(reader);
	/* at is the address of a member, never NULL. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at && policy->nsettings++ == POLICY_ENTRIES_MAX)
		return reader_fail(reader, setting, "there are more than %u settings of backends",
				   POLICY_ENTRIES_MAX);
	given->next = *at ? (*at)->next : NULL;
	*at = given;
	return 0;
}

/* Find the section of a name, or append a new one. */
static int section_find(struct reader *reader, const struct conf_node *setting,
			struct section **ret)
{
	struct policy *policy = reader->policy;
	const char *name = setting->name;
	struct section **at = &policy->sections;

	while (*at && strcmp((*at)->namespace, name) != 0)
		at = &(*at)->next;
	if (!*at) {
		struct section *section = reader_alloc(reader, 1, sizeof(*section));

		if (!section)
			return -ENOMEM;
		if (policy->nsections++ == POLICY_ENTRIES_MAX)
			return reader_fail(reader, setting, "there are more than %u sections",
					   POLICY_ENTRIES_MAX);
		section->where = reader_where(reader, setting);
		section->namespace = arena_copy(&policy->arena, name, strlen(name));
		if (!section->where || !section->namespace)
			return reader_no_memory(reader);
		*at = section;
	}
	*ret = *at;
	return 0;
}

static int read_section(struct reader *reader, const struct conf_node *setting,
			const struct schema_key *key, void *object)
{
	struct section *section = NULL;
	int r = section_find(reader, setting, &section), first = 0;

	(void)key;
	(void)object;
	if (r)
		return r;
	for (size_t i = 0; i < conf_count(setting); i++)
		if (policy_ends(reader->policy,
				read_setting(reader, section, conf_child(setting, i)), &first))
			return first;
	return first;
}

/* ---------------------------------------------------------------- plain settings */

static int read_backend_dir(struct reader *reader, const struct conf_node *setting,
			    const struct schema_key *key, void *field)
{
	const char **path = field;
	int r = string_read(reader, setting, key, field);

	if (!r && **path != '/')
		return reader_fail(reader, setting,
				   "\"%s\" is a relative path, expected an absolute one",
				   key->name);
	return r;
}

static int read_timeout(struct reader *reader, const struct conf_node *setting,
			const struct schema_key *key, void *field)
{
	long long timeout_ms = setting->number;

	if (timeout_ms < 1 || timeout_ms > TIMEOUT_MS_MAX)
		return reader_fail(reader, setting, "\"%s\" is %lld, expected 1 to %d milliseconds",
				   key->name, timeout_ms, TIMEOUT_MS_MAX);
	*(unsigned *)field = (unsigned)timeout_ms;
	return 0;
}

static int read_stale_after(struct reader *reader, const struct conf_node *setting,
			    const struct schema_key *key, void *field)
{
	long long seconds = setting->number;

	if (seconds < 0 || seconds > STALE_AFTER_S_MAX)
		return reader_fail(reader, setting, "\"%s\" is %lld, expected 0 to %d seconds",
				   key->name, seconds, STALE_AFTER_S_MAX);
	*(unsigned *)field = (unsigned)seconds;
	return 0;
}

/* Note where the plain settings of a file are. */
static int plain_note(struct reader *reader, const struct conf_node *root)
{
	static const char *const keys[PLAIN_COUNT] = {
		[PLAIN_BACKEND_DIR] = "backend_dir",
		[PLAIN_TIMEOUT_MS] = "timeout_ms",
		[PLAIN_MIXED] = "mixed",
		[PLAIN_MECHANISM] = "mechanism",
		[PLAIN_GENERIC] = "generic",
		[PLAIN_STALE_AFTER] = "stale_after",
	};

	for (size_t i = 0; i < PLAIN_COUNT; i++) {
		const struct conf_node *setting = conf_member(root, keys[i]);
		const char *where = setting ? reader_where(reader, setting) : NULL;

		if (setting && !where)
			return reader_no_memory(reader);
		if (where)
			reader->policy->plain_where[i] = where;
	}
	return 0;
}

static const struct schema_key top_keys[] = {
	{"backend_dir", A_STRING, read_backend_dir, offsetof(struct policy, backend_dir), NULL,
	 false},
	{"generic", A_STRING, word_read, offsetof(struct policy, generic_equal), generic_words,
	 false},
	{"known_bad", A_LIST, known_bad_read, 0, NULL, false},
	{"mechanism", A_STRING, word_read, offsetof(struct policy, mechanism), mechanism_words,
	 false},
	{"mixed", TYPES_BOOL, "true or false", bool_read, offsetof(struct policy, mixed), NULL,
	 false},
	{"prefer", A_LIST, read_prefer, 0, NULL, false},
	{"rules", A_LIST, rules_read, 0, NULL, false},
	{"stale_after", TYPES_NUMBER, "a whole number of seconds", read_stale_after,
	 offsetof(struct policy, stale_after_s), NULL, false},
	{"timeout_ms", TYPES_NUMBER, "a whole number of milliseconds", read_timeout,
	 offsetof(struct policy, timeout_ms), NULL, false},
};
static const struct schema top_schema = {"file", top_keys, COUNT(top_keys), read_section};

int tables_read(struct reader *reader, const struct conf_node *root)
{
	int r = schema_read(reader, root, &top_schema, reader->policy);

	return r ? r : plain_note(reader, root);
}

size_t tables_keys(const struct schema_key **ret)
{
	*ret = top_keys;
	return COUNT(top_keys);
}
