/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a requirement asks of one fact. rule_holds compares; this file gives the texts on both
 * sides their types. Pure functions.
 */
#include <string.h>

#include "core/policy/policy_private.h"

/* The whole text is a decimal number, or a hexadecimal one that begins with 0x. */
static bool number_parse(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t number = 0;

	text += hex ? 2 : 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if (hex && ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'f'))
			digit = (unsigned)((*text | 0x20) - 'a' + 10);
		else
			return false;
		if (__builtin_mul_overflow(number, hex ? 16u : 10u, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	*ret = number;
	return true;
}

/* "6.12" or "1.2.3". Text without a digit first may follow ("-rc1", ".4-amd64"). */
static bool version_parse(const char *text, uint64_t *ret)
{
	const uint64_t max = ((uint64_t)1 << 21) - 1;
	uint64_t parts[3] = {0};
	size_t count = 0;

	while (count < 3 && *text >= '0' && *text <= '9') {
		for (; *text >= '0' && *text <= '9'; text++) {
			parts[count] = parts[count] * 10 + (uint64_t)(*text - '0');
			if (parts[count] > max)
				return false;
		}
		count++;
		if (*text != '.' || text[1] < '0' || text[1] > '9')
			break;
		text++;
	}
	*ret = MIGCOMPAT_VERSION(parts[0], parts[1], parts[2]);
	return count >= 2;
}

static struct migcompat_value text_value(const char *text)
{
	return (struct migcompat_value){
		.type = MIGCOMPAT_VALUE_TEXT, .len = (uint32_t)strlen(text), .as.text = text};
}

static bool number_value(const char *text, struct migcompat_value *ret)
{
	ret->type = MIGCOMPAT_VALUE_NUMBER;
	return number_parse(text, &ret->as.number);
}

static bool version_value(const char *text, struct migcompat_value *ret)
{
	ret->type = MIGCOMPAT_VALUE_VERSION;
	return version_parse(text, &ret->as.number);
}

/* "<min>-<max>" in decimal, as rule_holds reads it. An empty range could never be met. */
static bool range_check(const char *text)
{
	const char *dash = strchr(text, '-');
	uint64_t low, high;
	char number[24];

	if (!dash || (size_t)(dash - text) >= sizeof(number) || text[strspn(text, "0123456789-")])
		return false;
	memcpy(number, text, (size_t)(dash - text));
	number[dash - text] = '\0';
	return number_parse(number, &low) && number_parse(dash + 1, &high) && low <= high;
}

const char *requirement_prepare(struct requirement *requirement)
{
	const char *value = requirement->value;

	requirement->wanted = text_value(value);
	switch (requirement->rule) {
	case MIGCOMPAT_RULE_SUPERSET:
	case MIGCOMPAT_RULE_AT_LEAST:
		return number_value(value, &requirement->wanted) ? NULL : "a number (12 or 0xc)";
	case MIGCOMPAT_RULE_VERSION:
		return version_value(value, &requirement->wanted) ? NULL
								  : "a version (1.2 or 1.2.3)";
	case MIGCOMPAT_RULE_RANGE:
		return range_check(value) ? NULL : "a range (1-12)";
	case REQUIRE_GLOB:
		return policy_glob_check(value) ? "a well-formed glob" : NULL;
	default:
		return NULL;
	}
}

bool requirement_holds(const struct requirement *requirement, const char *text)
{
	const struct migcompat_value *wanted = &requirement->wanted;
	struct migcompat_value is = text_value(text);

	switch (requirement->rule) {
	case REQUIRE_GLOB:
		return policy_glob_match(requirement->value, text);
	case MIGCOMPAT_RULE_SUPERSET:
	case MIGCOMPAT_RULE_AT_LEAST:
		/* The wanted value takes the source's place in the rule, the fact the target's. */
		return number_value(text, &is) && rule_holds(requirement->rule, wanted, &is, NULL);
	case MIGCOMPAT_RULE_VERSION:
		return version_value(text, &is) && rule_holds(requirement->rule, wanted, &is, NULL);
	case MIGCOMPAT_RULE_RANGE:
		return number_value(text, &is) && rule_holds(requirement->rule, &is, wanted, NULL);
	default:
		return rule_holds(requirement->rule, &is, wanted, NULL);
	}
}
