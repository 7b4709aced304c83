/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The comparison rules, as pure functions over typed values. In doubt a rule does not
 * hold.
 */
#include "core/finding/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const struct migcompat_value *value)
{
	return value->type == MIGCOMPAT_VALUE_NUMBER || value->type == MIGCOMPAT_VALUE_HEX ||
	       value->type == MIGCOMPAT_VALUE_VERSION;
}

static bool numbers(const struct migcompat_value *source, const struct migcompat_value *target)
{
	return is_number(source) && is_number(target) && source->type == target->type;
}

static bool holds_equal(const struct migcompat_value *source, const struct migcompat_value *target,
			uint64_t *extra)
{
	(void)extra;
	if (source->type != target->type || source->type == MIGCOMPAT_VALUE_NONE)
		return false;
	if (source->type == MIGCOMPAT_VALUE_TEXT)
		return source->len == target->len &&
		       memcmp(source->as.text, target->as.text, source->len) == 0;
	return source->as.number == target->as.number;
}

static bool holds_superset(const struct migcompat_value *source,
			   const struct migcompat_value *target, uint64_t *extra)
{
	if (!numbers(source, target) || (source->as.number & ~target->as.number))
		return false;
	*extra = (uint64_t)__builtin_popcountll(target->as.number & ~source->as.number);
	return true;
}

static bool holds_at_least(const struct migcompat_value *source,
			   const struct migcompat_value *target, uint64_t *extra)
{
	if (!numbers(source, target) || source->as.number > target->as.number)
		return false;
	*extra = target->as.number - source->as.number;
	return true;
}

/*
 * Same major, source minor <= target minor, any patch: the rule of semantic versions that
 * was proposed for the kernel in 2020.
 */
static bool holds_version(const struct migcompat_value *source,
			  const struct migcompat_value *target, uint64_t *extra)
{
	const uint64_t minor = ((uint64_t)1 << 21) - 1;

	if (source->type != MIGCOMPAT_VALUE_VERSION || target->type != MIGCOMPAT_VALUE_VERSION)
		return false;
	if (source->as.number >> 42 != target->as.number >> 42)
		return false;
	if ((source->as.number >> 21 & minor) > (target->as.number >> 21 & minor))
		return false;
	*extra = source->as.number != target->as.number;
	return true;
}

static bool holds_one_of(const struct migcompat_value *source, const struct migcompat_value *target,
			 uint64_t *extra)
{
	char text[64];
	int len = value_render(source, text, sizeof(text));
	const char *wanted = source->type == MIGCOMPAT_VALUE_TEXT ? source->as.text : text;
	size_t size = source->type == MIGCOMPAT_VALUE_TEXT ? source->len : (size_t)len;

	(void)extra;
	if (source->type == MIGCOMPAT_VALUE_NONE || target->type != MIGCOMPAT_VALUE_TEXT)
		return false;
	for (const char *at = target->as.text, *end = at + target->len; at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - at) == size && memcmp(at, wanted, size) == 0)
			return true;
		at = stop + 1;
	}
	return false;
}

static bool number_parse(const char *text, size_t len, uint64_t *ret)
{
	uint64_t number = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (__builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
			return false;
	}
	*ret = number;
	return true;
}

/* "<min>-<max>" without signs. */
static bool range_parse(const char *text, size_t len, uint64_t *low, uint64_t *high)
{
	const char *dash = len ? memchr(text, '-', len) : NULL;

	return dash && number_parse(text, (size_t)(dash - text), low) &&
	       number_parse(dash + 1, len - (size_t)(dash + 1 - text), high);
}

bool rule_is_range(const char *text, size_t len)
{
	uint64_t low, high;

	return range_parse(text, len, &low, &high);
}

/* A whole number at the start of a text. It may be negative. */
static bool integer(const char *text, const char **ret_end, long long *ret)
{
	char *end;

	if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

/* "<min>-<max>", where both may be negative. */
static bool bounds_parse(const char *allowed, long long *ret_low, long long *ret_high)
{
	const char *end;

	return integer(allowed, &end, ret_low) && *end == '-' && integer(end + 1, &end, ret_high) &&
	       *end == '\0';
}

bool rule_allows(const char *allowed, const char *text)
{
	struct migcompat_value given = {
		MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(text), {.text = text}};
	struct migcompat_value list = {MIGCOMPAT_VALUE_TEXT, 0, {.text = allowed}};
	long long low, high, value;
	const char *end;

	if (!allowed)
		return true;
	list.len = (uint32_t)strlen(allowed);
	if (rule_holds(MIGCOMPAT_RULE_ONE_OF, &given, &list, NULL))
		return true;
	return bounds_parse(allowed, &low, &high) && integer(text, &end, &value) && !*end &&
	       low <= value && value <= high;
}

static bool holds_range(const struct migcompat_value *source, const struct migcompat_value *target,
			uint64_t *extra)
{
	uint64_t value, low, high;

	(void)extra;
	if (target->type != MIGCOMPAT_VALUE_TEXT)
		return false;
	if (is_number(source) && source->type != MIGCOMPAT_VALUE_VERSION)
		value = source->as.number;
	else if (source->type != MIGCOMPAT_VALUE_TEXT ||
		 !number_parse(source->as.text, source->len, &value))
		return false;
	return range_parse(target->as.text, target->len, &low, &high) && low <= value &&
	       value <= high;
}

bool rule_holds(uint32_t rule, const struct migcompat_value *source,
		const struct migcompat_value *target, uint64_t *ret_extra)
{
	static bool (*const rules[])(const struct migcompat_value *, const struct migcompat_value *,
				     uint64_t *) = {
		[MIGCOMPAT_RULE_EQUAL] = holds_equal,
		[MIGCOMPAT_RULE_SUPERSET] = holds_superset,
		[MIGCOMPAT_RULE_AT_LEAST] = holds_at_least,
		[MIGCOMPAT_RULE_VERSION] = holds_version,
		[MIGCOMPAT_RULE_ONE_OF] = holds_one_of,
		[MIGCOMPAT_RULE_RANGE] = holds_range,
	};
	uint64_t extra = 0;

	if (rule >= sizeof(rules) / sizeof(rules[0]) || !rules[rule](source, target, &extra))
		return false;
	if (ret_extra)
		*ret_extra = extra;
	return true;
}
