/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building and searching sets of facts. Must not know where facts come from. */
#include "core/facts/factset.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/array.h"

bool fact_glob_match(const char *glob, const char *key)
{
	return fnmatch(glob, key, FNM_PATHNAME) == 0;
}

bool fact_glob_any(const char *const *globs, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (fact_glob_match(globs[i], key))
			return true;
	return false;
}

void factset_builder_init(struct factset_builder *builder, struct arena *arena)
{
	*builder = (struct factset_builder){.arena = arena};
}

void factset_builder_free(struct factset_builder *builder)
{
	free(builder->facts);
	*builder = (struct factset_builder){0};
}

int factset_builder_share(struct factset_builder *builder, const struct fact *fact)
{
	size_t len = strlen(fact->key);
	struct fact *facts;

	if (len == 0)
		return -EINVAL;
	if (len > FACT_KEY_MAX || builder->count >= FACTSET_MAX)
		return -E2BIG;
	if (!utf8_clean(fact->key, len))
		return -EINVAL;
	facts = array_grow(builder->facts, builder->count, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	builder->facts = facts;
	if (builder->count && strcmp(facts[builder->count - 1].key, fact->key) >= 0)
		builder->unsorted = true;
	facts[builder->count++] = *fact;
	return 0;
}

static int fact_copy(struct arena *arena, const char *key, const void *bytes, size_t len,
		     bool binary, struct fact *ret)
{
	const char *value;

	if (len > FACT_VALUE_MAX)
		return -E2BIG;
	value = arena_copy(arena, bytes, len);
	if (!value)
		return -ENOMEM;
	*ret = (struct fact){.key = key, .value = value, .len = (uint32_t)len, .binary = binary};
	return 0;
}

int fact_make(struct arena *arena, const char *key, const char *value, size_t len, struct fact *ret)
{
	bool binary = memchr(value, '\0', len) || !utf8_valid(value, len);

	if (!binary && len && value[len - 1] == '\n')
		len--;
	return fact_copy(arena, key, value, len, binary, ret);
}

int factset_builder_add(struct factset_builder *builder, const char *key, const char *value,
			size_t len)
{
	struct fact fact;
	int r = fact_make(builder->arena, key, value, len, &fact);

	return r ? r : factset_builder_share(builder, &fact);
}

int factset_builder_add_binary(struct factset_builder *builder, const char *key, const void *bytes,
			       size_t len)
{
	struct fact fact;
	int r = fact_copy(builder->arena, key, bytes, len, true, &fact);

	return r ? r : factset_builder_share(builder, &fact);
}

int factset_builder_add_error(struct factset_builder *builder, const char *key, int error)
{
	struct fact fact = {.key = key, .error = (uint16_t)error};

	if (error == ENOENT)
		return 0;
	return error > 0 && error < 4096 ? factset_builder_share(builder, &fact) : -EINVAL;
}

static int fact_compare(const void *a, const void *b)
{
	return strcmp(((const struct fact *)a)->key, ((const struct fact *)b)->key);
}

static bool fact_same(const struct fact *a, const struct fact *b)
{
	return a->error == b->error && a->len == b->len &&
	       (a->error || memcmp(a->value, b->value, a->len) == 0);
}

int factset_builder_finish(struct factset_builder *builder, struct factset *ret, struct error *err)
{
	struct fact *facts = builder->facts;
	size_t count = 0;
	int r = -ENOMEM;

	if (builder->unsorted)
		qsort(facts, builder->count, sizeof(*facts), fact_compare);
	for (size_t i = 0; i < builder->count; i++) {
		if (count && strcmp(facts[count - 1].key, facts[i].key) == 0) {
			if (fact_same(&facts[count - 1], &facts[i]))
				continue;
			r = error_set(err, -EEXIST, "fact \"%s\" has two different values",
				      facts[i].key);
			goto out;
		}
		facts[count++] = facts[i];
	}
	struct fact *kept = arena_alloc(builder->arena, count * sizeof(*kept), 8);

	if (!kept) {
		error_set(err, r, "out of memory");
		goto out;
	}
	if (count)
		memcpy(kept, facts, count * sizeof(*kept));
	*ret = (struct factset){.facts = kept, .count = count};
	r = 0;
out:
	factset_builder_free(builder);
	return r;
}

const struct fact *factset_find(const struct factset *set, const char *key)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(key, set->facts[middle].key);

		if (order == 0)
			return &set->facts[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t factset_from(const struct factset *set, const char *prefix, size_t len)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(set->facts[middle].key, prefix, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *factset_text(const struct factset *set, const char *key)
{
	const struct fact *fact = factset_find(set, key);

	return fact && !fact->error && !fact->binary ? fact->value : NULL;
}
