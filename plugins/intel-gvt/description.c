/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses mdev_type/description: "low_gm_size: 128MB", "high_gm_size: …", "fence: …",
 * "resolution: …" and "weight: …". The driver writes a line each. mdevctl prints one
 * line, joined with blanks or ", ". An unknown word is refused, since it may name
 * something that a guest sees.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gvt.h"

#define RESOLUTION_SIDE_MAX 65535u
#define WEIGHT_MAX 65535u

static const char separators[] = " \n,";

/* A part of the text, not zero-terminated. */
struct span {
	const char *at;
	const char *end;
};

struct key {
	const char *name;
	bool (*parse)(const struct key *key, struct span value, struct gvt_resources *resources);
	const char *expected; /* for the sentence if parsing fails */
	const char *unit;     /* of a number: the letters after it */
	size_t offset;        /* of a number: a uint64_t in struct gvt_resources */
	uint64_t max;         /* of a number */
	bool required;
};

static bool number_parse(const struct key *key, struct span value, struct gvt_resources *resources);
static bool resolution_parse(const struct key *key, struct span value,
			     struct gvt_resources *resources);
static bool answer_parse(const struct key *key, struct span value, struct gvt_resources *resources);

#define NUMBER(member, unit, max, expected)                 \
	number_parse, "a number from 1 to " expected, unit, \
		offsetof(struct gvt_resources, member), max

static const struct key keys[] = {
	{"low_gm_size", NUMBER(low_mb, "MB", GVT_MEMORY_MAX_MB, "4096MB"), true},
	{"high_gm_size", NUMBER(high_mb, "MB", GVT_MEMORY_MAX_MB, "4096MB"), true},
	{"fence", NUMBER(fences, "", GVT_FENCES_MAX, "32"), true},
	{"resolution", resolution_parse, "WIDTHxHEIGHT, each up to 65535", NULL, 0, 0, true},
	{"weight", NUMBER(weight, "", WEIGHT_MAX, "65535"), false},
	/* Kernels with the proposed aggregation have it. Another file has the number of
	 * instances. */
	{"aggregation", answer_parse, "yes or no", NULL, 0, 0, false},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

/* The last number of a type id is the share of the GPU, 1/N.
 * drivers/gpu/drm/i915/gvt/vgpu.c has these four. */
static const struct {
	uint64_t share;
	struct gvt_resources resources;
} shares[] = {
	{1, {512, 2048, 4, 16, "1920x1200"}},
	{2, {256, 1024, 4, 8, "1920x1200"}},
	{4, {128, 512, 4, 4, "1920x1200"}},
	{8, {64, 384, 4, 2, "1024x768"}},
};

static bool is_separator(char c)
{
	return c && strchr(separators, c);
}

static bool span_is(const struct span *span, const char *text)
{
	return (size_t)(span->end - span->at) == strlen(text) &&
	       memcmp(span->at, text, strlen(text)) == 0;
}

/* Takes a decimal number, 1 to max, without sign or leading zero, and moves the span past
 * it. */
static bool number_take(struct span *span, uint64_t max, uint64_t *ret)
{
	const char *at = span->at;
	uint64_t number = 0;

	if (at == span->end || *at < '1' || *at > '9')
		return false;
	for (; at < span->end && *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > max) /* cannot overflow: max is small */
			return false;
	}
	span->at = at;
	*ret = number;
	return true;
}

static bool number_parse(const struct key *key, struct span value, struct gvt_resources *resources)
{
	uint64_t number;

	if (!number_take(&value, key->max, &number) || !span_is(&value, key->unit))
		return false;
	memcpy((char *)resources + key->offset, &number, sizeof(number));
	return true;
}

static bool resolution_parse(const struct key *key, struct span value,
			     struct gvt_resources *resources)
{
	uint64_t width, height;

	(void)key;
	if (!number_take(&value, RESOLUTION_SIDE_MAX, &width) || value.at == value.end ||
	    *value.at++ != 'x' || !number_take(&value, RESOLUTION_SIDE_MAX, &height) ||
	    value.at != value.end)
		return false;
	snprintf(resources->resolution, sizeof(resources->resolution), "%ux%u",
		 (unsigned)width & 0xffff, (unsigned)height & 0xffff);
	return true;
}

static bool answer_parse(const struct key *key, struct span value, struct gvt_resources *resources)
{
	(void)key;
	(void)resources;
	return span_is(&value, "yes") || span_is(&value, "no");
}

/* The next "key: value". False at the end. The key is empty if the text is malformed. */
static bool pair_next(struct span *rest, struct span *ret_key, struct span *ret_value)
{
	const char *at = rest->at, *end = rest->end;

	while (at < end && is_separator(*at))
		at++;
	if (at == end)
		return false;
	ret_key->at = at;
	while (at < end && *at != ':' && !is_separator(*at))
		at++;
	ret_key->end = at;
	if (at == end || *at != ':') {
		ret_key->end = ret_key->at;
		return true;
	}
	for (at++; at < end && *at == ' '; at++)
		;
	ret_value->at = at;
	while (at < end && !is_separator(*at))
		at++;
	ret_value->end = at;
	rest->at = at;
	return true;
}

static size_t key_find(const struct span *name)
{
	size_t i = 0;

	while (i < KEY_COUNT && !span_is(name, keys[i].name))
		i++;
	return i;
}

int gvt_description_parse(const char *text, size_t len, struct gvt_resources *ret_resources,
			  char *ret_wrong, size_t wrong_size)
{
	struct gvt_resources resources = {0};
	struct span rest = {text, text + len}, name = {0}, value = {0};
	unsigned seen = 0;

	while (pair_next(&rest, &name, &value)) {
		size_t i = key_find(&name);

		if (i == KEY_COUNT) {
			snprintf(ret_wrong, wrong_size, "it has a word that is not known");
			return -EINVAL;
		}
		if (seen >> i & 1) {
			snprintf(ret_wrong, wrong_size, "\"%s\" stands twice", keys[i].name);
			return -EINVAL;
		}
		if (!keys[i].parse(&keys[i], value, &resources)) {
			snprintf(ret_wrong, wrong_size, "\"%s\" is not %s", keys[i].name,
				 keys[i].expected);
			return -EINVAL;
		}
		seen |= 1u << i;
	}
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (keys[i].required && !(seen >> i & 1)) {
			snprintf(ret_wrong, wrong_size, "\"%s\" is missing", keys[i].name);
			return -EINVAL;
		}
	}
	*ret_resources = resources;
	return 0;
}

int gvt_share_resources(uint64_t share, struct gvt_resources *ret_resources)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (shares[i].share == share) {
			*ret_resources = shares[i].resources;
			return 0;
		}
	}
	return -ENOENT;
}
