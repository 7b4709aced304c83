/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The facts of a host or device, from jansson's tree to a set: strings, errors by name,
 * bytes as base64.
 */
#include "core/facts/inventory_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/base64.h"
#include "core/facts/json_source.h"

/* Say why the builder refused a fact. */
static int fact_refused(const struct inventory_reader *reader, const char *key, size_t len, int r)
{
	if (r == -ENOMEM)
		return inventory_no_memory(reader);
	if (key[0] == '\0')
		return inventory_fail(reader, -EINVAL, "a fact's name is empty, expected a path");
	if (r == -EINVAL)
		return inventory_fail(
			reader, -EINVAL,
			"fact \"%s\" has control characters in its name, expected none",
			SHOWN(key));
	if (strlen(key) > FACT_KEY_MAX)
		return inventory_fail(reader, -EINVAL,
				      "fact \"%s\" has a name of %zu bytes, expected at most %u",
				      SHOWN(key), strlen(key), FACT_KEY_MAX);
	if (len > FACT_VALUE_MAX)
		return inventory_fail(reader, -EINVAL,
				      "fact \"%s\" is %zu bytes long, expected at most %u",
				      SHOWN(key), len, FACT_VALUE_MAX);
	return inventory_fail(reader, -EINVAL, "has more than %u facts, expected at most that",
			      FACTSET_MAX);
}

static int fact_text(const struct inventory_reader *reader, struct factset_builder *builder,
		     const char *key, const json_t *value)
{
	size_t len = json_string_length(value);
	int r = factset_builder_add(builder, key, json_string_value(value), len);

	return r < 0 ? fact_refused(reader, key, len, r) : 0;
}

static int fact_error(const struct inventory_reader *reader, struct factset_builder *builder,
		      const char *key, const json_t *value)
{
	const char *name = json_string_value(value);
	int code = name ? error_number(name) : 0;
	int r;

	if (!name)
		return inventory_fail(reader, -EINVAL,
				      "fact \"%s\": \"error\" is %s, expected the name of an errno",
				      SHOWN(key), json_source_type(value));
	if (!code)
		return inventory_fail(
			reader, -EINVAL,
			"fact \"%s\": \"error\" is \"%s\", expected the name of an errno",
			SHOWN(key), SHOWN(name));
	r = factset_builder_add_error(builder, key, code);
	return r < 0 ? fact_refused(reader, key, 0, r) : 0;
}

static int fact_binary(const struct inventory_reader *reader, struct factset_builder *builder,
		       const char *key, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	char *bytes;
	int r;

	if (!text)
		return inventory_fail(reader, -EINVAL,
				      "fact \"%s\": \"base64\" is %s, expected a string",
				      SHOWN(key), json_source_type(value));
	if (len > BASE64_SIZE(FACT_VALUE_MAX))
		return fact_refused(reader, key, len / 4 * 3, -E2BIG);
	bytes = malloc(len + 1);
	if (!bytes)
		return inventory_no_memory(reader);
	if (base64_decode(text, len, bytes, &len) < 0) {
		r = inventory_fail(
			reader, -EINVAL,
			"fact \"%s\": \"base64\" is \"%s\", expected base64 with its padding",
			SHOWN(key), SHOWN(text));
	} else {
		r = factset_builder_add_binary(builder, key, bytes, len);
		if (r < 0)
			r = fact_refused(reader, key, len, r);
	}
	free(bytes);
	return r;
}

static int fact_read(const struct inventory_reader *reader, struct factset_builder *builder,
		     const char *key, const json_t *value)
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
	return inventory_fail(
		reader, -EINVAL,
		"fact \"%s\" is %s, expected a string, {\"error\":NAME} or {\"base64\":TEXT}",
		SHOWN(key), json_is_object(value) ? "another object" : json_source_type(value));
}

int inventory_tree_facts(struct inventory_reader *reader, json_t *tree, struct factset *ret)
{
	struct factset_builder builder;
	struct error why = {{0}};
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(tree))
		return inventory_fail(reader, -EINVAL, "\"facts\" is %s, expected an object",
				      json_source_type(tree));
	factset_builder_init(&builder, &reader->inventory->arena);
	json_object_foreach (tree, key, value) {
		const char *kept = intern_text(&reader->texts, key);

		r = kept ? fact_read(reader, &builder, kept, value) : inventory_no_memory(reader);
		if (r < 0)
			goto fail;
	}
	r = factset_builder_finish(&builder, ret, &why);
	return r < 0 ? inventory_fail(reader, r, "%s", why.text) : 0;
fail:
	factset_builder_free(&builder);
	return r;
}
