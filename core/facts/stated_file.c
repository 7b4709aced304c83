/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads one file of stated facts. Strict: a typing error must not read as "nothing is
 * known". Must not decide what a fact means.
 */
#include "core/facts/stated_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/facts/array.h"
#include "core/facts/inventory_tree.h"
#include "core/facts/json_source.h"
#include "core/facts/name.h"
#include "core/facts/rfc3339.h"
#include "core/facts/owner.h"
#include "core/facts/text.h"

#define FORMAT "migcompat-facts/1"
/* Bytes that are left for KEY in "stated/KEY". */
#define STATED_KEY_MAX \
	(FACT_KEY_MAX - (sizeof(STATED_PREFIX) - 1) - (sizeof(STATED_DATE_SUFFIX) - 1))

/* The file that is being read. */
struct statement_file {
	struct stated *stated;
	const char *name;
	const char *date;
	struct error *err;
};

static int out_of_memory(const char *name, struct error *err)
{
	return error_set(err, -ENOMEM, "%s: out of memory", name);
}

/* ---------------------------------------------------------------- one statement */

static int statement_push(struct statement_file *file, const char *id, const char *key,
			  const char *value)
{
	struct stated *stated = file->stated;
	struct statement statement = {
		.date = file->date, .file = file->name, .order = stated->count};
	struct statement *statements;

	if (stated->count >= FACTSET_MAX)
		return error_set(file->err, -E2BIG,
				 "%s: there are more than %u stated facts, expected at most that",
				 file->name, FACTSET_MAX);
	statements = array_grow(stated->statements, stated->count, sizeof(*statements));
	if (!statements)
		return out_of_memory(file->name, file->err);
	stated->statements = statements;
	statement.id = intern_text(&stated->texts, id);
	statement.key = intern_text(&stated->texts, key);
	statement.value = arena_copy(&stated->arena, value, strlen(value));
	if (!statement.id || !statement.key || !statement.value)
		return out_of_memory(file->name, file->err);
	statements[stated->count++] = statement;
	return 0;
}

/* A path, as for all facts. '@' is reserved for the date of a fact. */
static bool key_valid(const char *key)
{
	size_t len = strlen(key);

	return len > 0 && len <= STATED_KEY_MAX && utf8_clean(key, len) && key[0] != '/' &&
	       key[len - 1] != '/' && !strstr(key, "//") && !strchr(key, '@');
}

/* The members of "host" or of one device. where is the place, for messages. */
static int statements_read(struct statement_file *file, const char *where, const char *id,
			   json_t *tree)
{
	char fact[sizeof(STATED_PREFIX) + STATED_KEY_MAX];
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(tree))
		return error_set(file->err, -EINVAL, "%s: %s is %s, expected an object", file->name,
				 where, json_source_type(tree));
	json_object_foreach (tree, key, value) {
		if (!key_valid(key))
			return error_set(file->err, -EINVAL,
					 "%s: %s: \"%s\" is no name of a fact, expected a path of "
					 "at most %zu bytes without '@'",
					 file->name, where, SHOWN(key), STATED_KEY_MAX);
		if (!json_is_string(value))
			return error_set(file->err, -EINVAL,
					 "%s: %s: \"%s\" is %s, expected a string", file->name,
					 where, SHOWN(key), json_source_type(value));
		if (json_string_length(value) > FACT_VALUE_MAX)
			return error_set(file->err, -EINVAL,
					 "%s: %s: \"%s\" is %zu bytes long, expected at most %u",
					 file->name, where, SHOWN(key), json_string_length(value),
					 FACT_VALUE_MAX);
		r = text_format(fact, sizeof(fact), STATED_PREFIX "%s", key);
		if (r >= 0)
			r = statement_push(file, id, fact, json_string_value(value));
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---------------------------------------------------------------- one file */

static int format_read(struct statement_file *file, json_t *value)
{
	const char *format = json_string_value(value);

	if (!format)
		return error_set(file->err, -EINVAL, "%s: \"format\" is %s, expected \"%s\"",
				 file->name, json_source_type(value), FORMAT);
	if (strcmp(format, FORMAT) != 0)
		return error_set(file->err, -EINVAL, "%s: \"format\" is \"%s\", expected \"%s\"",
				 file->name, SHOWN(format), FORMAT);
	return 0;
}

static int date_read(struct statement_file *file, json_t *value)
{
	const char *date = json_string_value(value);

	if (!date)
		return error_set(file->err, -EINVAL,
				 "%s: \"stated\" is %s, expected a date like \"2026-11-21\"",
				 file->name, json_source_type(value));
	if (!rfc3339_is_day(date))
		return error_set(file->err, -EINVAL,
				 "%s: \"stated\" is \"%s\", expected a date like \"2026-11-21\"",
				 file->name, SHOWN(date));
	file->date = intern_text(&file->stated->texts, date);
	return file->date ? 0 : out_of_memory(file->name, file->err);
}

static int host_read(struct statement_file *file, json_t *value)
{
	return statements_read(file, "\"host\"", "", value);
}

static int devices_read(struct statement_file *file, json_t *value)
{
	const char *id;
	json_t *tree;
	int r = 0;

	if (!json_is_object(value))
		return error_set(file->err, -EINVAL, "%s: \"devices\" is %s, expected an object",
				 file->name, json_source_type(value));
	json_object_foreach (value, id, tree) {
		char where[96];

		if (!id_valid(MIGCOMPAT_KIND_PHYSICAL, id) &&
		    !id_valid(MIGCOMPAT_KIND_MDEV_TYPE, id))
			return error_set(file->err, -EINVAL,
					 "%s: \"%s\" is no device's id, expected a name or "
					 "PARENT/TYPE-ID: " NAME_EXPECTED,
					 file->name, SHOWN(id));
		snprintf(where, sizeof(where), "device \"%s\"", SHOWN(id));
		r = statements_read(file, where, id, tree);
		if (r < 0)
			return r;
	}
	return r;
}

/*
 * The order of reading, whatever the order in the file is: the date comes before the
 * facts.
 */
static const struct {
	const char *name;
	int (*read)(struct statement_file *file, json_t *value);
	bool required;
} members[] = {{"format", format_read, true},
	       {"stated", date_read, true},
	       {"host", host_read, false},
	       {"devices", devices_read, false}};
#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

static int members_known(const struct statement_file *file, json_t *tree)
{
	const char *name;
	json_t *value;

	json_object_foreach (tree, name, value) {
		size_t i = 0;

		while (i < MEMBER_COUNT && strcmp(members[i].name, name) != 0)
			i++;
		if (i == MEMBER_COUNT)
			return error_set(
				file->err, -EINVAL,
				"%s: \"%s\" is unknown, expected format, stated, host or devices",
				file->name, SHOWN(name));
	}
	return 0;
}

static int tree_read(struct statement_file *file, json_t *tree)
{
	int r;

	if (!json_is_object(tree))
		return error_set(file->err, -EINVAL, "%s: is %s, expected an object", file->name,
				 json_source_type(tree));
	r = members_known(file, tree);
	for (size_t i = 0; r == 0 && i < MEMBER_COUNT; i++) {
		json_t *value = json_object_get(tree, members[i].name);

		if (value)
			r = members[i].read(file, value);
		else if (members[i].required)
			r = error_set(file->err, -EINVAL,
				      "%s: \"%s\" is missing, expected a string", file->name,
				      members[i].name);
	}
	return r;
}

int stated_owner_check(int fd, const char *name, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set(err, -errno, "%s: cannot be read: %s", name,
				 strerrordesc_np(errno));
	return owner_check(&st, name, OWNER_SINCE_VERDICTS, err);
}

int stated_file_read(struct stated *stated, const char *folder, const char *entry,
		     struct error *err)
{
	struct statement_file file = {.stated = stated, .err = err};
	struct json_source source;
	json_t *tree = NULL;
	char *name;
	int r;

	if (asprintf(&name, "%s/%s", folder, entry) < 0)
		return out_of_memory(folder, err);
	file.name = arena_copy(&stated->arena, name, strlen(name));
	free(name);
	if (!file.name)
		return out_of_memory(folder, err);
	r = json_source_open(&source, file.name, INVENTORY_DEVICE_MAX, err);
	if (r < 0)
		return r;
	r = stated_owner_check(source.fd, file.name, err);
	if (r == 0)
		r = json_source_value(&source, "the document", INVENTORY_DEVICE_MAX, &tree, err);
	if (r == 0)
		r = json_source_finish(&source, err);
	if (r == 0)
		r = tree_read(&file, tree);
	json_decref(tree);
	json_source_close(&source);
	return r;
}
