/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking a field table. Sizes are checked at each use, all else once for each table. */
#include "core/finding/field_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/facts/macros.h"
#include "core/operation/operation.h"
#include "core/finding/result.h"

#define NAME_MAX_BYTES 64u
#define VALUE(type) (1u << (type))

/*
 * The types that a rule can compare, as bits. For "one-of" and "range" that is the
 * source's type.
 */
static const unsigned values_of_rule[] = {
	[MIGCOMPAT_RULE_EQUAL] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX) |
				 VALUE(MIGCOMPAT_VALUE_VERSION) | VALUE(MIGCOMPAT_VALUE_TEXT),
	[MIGCOMPAT_RULE_SUPERSET] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX),
	[MIGCOMPAT_RULE_AT_LEAST] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX) |
				    VALUE(MIGCOMPAT_VALUE_VERSION),
	[MIGCOMPAT_RULE_VERSION] = VALUE(MIGCOMPAT_VALUE_VERSION),
	[MIGCOMPAT_RULE_ONE_OF] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX) |
				  VALUE(MIGCOMPAT_VALUE_VERSION) | VALUE(MIGCOMPAT_VALUE_TEXT),
	[MIGCOMPAT_RULE_RANGE] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX) |
				 VALUE(MIGCOMPAT_VALUE_TEXT),
	[MIGCOMPAT_RULE_INFO] = VALUE(MIGCOMPAT_VALUE_NUMBER) | VALUE(MIGCOMPAT_VALUE_HEX) |
				VALUE(MIGCOMPAT_VALUE_VERSION) | VALUE(MIGCOMPAT_VALUE_TEXT),
};

const char *table_value_name(uint32_t type)
{
	static const char *const names[] = {
		[MIGCOMPAT_VALUE_NONE] = "none",
		[MIGCOMPAT_VALUE_NUMBER] = "a number",
		[MIGCOMPAT_VALUE_HEX] = "a hexadecimal number",
		[MIGCOMPAT_VALUE_VERSION] = "a version",
		[MIGCOMPAT_VALUE_TEXT] = "text",
		[MIGCOMPAT_VALUE_ABSENT] = "absent",
	};

	return type < COUNT(names) ? names[type] : "of no known type";
}

static bool name_right(const char *name)
{
	size_t len = strnlen(name, NAME_MAX_BYTES + 1);

	return len >= 1 && len <= NAME_MAX_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static int sizes_check(const struct migcompat_record *record)
{
	const size_t record_least = MEMBER_END(struct migcompat_record, newest),
		     field_least = MEMBER_END(struct migcompat_field, flags);

	if (!record)
		return operation_mistake("its record is NULL");
	if (!operation_size_fits(record->struct_size, record_least))
		return operation_mistake("its record has struct_size %zu, expected at least %zu",
					 record->struct_size, record_least);
	if (!record->fields || record->nfields < 1 || record->nfields > TABLE_FIELDS_MAX)
		return operation_mistake("its record has %zu fields, expected 1 to %u",
					 record->fields ? record->nfields : 0, TABLE_FIELDS_MAX);
	if (record->field_size < field_least ||
	    record->field_size % _Alignof(struct migcompat_field))
		return operation_mistake("its record has field_size %zu, expected sizeof(struct "
					 "migcompat_field), at least %zu",
					 record->field_size, field_least);
	if (record->oldest > record->newest)
		return operation_mistake("its record reads formats %u to %u", record->oldest,
					 record->newest);
	return 0;
}

static int field_check(const struct migcompat_record *record, size_t i)
{
	const struct migcompat_field *field = table_field(record, i);
	const char *name = field->name;

	if (!name || !name_right(name))
		return operation_mistake(
			"field %zu of its record is named \"%.64s\", expected 1 to "
			"%u of a-z, 0-9 and _",
			i + 1, name ? name : "", NAME_MAX_BYTES);
	for (size_t before = 0; before < i; before++)
		if (strcmp(table_field(record, before)->name, name) == 0)
			return operation_mistake("its record has the field \"%s\" twice", name);
	if (field->value < MIGCOMPAT_VALUE_NUMBER || field->value > MIGCOMPAT_VALUE_TEXT)
		return operation_mistake(
			"the field \"%s\" has the value type %u, expected %u to %u", name,
			field->value, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_VALUE_TEXT);
	if (field->rule >= COUNT(values_of_rule))
		return operation_mistake("the field \"%s\" has the rule %u, expected 0 to %u", name,
					 field->rule, MIGCOMPAT_RULE_INFO);
	if (!(values_of_rule[field->rule] & VALUE(field->value)))
		return operation_mistake(
			"the field \"%s\" is %s, which the rule \"%s\" cannot compare", name,
			table_value_name(field->value), rule_name(field->rule));
	if (!limit_is_backends(field->limit))
		return operation_mistake(
			"the field \"%s\" has the limit %u (%s), which no backend may use", name,
			field->limit,
			limit_name(field->limit) ? limit_name(field->limit) : "unknown");
	if (field->flags & ~(uint32_t)(MIGCOMPAT_FIELD_OPTIONAL | MIGCOMPAT_FIELD_CUSTOM))
		return operation_mistake(
			"the field \"%s\" has the flags 0x%x, which are not known here", name,
			field->flags);
	return 0;
}

int table_check(const struct migcompat_record *record)
{
	struct operation *operation = operation_now();
	struct checked_tables *tables = operation ? operation->tables : NULL;
	int r = sizes_check(record);
	uint64_t key;

	if (r)
		return r;
	/* Hash the content: another table may be at the same address later. */
	key = XXH3_64bits(record->fields, record->nfields * record->field_size) | 1;
	for (size_t i = 0; tables && i < COUNT(tables->keys); i++)
		if (atomic_load_explicit(&tables->keys[i], memory_order_relaxed) == key)
			return 0;
	for (size_t i = 0; i < record->nfields && !r; i++)
		r = field_check(record, i);
	for (size_t i = 0; tables && i < COUNT(tables->keys) && !r; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&tables->keys[i], &none, key))
			break;
	}
	return r;
}
