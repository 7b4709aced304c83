/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services that compare records. They also note in the operation under way which fields
 * need a finding, so that a backend cannot forget to judge one.
 */
#include "core/finding/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/finding/field_table.h"
#include "core/finding/result.h"
#include "core/operation/operation.h"

/* Note those fields of this set of bits that have a value and are compared. */
static void expect_fields(const struct migcompat_record *record, uint64_t fields,
			  const struct migcompat_value *values)
{
	for (size_t i = 0; i < record->nfields; i++)
		if (fields >> i & 1 && !value_is_none(&values[i]) &&
		    table_field(record, i)->rule != MIGCOMPAT_RULE_INFO)
			operation_expect(table_field(record, i)->name);
}

/*
 * After the source was read: note its fields. Fields that only the target has are
 * compared, too.
 */
static void note_source(struct operation *operation, const struct migcompat_record *record,
			const struct migcompat_value *source)
{
	struct migcompat_value own[TABLE_FIELDS_MAX];
	uint64_t missing = 0;
	uint32_t format;

	operation->read = source;
	expect_fields(record, UINT64_MAX, source);
	/* record_compare itself adds findings for the other fields. */
	for (size_t i = 0; i < record->nfields; i++)
		if (value_is_none(&source[i]) &&
		    table_field(record, i)->flags & MIGCOMPAT_FIELD_CUSTOM)
			missing |= (uint64_t)1 << i;
	if (missing && operation->own &&
	    !record_parse(NULL, record, operation->own, operation->own_len, own, &format))
		expect_fields(record, missing, own);
}

int record_read(struct migcompat_result *result, const struct migcompat_record *record,
		const char *payload, size_t len, struct migcompat_value *ret_values,
		uint32_t *ret_format)
{
	struct operation *operation = operation_now();
	int r = table_check(record);

	if (!payload || !ret_values || !ret_format) {
		operation_mistake("it reads a record from or to NULL");
		return -EINVAL;
	}
	if (!r)
		r = record_parse(result, record, payload, len, ret_values, ret_format);
	if (!r && result && operation && operation->payload == payload)
		note_source(operation, record, ret_values);
	return r;
}

static bool same_value(const struct migcompat_value *a, const struct migcompat_value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == MIGCOMPAT_VALUE_TEXT)
		return a->len == b->len && a->as.text && b->as.text &&
		       memcmp(a->as.text, b->as.text, a->len) == 0;
	return value_is_none(a) || a->as.number == b->as.number;
}

static bool points_into_payload(const struct migcompat_value *value,
				const struct operation *operation)
{
	uintptr_t at = (uintptr_t)value->as.text, start = (uintptr_t)operation->payload;

	return value->type == MIGCOMPAT_VALUE_TEXT && at >= start &&
	       at <= start + operation->payload_len;
}

/*
 * Are source and target swapped? The payload shows which values are the source's. It is
 * parsed again, unless the source's values are where record_read stored them.
 */
static bool sides_swapped(const struct operation *operation, const struct migcompat_record *record,
			  const struct migcompat_value *source,
			  const struct migcompat_value *target)
{
	struct migcompat_value values[TABLE_FIELDS_MAX];
	uint32_t format;

	if (!operation || !operation->payload || source == operation->read)
		return false;
	if (record_parse(NULL, record, operation->payload, operation->payload_len, values, &format))
		return false;
	for (size_t i = 0; i < record->nfields; i++) {
		if (value_is_none(&values[i]) || !same_value(&target[i], &values[i]))
			continue;
		if (!same_value(&source[i], &values[i]) ||
		    (points_into_payload(&target[i], operation) &&
		     !points_into_payload(&source[i], operation)))
			return true;
	}
	return false;
}

/*
 * Check the types of both values. For "one-of" and "range" the target is a list, as text.
 */
static int types_check(const struct migcompat_field *field, const struct migcompat_value *source,
		       const struct migcompat_value *target)
{
	bool list = field->rule == MIGCOMPAT_RULE_ONE_OF || field->rule == MIGCOMPAT_RULE_RANGE;
	uint32_t expected = list ? MIGCOMPAT_VALUE_TEXT : field->value;

	if (!value_is_none(source) && source->type != field->value)
		return operation_mistake(
			"the source's value of the field \"%s\" is %s, its table says %s",
			field->name, table_value_name(source->type),
			table_value_name(field->value));
	if ((source->type == MIGCOMPAT_VALUE_TEXT && !source->as.text) ||
	    (target->type == MIGCOMPAT_VALUE_TEXT && !target->as.text))
		return operation_mistake("a text of the field \"%s\" is NULL", field->name);
	if (!value_is_none(target) && target->type != expected)
		return operation_mistake(
			"the target's value of the field \"%s\" is %s, its rule \"%s\" takes %s",
			field->name, table_value_name(target->type), rule_name(field->rule),
			table_value_name(expected));
	if (field->rule == MIGCOMPAT_RULE_RANGE && !value_is_none(target) &&
	    !rule_is_range(target->as.text, target->len))
		return operation_mistake(
			"the target's value of the field \"%s\" is \"%.*s\", expected <min>-<max>",
			field->name, target->len < 64 ? (int)target->len : 64, target->as.text);
	return 0;
}

/* Decode %XX. Other bytes stay as they are. Returns the length. */
static uint32_t unescape(const char *text, uint32_t len, char *buffer)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < len; i++) {
		const char *high = i + 2 < len && text[i] == '%'
					   ? memchr(record_digits, text[i + 1], 16)
					   : NULL;
		const char *low = high ? memchr(record_digits, text[i + 2], 16) : NULL;

		if (low) {
			buffer[size++] =
				(char)((high - record_digits) << 4 | (low - record_digits));
			i += 2;
		} else {
			buffer[size++] = text[i];
		}
	}
	return size;
}

/* A finding has no type ABSENT. */
static struct migcompat_value value_shown(const struct migcompat_value *value)
{
	struct migcompat_value none = {.type = MIGCOMPAT_VALUE_NONE};

	return value_is_none(value) ? none : *value;
}

/* Compare a field by its rule. plain: a buffer for text without escapes. */
static void field_compare(struct migcompat_result *result, const struct migcompat_field *field,
			  const struct migcompat_value *source,
			  const struct migcompat_value *target, char *plain)
{
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field->name,
		.noun = field->noun,
		.rule = field->rule,
		.source = value_shown(source),
		.target = value_shown(target),
	};

	if (types_check(field, source, target))
		return;
	if (source->type == MIGCOMPAT_VALUE_TEXT && source->len <= MIGCOMPAT_STRING_MAX &&
	    memchr(source->as.text, '%', source->len)) {
		finding.source.len = unescape(source->as.text, source->len, plain);
		finding.source.as.text = plain;
	}
	if (field->rule == MIGCOMPAT_RULE_INFO) {
		finding.status = MIGCOMPAT_STATUS_OK;
	} else if ((value_is_none(source) || value_is_none(target)) &&
		   field->flags & MIGCOMPAT_FIELD_OPTIONAL) {
		if (value_is_none(source) && value_is_none(target)) {
			if (target->type == MIGCOMPAT_VALUE_NONE)
				operation_mistake(
					"the optional field \"%s\" has a value on neither "
					"side: it was never filled, or is "
					"MIGCOMPAT_VALUE_ABSENT",
					field->name);
			return;
		}
		finding.status = MIGCOMPAT_STATUS_UNKNOWN;
	} else if (rule_holds(field->rule, &finding.source, &finding.target, &finding.extra)) {
		finding.status = MIGCOMPAT_STATUS_OK;
	} else {
		finding.status = MIGCOMPAT_STATUS_BAD;
		finding.limit = field->limit;
	}
	result_add(result, &finding, true);
	operation_judged(field->name);
}

void record_compare(struct migcompat_result *result, const struct migcompat_record *record,
		    const struct migcompat_value *source, const struct migcompat_value *target)
{
	char plain[MIGCOMPAT_STRING_MAX];

	if (table_check(record))
		return;
	if (!result || !source || !target) {
		operation_mistake("it compares a record with NULL");
		return;
	}
	if (sides_swapped(operation_now(), record, source, target)) {
		operation_mistake("it gave record_compare the source's values as the target's");
		return;
	}
	for (size_t i = 0; i < record->nfields; i++) {
		const struct migcompat_field *field = table_field(record, i);

		if (!(field->flags & MIGCOMPAT_FIELD_CUSTOM))
			field_compare(result, field, &source[i], &target[i], plain);
		else if (field->rule != MIGCOMPAT_RULE_INFO &&
			 (!value_is_none(&source[i]) || !value_is_none(&target[i])))
			operation_expect(field->name);
	}
}
