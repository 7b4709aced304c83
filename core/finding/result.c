/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting findings. Memory is allocated once and reused. Renders no text. */
#include "core/finding/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int result_reset(struct migcompat_result *result)
{
	struct finding *findings = result->findings;
	char *text = result->text;

	if (!findings)
		findings = malloc(RESULT_FINDINGS_MAX * sizeof(*findings));
	if (!text)
		text = malloc(RESULT_TEXT_MAX);
	*result = (struct migcompat_result){.findings = findings, .text = text};
	return findings && text ? 0 : -ENOMEM;
}

void result_free(struct migcompat_result *result)
{
	free(result->findings);
	free(result->text);
	*result = (struct migcompat_result){0};
}

/*
 * Copy into the result's memory. If that is full, the text is cut and the finding stays.
 */
static const char *text_keep(struct migcompat_result *result, const char *text, size_t len)
{
	size_t left = RESULT_TEXT_MAX - result->text_used;
	char *copy = result->text + result->text_used;

	if (!text)
		return NULL;
	if (left == 0)
		return "";
	if (len >= left)
		len = left - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	result->text_used += len + 1;
	return copy;
}

static struct migcompat_value value_keep(struct migcompat_result *result,
					 struct migcompat_value value)
{
	if (value.type == MIGCOMPAT_VALUE_TEXT) {
		size_t used = result->text_used;

		value.as.text = text_keep(result, value.as.text ? value.as.text : "",
					  value.as.text ? value.len : 0);
		/* The copy may have been cut. */
		value.len = result->text_used > used ? (uint32_t)(result->text_used - used - 1) : 0;
	}
	return value;
}

static void count_status(struct migcompat_result *result, const struct finding *finding)
{
	if (finding->status != MIGCOMPAT_STATUS_BAD)
		return;
	result->bad_count++;
	result->bad_limits |= 1u << finding->limit;
}

/* room: its strings fit into the memory that is left. */
static void finding_add(struct migcompat_result *result, const struct migcompat_finding *given,
			bool static_strings, bool room)
{
	struct finding finding = {
		.source = given->source,
		.target = given->target,
		.extra = given->extra,
		.rule = (uint8_t)(given->rule <= MIGCOMPAT_RULE_INFO ? given->rule
								     : MIGCOMPAT_RULE_INFO),
		/* An unknown status is a doubt, and a doubt is bad. */
		.status =
			(uint8_t)(given->status <= MIGCOMPAT_STATUS_UNKNOWN ? given->status
									    : MIGCOMPAT_STATUS_BAD),
		.limit = (uint8_t)(given->limit <= MIGCOMPAT_LIMIT_HYPERVISOR
					   ? given->limit
					   : MIGCOMPAT_LIMIT_PARAMETER),
	};

	if (finding.status == MIGCOMPAT_STATUS_BAD && finding.limit == MIGCOMPAT_LIMIT_NONE)
		finding.limit = MIGCOMPAT_LIMIT_PARAMETER;
	count_status(result, &finding);
	if (finding.status != MIGCOMPAT_STATUS_BAD &&
	    __builtin_add_overflow(result->extra, finding.extra, &result->extra))
		result->extra = UINT64_MAX;
	if (!room || result->count == RESULT_FINDINGS_MAX) {
		result->truncated++;
		if (finding.status == MIGCOMPAT_STATUS_BAD) {
			result->dropped_bad++;
			result->dropped_limits |= 1u << finding.limit;
		}
		return;
	}
	finding.field = static_strings ? given->field
				       : text_keep(result, given->field ? given->field : "?",
						   given->field ? strlen(given->field) : 1);
	finding.noun = static_strings || !given->noun
			       ? given->noun
			       : text_keep(result, given->noun, strlen(given->noun));
	finding.text = given->text ? text_keep(result, given->text, strlen(given->text)) : NULL;
	finding.source = value_keep(result, given->source);
	finding.target = value_keep(result, given->target);
	result->findings[result->count++] = finding;
}

/* Bytes that a copy takes. */
static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t value_size(const struct migcompat_value *value)
{
	return value->type == MIGCOMPAT_VALUE_TEXT ? (size_t)value->len + 1 : 0;
}

void result_add(struct migcompat_result *result, const struct migcompat_finding *finding,
		bool static_strings)
{
	finding_add(result, finding, static_strings, true);
}

void result_offer(struct migcompat_result *result, const struct migcompat_finding *finding)
{
	size_t size = text_size(finding->field) + text_size(finding->noun) +
		      text_size(finding->text) + value_size(&finding->source) +
		      value_size(&finding->target);

	finding_add(result, finding, false, size <= RESULT_TEXT_MAX - result->text_used);
}

bool result_has(const struct migcompat_result *result, size_t from, const char *field)
{
	for (size_t i = from; i < result->count; i++)
		if (result->findings[i].field == field ||
		    strcmp(result->findings[i].field, field) == 0)
			return true;
	return false;
}

void result_availability(struct migcompat_result *result, uint32_t state, const char *text)
{
	if (state > MIGCOMPAT_NO || (result->availability == MIGCOMPAT_NO && state != MIGCOMPAT_NO))
		return;
	if (result->availability == MIGCOMPAT_NO && result->availability_text)
		return; /* the first reason stays */
	result->availability = state;
	result->availability_text = text ? text_keep(result, text, strlen(text)) : NULL;
}

void result_recount(struct migcompat_result *result)
{
	/* Dropped findings stay bad: no policy can override them. */
	result->bad_count = result->dropped_bad;
	result->bad_limits = result->dropped_limits;
	for (size_t i = 0; i < result->count; i++)
		count_status(result, &result->findings[i]);
}

const char *result_keep(struct migcompat_result *result, const char *text)
{
	return text ? text_keep(result, text, strlen(text)) : NULL;
}

static struct migcompat_value text_value(const char *text)
{
	if (!text)
		return (struct migcompat_value){.type = MIGCOMPAT_VALUE_NONE};
	return (struct migcompat_value){
		.type = MIGCOMPAT_VALUE_TEXT, .len = (uint32_t)strlen(text), .as.text = text};
}

void result_add_text(struct migcompat_result *result, const char *field, enum migcompat_rule rule,
		     enum migcompat_status status, enum migcompat_limit limit, const char *source,
		     const char *target, const char *text)
{
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field,
		.rule = rule,
		.status = status,
		.limit = limit,
		.source = text_value(source),
		.target = text_value(target),
		.text = text,
	};

	result_add(result, &finding, false);
}
