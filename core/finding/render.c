/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of findings: names of rules, limits and states, and sentences. Pure functions. */
#include "core/finding/result.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/facts/macros.h"

static const struct {
	const char *name;
	const char *must; /* the requirement, after both values */
} rules[] = {
	[MIGCOMPAT_RULE_EQUAL] = {"equal", "must be equal"},
	[MIGCOMPAT_RULE_SUPERSET] = {"superset", "target must have all of the source's"},
	[MIGCOMPAT_RULE_AT_LEAST] = {"at-least", "target must have at least as much"},
	[MIGCOMPAT_RULE_VERSION] = {"version", "must have the same major and no older minor"},
	[MIGCOMPAT_RULE_ONE_OF] = {"one-of", "must be one of the target's"},
	[MIGCOMPAT_RULE_RANGE] = {"range", "must be in the target's range"},
	[MIGCOMPAT_RULE_INFO] = {"info", NULL},
};

static const char *const statuses[] = {"ok", "bad", "warn", "unknown"};
/* In order of precedence, which is not the order of the values. */
static const struct {
	uint32_t limit;
	const char *name;
} limits[] = {
	{MIGCOMPAT_LIMIT_FORMAT, "format"},
	{MIGCOMPAT_LIMIT_NAMESPACE, "namespace"},
	{MIGCOMPAT_LIMIT_TYPE, "type"},
	{MIGCOMPAT_LIMIT_HARDWARE, "hardware"},
	{MIGCOMPAT_LIMIT_DRIVER, "driver"},
	{MIGCOMPAT_LIMIT_FIRMWARE, "firmware"},
	{MIGCOMPAT_LIMIT_PARAMETER, "parameter"},
	{MIGCOMPAT_LIMIT_RESOURCE, "resource"},
	{MIGCOMPAT_LIMIT_HYPERVISOR, "hypervisor"},
	{MIGCOMPAT_LIMIT_POLICY, "policy"},
	{MIGCOMPAT_LIMIT_HOLD, "hold"},
};
static const char *const states[] = {"unknown", "yes", "no"};

const char *rule_name(uint32_t rule)
{
	return rule < COUNT(rules) ? rules[rule].name : "info";
}

const char *status_name(uint32_t status)
{
	return status < COUNT(statuses) ? statuses[status] : "unknown";
}

unsigned limit_place(uint32_t limit)
{
	unsigned place = 0;

	while (place < COUNT(limits) && limits[place].limit != limit)
		place++;
	return place;
}

const char *limit_name(uint32_t limit)
{
	unsigned place = limit_place(limit);

	return place < COUNT(limits) ? limits[place].name : NULL;
}

bool limit_is_backends(uint32_t limit)
{
	return limit == MIGCOMPAT_LIMIT_NONE || (limit < 32 && LIMITS_BACKENDS >> limit & 1);
}

uint32_t limit_first(uint32_t set)
{
	for (size_t i = 0; i < COUNT(limits); i++)
		if (set >> limits[i].limit & 1)
			return limits[i].limit;
	return MIGCOMPAT_LIMIT_NONE;
}

const char *state_name(uint32_t state)
{
	return state < COUNT(states) ? states[state] : "unknown";
}

int value_render(const struct migcompat_value *value, char *buffer, size_t size)
{
	uint64_t number = value->as.number;
	const unsigned part = (1u << 21) - 1;

	switch (value->type) {
	case MIGCOMPAT_VALUE_NUMBER:
		return snprintf(buffer, size, "%" PRIu64, number);
	case MIGCOMPAT_VALUE_HEX:
		return snprintf(buffer, size, "0x%" PRIx64, number);
	case MIGCOMPAT_VALUE_VERSION:
		return snprintf(buffer, size, "%u.%u.%u", (unsigned)(number >> 42),
				(unsigned)(number >> 21) & part, (unsigned)number & part);
	case MIGCOMPAT_VALUE_TEXT:
		return snprintf(buffer, size, "%.*s", (int)value->len, value->as.text);
	default:
		return snprintf(buffer, size, "%s", "");
	}
}

/* "2 ports", "0x10" or "none". */
static int amount_render(const struct migcompat_value *value, const char *noun, char *buffer,
			 size_t size)
{
	char text[256];

	if (value->type == MIGCOMPAT_VALUE_NONE)
		return noun ? snprintf(buffer, size, "no known %s", noun)
			    : snprintf(buffer, size, "none");
	value_render(value, text, sizeof(text));
	return snprintf(buffer, size, "%s%s%s", text, noun ? " " : "", noun ? noun : "");
}

static int sentence_render(const struct finding *finding, const char *noun, char *buffer,
			   size_t size)
{
	char source[320], target[320];

	if (finding->text)
		return snprintf(buffer, size, "%s", finding->text);
	amount_render(&finding->source, noun, source, sizeof(source));
	amount_render(&finding->target, NULL, target, sizeof(target));
	if (finding->status == MIGCOMPAT_STATUS_OK && finding->rule == MIGCOMPAT_RULE_EQUAL)
		return snprintf(buffer, size, "both have %s", source);
	return snprintf(buffer, size, "source has %s, target has %s", source, target);
}

int finding_render_reason(const struct finding *finding, char *buffer, size_t size)
{
	return sentence_render(finding, finding->noun, buffer, size);
}

int finding_render(const struct finding *finding, char *buffer, size_t size)
{
	char sentence[1024];
	const char *must = finding->rule < COUNT(rules) ? rules[finding->rule].must : NULL;

	if (finding->text || finding->status == MIGCOMPAT_STATUS_OK || !must)
		return sentence_render(finding, NULL, buffer, size);
	sentence_render(finding, NULL, sentence, sizeof(sentence));
	return snprintf(buffer, size, "%s (%s)", sentence, must);
}
