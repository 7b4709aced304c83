/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks each member of a host or a device and copies it into the model. Must not read files. */
#include "core/facts/inventory_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/base64.h"
#include "core/facts/json_source.h"

const char *text_shown(struct shown *shown, const char *text)
{
	size_t len = strnlen(text, 64);
	bool cut = text[len] != '\0';

	/* Not in the middle of a character. */
	while (cut && len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	snprintf(shown->text, sizeof(shown->text), "%.*s%s", (int)len, text, cut ? "…" : "");
	return shown->text;
}
#define SHOWN(text) text_shown(&(struct shown){{0}}, text)

int inventory_fail(const struct inventory_reader *reader, int code, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (reader->in_host)
		return error_set(reader->err, code, "%s: \"host\": %s", reader->name, text);
	if (reader->id)
		return error_set(reader->err, code, "%s: device %zu (\"%s\"): %s", reader->name, reader->number, SHOWN(reader->id), text);
	if (reader->number)
		return error_set(reader->err, code, "%s: device %zu: %s", reader->name, reader->number, text);
	return error_set(reader->err, code, "%s: %s", reader->name, text);
}

static int out_of_memory(const struct inventory_reader *reader)
{
	return inventory_fail(reader, -ENOMEM, "out of memory");
}

/* ---------------------------------------------------------------- texts */

/* value as a text that names something, checked but not copied. */
static int text_check(const struct inventory_reader *reader, const char *member, const json_t *value, size_t max, const char **ret)
{
	size_t len = json_string_length(value);

	if (!value)
		return inventory_fail(reader, -EINVAL, "\"%s\" is missing, expected a string", member);
	if (!json_is_string(value))
		return inventory_fail(reader, -EINVAL, "\"%s\" is %s, expected a string", member, json_source_type(value));
	if (len == 0)
		return inventory_fail(reader, -EINVAL, "\"%s\" is empty, expected a string", member);
	if (len > max)
		return inventory_fail(reader, -EINVAL, "\"%s\" is %zu bytes long, expected at most %zu", member, len, max);
	if (!utf8_clean(json_string_value(value), len))
		return inventory_fail(reader, -EINVAL, "\"%s\" is \"%s\", expected no control characters", member,
				      SHOWN(json_string_value(value)));
	*ret = json_string_value(value);
	return 0;
}

int inventory_tree_text(struct inventory_reader *reader, const char *member, const json_t *value, const char **ret)
{
	const char *text;
	int r = text_check(reader, member, value, INVENTORY_TEXT_MAX, &text);

	if (r < 0)
		return r;
	text = intern_text(&reader->texts, text);
	if (!text)
		return out_of_memory(reader);
	*ret = text;
	return 0;
}

/* What stands before or after "//" in HOST//ID. */
static int name_check(const struct inventory_reader *reader, const char *member, const json_t *value, const char **ret)
{
	const char *text;
	int r = text_check(reader, member, value, INVENTORY_TEXT_MAX, &text);

	if (r < 0)
		return r;
	if (strstr(text, "//"))
		return inventory_fail(reader, -EINVAL, "\"%s\" is \"%s\", expected no \"//\", which parts host and id", member, SHOWN(text));
	*ret = text;
	return 0;
}

/* Writes to a device are shown below this path, so it must not lead out of /sys. */
static int path_check(const struct inventory_reader *reader, const char *member, const json_t *value, const char **ret)
{
	const char *text, *dots;
	int r = text_check(reader, member, value, INVENTORY_PATH_MAX, &text);

	if (r < 0)
		return r;
	dots = strstr(text, "/..");
	while (dots && dots[3] != '/' && dots[3] != '\0')
		dots = strstr(dots + 1, "/..");
	if (text[0] != '/' || dots)
		return inventory_fail(reader, -EINVAL, "\"%s\" is \"%s\", expected a path below /sys that begins with '/', without \"..\"",
				      member, SHOWN(text));
	*ret = text;
	return 0;
}

int inventory_tree_wanted(struct inventory_reader *reader, const json_t *tree, struct wanted *ret)
{
	const char **globs;
	json_t *value;
	size_t i;

	if (!json_is_array(tree))
		return inventory_fail(reader, -EINVAL, "\"wanted\" is %s, expected an array of globs", json_source_type(tree));
	if (json_array_size(tree) > INVENTORY_GLOBS_MAX)
		return inventory_fail(reader, -EINVAL, "\"wanted\" has %zu globs, expected at most %u", json_array_size(tree),
				      INVENTORY_GLOBS_MAX);
	globs = arena_alloc(&reader->inventory->arena, json_array_size(tree) * sizeof(*globs), 8);
	if (!globs)
		return out_of_memory(reader);
	json_array_foreach(tree, i, value) {
		int r = inventory_tree_text(reader, "wanted", value, &globs[i]);

		if (r < 0)
			return r;
	}
	*ret = (struct wanted){.globs = globs, .count = json_array_size(tree)};
	return 0;
}

int inventory_tree_extra(struct inventory_reader *reader, const json_t *tree, const char **ret)
{
	const char *copy;
	char *text;

	if (json_object_size(tree) == 0)
		return 0;
	text = json_dumps(tree, JSON_COMPACT);
	copy = text ? arena_copy(&reader->inventory->arena, text, strlen(text)) : NULL;
	free(text);
	if (!copy)
		return out_of_memory(reader);
	*ret = copy;
	return 0;
}

/* ---------------------------------------------------------------- facts */

/* Why the builder took no fact. */
static int fact_refused(const struct inventory_reader *reader, const char *key, size_t len, int r)
{
	if (r == -ENOMEM)
		return out_of_memory(reader);
	if (key[0] == '\0')
		return inventory_fail(reader, -EINVAL, "a fact's name is empty, expected a path");
	if (r == -EINVAL)
		return inventory_fail(reader, -EINVAL, "fact \"%s\" has control characters in its name, expected none", SHOWN(key));
	if (strlen(key) > FACT_KEY_MAX)
		return inventory_fail(reader, -EINVAL, "fact \"%s\" has a name of %zu bytes, expected at most %u", SHOWN(key), strlen(key),
				      FACT_KEY_MAX);
	if (len > FACT_VALUE_MAX)
		return inventory_fail(reader, -EINVAL, "fact \"%s\" is %zu bytes long, expected at most %u", SHOWN(key), len, FACT_VALUE_MAX);
	return inventory_fail(reader, -EINVAL, "has more than %u facts, expected at most that", FACTSET_MAX);
}

static int fact_text(const struct inventory_reader *reader, struct factset_builder *builder, const char *key, const json_t *value)
{
	size_t len = json_string_length(value);
	int r = factset_builder_add(builder, key, json_string_value(value), len);

	return r < 0 ? fact_refused(reader, key, len, r) : 0;
}

static int fact_error(const struct inventory_reader *reader, struct factset_builder *builder, const char *key, const json_t *value)
{
	const char *name = json_string_value(value);
	int code = name ? error_number(name) : 0;
	int r;

	if (!name)
		return inventory_fail(reader, -EINVAL, "fact \"%s\": \"error\" is %s, expected the name of an errno", SHOWN(key),
				      json_source_type(value));
	if (!code)
		return inventory_fail(reader, -EINVAL, "fact \"%s\": \"error\" is \"%s\", expected the name of an errno", SHOWN(key),
				      SHOWN(name));
	r = factset_builder_add_error(builder, key, code);
	return r < 0 ? fact_refused(reader, key, 0, r) : 0;
}

static int fact_binary(const struct inventory_reader *reader, struct factset_builder *builder, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	char *bytes;
	int r;

	if (!text)
		return inventory_fail(reader, -EINVAL, "fact \"%s\": \"base64\" is %s, expected a string", SHOWN(key), json_source_type(value));
	if (len > BASE64_SIZE(FACT_VALUE_MAX))
		return fact_refused(reader, key, len / 4 * 3, -E2BIG);
	bytes = malloc(len + 1);
	if (!bytes)
		return out_of_memory(reader);
	if (base64_decode(text, len, bytes, &len) < 0) {
		r = inventory_fail(reader, -EINVAL, "fact \"%s\": \"base64\" is \"%s\", expected base64 with its padding", SHOWN(key), SHOWN(text));
	} else {
		r = factset_builder_add_binary(builder, key, bytes, len);
		if (r < 0)
			r = fact_refused(reader, key, len, r);
	}
	free(bytes);
	return r;
}

static int fact_read(const struct inventory_reader *reader, struct factset_builder *builder, const char *key, const json_t *value)
{
	const json_t *inner;

	if (json_is_string(value))
		return fact_text(reader, builder, key, value);
	if (json_object_size(value) == 1) {
		inner = json_object_get(value, "error");
		if (inner)
			return fact_error(reader, builder, key, inner);
		inner = json_object_get(value, "base64");
		if (inner)
			return fact_binary(reader, builder, key, inner);
	}
	return inventory_fail(reader, -EINVAL, "fact \"%s\" is %s, expected a string, {\"error\":NAME} or {\"base64\":TEXT}", SHOWN(key),
			      json_is_object(value) ? "another object" : json_source_type(value));
}

static int facts_read(struct inventory_reader *reader, json_t *tree, struct factset *ret)
{
	struct factset_builder builder;
	struct error why = {{0}};
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(tree))
		return inventory_fail(reader, -EINVAL, "\"facts\" is %s, expected an object", json_source_type(tree));
	factset_builder_init(&builder, &reader->inventory->arena);
	json_object_foreach(tree, key, value) {
		const char *kept = intern_text(&reader->texts, key);

		r = kept ? fact_read(reader, &builder, kept, value) : out_of_memory(reader);
		if (r < 0)
			goto fail;
	}
	r = factset_builder_finish(&builder, ret, &why);
	return r < 0 ? inventory_fail(reader, r, "%s", why.text) : 0;
fail:
	factset_builder_free(&builder);
	return r;
}

/* ---------------------------------------------------------------- members */

enum member {
	MEMBER_ID,
	MEMBER_NAME,
	MEMBER_KIND,
	MEMBER_DRIVER,
	MEMBER_PARENT,
	MEMBER_PATH,
	MEMBER_WANTED,
	MEMBER_FACTS,
	MEMBER_COUNT,
};
#define MEMBERS_OF_HOST (1u << MEMBER_NAME | 1u << MEMBER_WANTED | 1u << MEMBER_FACTS)
#define MEMBERS_OF_DEVICE (~(1u << MEMBER_NAME))

static const char *const member_names[MEMBER_COUNT] = {
	[MEMBER_ID] = "id",         [MEMBER_NAME] = "name", [MEMBER_KIND] = "kind",     [MEMBER_DRIVER] = "driver",
	[MEMBER_PARENT] = "parent", [MEMBER_PATH] = "path", [MEMBER_WANTED] = "wanted", [MEMBER_FACTS] = "facts",
};

/* Sort an object's members into the known ones and the rest, which becomes compact JSON. */
static int members_sort(struct inventory_reader *reader, const json_t *tree, unsigned known, json_t *ret[MEMBER_COUNT], const char **ret_extra)
{
	json_t *extra = NULL;
	const char *name;
	json_t *value;
	int r = 0;

	if (!json_is_object(tree))
		return inventory_fail(reader, -EINVAL, "is %s, expected an object", json_source_type(tree));
	json_object_foreach((json_t *)tree, name, value) {
		unsigned i = 0;

		while (i < MEMBER_COUNT && (!(known & 1u << i) || strcmp(member_names[i], name) != 0))
			i++;
		if (i < MEMBER_COUNT) {
			ret[i] = value;
			continue;
		}
		if (!extra)
			extra = json_object();
		if (json_object_set(extra, name, value) != 0) {
			r = out_of_memory(reader);
			goto out;
		}
	}
	r = inventory_tree_extra(reader, extra, ret_extra);
out:
	json_decref(extra);
	return r;
}

static int facts_missing(const struct inventory_reader *reader)
{
	return inventory_fail(reader, -EINVAL, "\"facts\" is missing, expected an object");
}

int inventory_tree_host(struct inventory_reader *reader, const json_t *tree)
{
	json_t *members[MEMBER_COUNT] = {NULL};
	struct host *host = reader->host;
	const char *name;
	int r = members_sort(reader, tree, MEMBERS_OF_HOST, members, &host->extra);

	if (r == 0)
		r = name_check(reader, "name", members[MEMBER_NAME], &name);
	if (r == 0 && !(host->name = intern_text(&reader->texts, name)))
		r = out_of_memory(reader);
	if (r == 0 && members[MEMBER_WANTED])
		r = inventory_tree_wanted(reader, members[MEMBER_WANTED], &host->wanted);
	if (r == 0 && members[MEMBER_FACTS])
		r = facts_read(reader, members[MEMBER_FACTS], &host->facts);
	return r;
}

static int kind_read(const struct inventory_reader *reader, const json_t *value, enum migcompat_kind *ret)
{
	const char *text;
	int r = text_check(reader, "kind", value, INVENTORY_TEXT_MAX, &text);

	if (r < 0)
		return r;
	if (kind_parse(text, strlen(text), ret) < 0)
		return inventory_fail(reader, -EINVAL, "\"kind\" is \"%s\", expected mdev, mdev-type or physical", SHOWN(text));
	return 0;
}

int inventory_tree_device(struct inventory_reader *reader, const json_t *tree)
{
	struct arena *arena = &reader->inventory->arena;
	json_t *members[MEMBER_COUNT] = {NULL};
	struct device device = {.host = reader->host};
	const char *text;
	struct device *kept;
	int r = members_sort(reader, tree, MEMBERS_OF_DEVICE, members, &device.extra);

	if (r == 0)
		r = kind_read(reader, members[MEMBER_KIND], &device.kind);
	if (r == 0)
		r = name_check(reader, "id", members[MEMBER_ID], &text);
	if (r == 0 && !(reader->id = device.id = arena_copy(arena, text, strlen(text))))
		r = out_of_memory(reader);
	if (r == 0 && members[MEMBER_DRIVER])
		r = inventory_tree_text(reader, "driver", members[MEMBER_DRIVER], &device.driver);
	if (r == 0 && members[MEMBER_PARENT])
		r = inventory_tree_text(reader, "parent", members[MEMBER_PARENT], &device.parent);
	if (r == 0 && members[MEMBER_PATH]) {
		r = path_check(reader, "path", members[MEMBER_PATH], &text);
		if (r == 0 && !(device.path = arena_copy(arena, text, strlen(text))))
			r = out_of_memory(reader);
	}
	if (r == 0 && members[MEMBER_WANTED])
		r = inventory_tree_wanted(reader, members[MEMBER_WANTED], &device.wanted);
	if (r == 0)
		r = members[MEMBER_FACTS] ? facts_read(reader, members[MEMBER_FACTS], &device.facts) : facts_missing(reader);
	if (r < 0)
		return r;
	kept = inventory_add_device(reader->inventory);
	if (!kept)
		return out_of_memory(reader);
	*kept = device;
	return 0;
}
