/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks each member of a host or device and copies it into the model. Must not read
 * files.
 */
#include "core/facts/inventory_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/json_escaped.h"
#include "core/facts/json_source.h"
#include "core/facts/name.h"

/* ---------------------------------------------------------------- texts */

/* Check value, the text of a name. It is not copied. NULL: it is refused with -EINVAL. */
static const char *text_check(const struct inventory_reader *reader, const char *member,
			      const json_t *value, size_t max)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!value)
		inventory_fail(reader, -EINVAL, "\"%s\" is missing, expected a string", member);
	else if (!text)
		inventory_fail(reader, -EINVAL, "\"%s\" is %s, expected a string", member,
			       json_source_type(value));
	else if (len == 0)
		inventory_fail(reader, -EINVAL, "\"%s\" is empty, expected some text", member);
	else if (len > max)
		inventory_fail(reader, -EINVAL, "\"%s\" is %zu bytes long, expected at most %zu",
			       member, len, max);
	else if (!utf8_clean(text, len))
		inventory_fail(reader, -EINVAL, "\"%s\" is \"%s\", expected no control characters",
			       member, SHOWN(text));
	else
		return text;
	return NULL;
}

int inventory_tree_text(struct inventory_reader *reader, const char *member, const json_t *value,
			const char **ret)
{
	const char *text = text_check(reader, member, value, INVENTORY_TEXT_MAX);
	const char *kept;

	if (!text)
		return -EINVAL;
	kept = intern_text(&reader->texts, text);
	if (!kept)
		return inventory_no_memory(reader);
	*ret = kept;
	return 0;
}

/* The part before "//" in HOST//ID. */
static const char *host_check(const struct inventory_reader *reader, const json_t *value)
{
	const char *text = text_check(reader, "name", value, INVENTORY_TEXT_MAX);

	if (!text || !strstr(text, "//"))
		return text;
	inventory_fail(reader, -EINVAL,
		       "\"name\" is \"%s\", expected no \"//\", which parts host and id",
		       SHOWN(text));
	return NULL;
}

static const char *name_check(const struct inventory_reader *reader, const char *member,
			      const json_t *value)
{
	const char *text = text_check(reader, member, value, INVENTORY_TEXT_MAX);

	if (!text || name_valid(text, strlen(text)))
		return text;
	inventory_fail(reader, -EINVAL, "\"%s\" is \"%s\", expected a name: " NAME_EXPECTED, member,
		       SHOWN(text));
	return NULL;
}

static const char *id_check(const struct inventory_reader *reader, enum migcompat_kind kind,
			    const json_t *value)
{
	const char *text = text_check(reader, "id", value, INVENTORY_TEXT_MAX);

	if (!text || id_valid(kind, text))
		return text;
	inventory_fail(reader, -EINVAL, "\"id\" is \"%s\", expected %s: " NAME_EXPECTED,
		       SHOWN(text),
		       kind == MIGCOMPAT_KIND_MDEV_TYPE ? "PARENT/TYPE-ID, two names" : "a name");
	return NULL;
}

/* Plans show writes below this path, so it must be the folder of the device. */
static const char *path_check(const struct inventory_reader *reader, const struct device *device,
			      const json_t *value)
{
	const char *text = text_check(reader, "path", value, INVENTORY_PATH_MAX);

	if (!text || (path_valid(text) && path_fits(device->kind, device->id, text)))
		return text;
	if (!path_valid(text))
		inventory_fail(reader, -EINVAL,
			       "\"path\" is \"%s\", expected a folder below /sys, \"/devices/…\", "
			       "without \".\", \"..\" and \"//\", and no slash at its end",
			       SHOWN(text));
	else
		inventory_fail(
			reader, -EINVAL,
			"\"path\" is \"%s\", expected the device's own folder, which ends in %s",
			SHOWN(text),
			device->kind == MIGCOMPAT_KIND_MDEV_TYPE
				? "PARENT/mdev_supported_types/TYPE-ID"
				: "its id");
	return NULL;
}

int inventory_tree_wanted(struct inventory_reader *reader, const json_t *tree, struct wanted *ret)
{
	const char **globs;
	json_t *value;
	size_t i;

	if (!json_is_array(tree))
		return inventory_fail(reader, -EINVAL,
				      "\"wanted\" is %s, expected an array of globs",
				      json_source_type(tree));
	if (json_array_size(tree) > INVENTORY_GLOBS_MAX)
		return inventory_fail(reader, -EINVAL,
				      "\"wanted\" has %zu globs, expected at most %u",
				      json_array_size(tree), INVENTORY_GLOBS_MAX);
	globs = arena_alloc(&reader->inventory->arena, json_array_size(tree) * sizeof(*globs), 8);
	if (!globs)
		return inventory_no_memory(reader);
	json_array_foreach (tree, i, value) {
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
	text = json_escaped(tree, JSON_COMPACT);
	copy = text ? arena_copy(&reader->inventory->arena, text, strlen(text)) : NULL;
	free(text);
	if (!copy)
		return inventory_no_memory(reader);
	*ret = copy;
	return 0;
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
	[MEMBER_ID] = "id",         [MEMBER_NAME] = "name",     [MEMBER_KIND] = "kind",
	[MEMBER_DRIVER] = "driver", [MEMBER_PARENT] = "parent", [MEMBER_PATH] = "path",
	[MEMBER_WANTED] = "wanted", [MEMBER_FACTS] = "facts",
};

/*
 * Sort the members of an object into known ones and the rest, which becomes compact JSON.
 */
static int members_sort(struct inventory_reader *reader, const json_t *tree, unsigned known,
			json_t *ret[MEMBER_COUNT], const char **ret_extra)
{
	json_t *extra = NULL;
	const char *name = NULL;
	json_t *value;
	int r = 0;

	if (!json_is_object(tree))
		return inventory_fail(reader, -EINVAL, "is %s, expected an object",
				      json_source_type(tree));
	json_object_foreach ((json_t *)tree, name, value) {
		unsigned i = 0;

		while (i < MEMBER_COUNT &&
		       (!(known & 1u << i) || strcmp(member_names[i], name) != 0))
			i++;
		if (i < MEMBER_COUNT) {
			ret[i] = value;
			continue;
		}
		if (!extra)
			extra = json_object();
		if (json_object_set(extra, name, value) != 0) {
			r = inventory_no_memory(reader);
			goto out;
		}
	}
	r = inventory_tree_extra(reader, extra, ret_extra);
out:
	json_decref(extra);
	return r;
}

/* Copy a checked text into the arena. NULL: the check refused it. */
static int text_keep(struct inventory_reader *reader, const char *text, const char **ret)
{
	const char *copy;

	if (!text)
		return -EINVAL;
	copy = arena_copy(&reader->inventory->arena, text, strlen(text));
	if (!copy)
		return inventory_no_memory(reader);
	*ret = copy;
	return 0;
}

int inventory_tree_host(struct inventory_reader *reader, const json_t *tree)
{
	json_t *members[MEMBER_COUNT] = {NULL};
	struct host *host = reader->host;
	int r = members_sort(reader, tree, MEMBERS_OF_HOST, members, &host->extra);

	if (r == 0)
		r = text_keep(reader, host_check(reader, members[MEMBER_NAME]), &host->name);
	if (r == 0 && members[MEMBER_WANTED])
		r = inventory_tree_wanted(reader, members[MEMBER_WANTED], &host->wanted);
	if (r == 0 && members[MEMBER_FACTS])
		r = inventory_tree_facts(reader, members[MEMBER_FACTS], &host->facts);
	return r;
}

static int kind_read(const struct inventory_reader *reader, const json_t *value,
		     enum migcompat_kind *ret)
{
	const char *text = text_check(reader, "kind", value, INVENTORY_TEXT_MAX);

	if (!text)
		return -EINVAL;
	if (kind_parse(text, strlen(text), ret) < 0)
		return inventory_fail(reader, -EINVAL,
				      "\"kind\" is \"%s\", expected mdev, mdev-type or physical",
				      SHOWN(text));
	return 0;
}

/* Many devices share such a name, so it is interned. */
static int name_read(struct inventory_reader *reader, const char *member, const json_t *value,
		     const char **ret)
{
	return name_check(reader, member, value) ? inventory_tree_text(reader, member, value, ret)
						 : -EINVAL;
}

/* Read the optional members of a device. */
static int optional_read(struct inventory_reader *reader, json_t *const members[MEMBER_COUNT],
			 struct device *device)
{
	int r = 0;

	if (members[MEMBER_DRIVER])
		r = inventory_tree_text(reader, "driver", members[MEMBER_DRIVER], &device->driver);
	if (r == 0 && members[MEMBER_PARENT])
		r = name_read(reader, "parent", members[MEMBER_PARENT], &device->parent);
	if (r == 0 && members[MEMBER_PATH])
		r = text_keep(reader, path_check(reader, device, members[MEMBER_PATH]),
			      &device->path);
	if (r == 0 && members[MEMBER_WANTED])
		r = inventory_tree_wanted(reader, members[MEMBER_WANTED], &device->wanted);
	return r;
}

int inventory_tree_device(struct inventory_reader *reader, const json_t *tree)
{
	json_t *members[MEMBER_COUNT] = {NULL};
	struct device device = {.host = reader->host};
	struct device *kept;
	int r = members_sort(reader, tree, MEMBERS_OF_DEVICE, members, &device.extra);

	if (r == 0)
		r = kind_read(reader, members[MEMBER_KIND], &device.kind);
	if (r == 0)
		r = text_keep(reader, id_check(reader, device.kind, members[MEMBER_ID]),
			      &device.id);
	if (r < 0)
		return r;
	/* Messages name the device from here on. */
	reader->id = device.id;
	r = optional_read(reader, members, &device);
	if (r < 0)
		return r;
	if (!members[MEMBER_FACTS])
		return inventory_fail(reader, -EINVAL, "\"facts\" is missing, expected an object");
	r = inventory_tree_facts(reader, members[MEMBER_FACTS], &device.facts);
	if (r < 0)
		return r;
	kept = inventory_add_device(reader->inventory);
	if (!kept)
		return inventory_no_memory(reader);
	*kept = device;
	return 0;
}
