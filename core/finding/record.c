/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "FORMAT;name=value;~name=value;=CHECKSUM": made, read and compared by a table of fields. Reading
 * points into the payload and allocates nothing. The checksum (XXH3, 16 hex digits) covers all
 * before its '=', so that no prefix and no damaged copy of a payload is one.
 */
#include "core/finding/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/operation/operation.h"
#include "core/finding/result.h"
#include "core/finding/field_table.h"

#define FIELDS_MAX TABLE_FIELDS_MAX
#define CHECKSUM_LEN 17u /* '=' and 16 digits */

static const char digits[] = "0123456789abcdef";

static const struct migcompat_field *field_at(const struct migcompat_record *record, size_t i)
{
	return table_field(record, i);
}

static bool is_none(const struct migcompat_value *value)
{
	return value->type == MIGCOMPAT_VALUE_NONE || value->type == MIGCOMPAT_VALUE_ABSENT;
}

/* ---------------------------------------------------------------- writing */

struct writer {
	char *at;
	char *end;
	bool full;
};

static void put(struct writer *writer, char c)
{
	if (writer->at == writer->end)
		writer->full = true;
	else
		*writer->at++ = c;
}

static void put_text(struct writer *writer, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(writer, text[i]);
}

static bool byte_plain(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != ';' && c != '%';
}

static void put_value(struct writer *writer, const struct migcompat_value *value)
{
	char text[32];

	if (value->type != MIGCOMPAT_VALUE_TEXT) {
		put_text(writer, text, (size_t)value_render(value, text, sizeof(text)));
		return;
	}
	for (uint32_t i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->as.text[i];

		if (byte_plain(c)) {
			put(writer, (char)c);
		} else {
			put(writer, '%');
			put(writer, digits[c >> 4]);
			put(writer, digits[c & 15]);
		}
	}
}

/* Is it what the table says? */
static int value_check(const struct migcompat_field *field, const struct migcompat_value *value)
{
	if (is_none(value))
		return operation_slip("the mandatory field \"%s\" has no value", field->name);
	if (value->type != field->value)
		return operation_slip("the value of the field \"%s\" is %s, its table says %s",
				      field->name, table_value_name(value->type),
				      table_value_name(field->value));
	if (value->type == MIGCOMPAT_VALUE_TEXT && !value->as.text)
		return operation_slip("the text of the field \"%s\" is NULL", field->name);
	return 0;
}

int record_write(const struct migcompat_record *record, uint32_t format,
		 const struct migcompat_value *values, char *buffer, size_t size)
{
	struct writer writer = {0};
	char text[24];
	int r = table_check(record);

	if (r)
		return r;
	if (!values || !buffer) {
		operation_slip("it writes a record from or to NULL");
		return -EINVAL;
	}
	writer = (struct writer){.at = buffer, .end = buffer + size};
	if (format < record->oldest || format > record->newest)
		return operation_slip("it writes format %" PRIu32 ", its record has %" PRIu32
				      " to %" PRIu32,
				      format, record->oldest, record->newest);
	put_text(&writer, text, (size_t)snprintf(text, sizeof(text), "%" PRIu32 ";", format));
	for (size_t i = 0; i < record->nfields; i++) {
		const struct migcompat_field *field = field_at(record, i);
		bool optional = field->flags & MIGCOMPAT_FIELD_OPTIONAL;

		if (optional && is_none(&values[i]))
			continue;
		r = value_check(field, &values[i]);
		if (r)
			return r;
		if (optional)
			put(&writer, '~');
		put_text(&writer, field->name, strlen(field->name));
		put(&writer, '=');
		put_value(&writer, &values[i]);
		put(&writer, ';');
	}
	uint64_t sum = XXH3_64bits(buffer, (size_t)(writer.at - buffer));

	put_text(&writer, text, (size_t)snprintf(text, sizeof(text), "=%016" PRIx64, sum));
	return writer.full ? -ENOBUFS : (int)(writer.at - buffer);
}

/* ---------------------------------------------------------------- reading */

static int malformed(struct migcompat_result *result, const char *what)
{
	if (result)
		result_add_text(result, "format", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
				MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, what);
	return -EINVAL;
}

/* Decimal without leading zeros. */
static bool decimal(const char **at, const char *end, uint64_t max, uint64_t *ret)
{
	const char *p = *at;
	uint64_t number = 0;

	if (p == end || *p < '0' || *p > '9' ||
	    (*p == '0' && p + 1 < end && p[1] >= '0' && p[1] <= '9'))
		return false;
	while (p < end && *p >= '0' && *p <= '9') {
		uint64_t digit = (uint64_t)(*p++ - '0');

		if (number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*at = p;
	*ret = number;
	return true;
}

static bool hexadecimal(const char **at, const char *end, uint64_t *ret)
{
	const char *p = *at;
	uint64_t number = 0;

	if (end - p < 3 || p[0] != '0' || p[1] != 'x')
		return false;
	p += 2;
	if (*p == '0' && p + 1 < end)
		return false;
	for (; p < end; p++) {
		int digit = *p >= '0' && *p <= '9'   ? *p - '0'
			    : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
						     : -1;

		if (digit < 0 || number >> 60)
			return false;
		number = number << 4 | (uint64_t)digit;
	}
	*at = p;
	*ret = number;
	return true;
}

static bool version(const char **at, const char *end, uint64_t *ret)
{
	uint64_t part[3];

	for (int i = 0; i < 3; i++) {
		if (i && (*at == end || *(*at)++ != '.'))
			return false;
		if (!decimal(at, end, (1u << 21) - 1, &part[i]))
			return false;
	}
	*ret = MIGCOMPAT_VERSION(part[0], part[1], part[2]);
	return true;
}

static bool value_read(uint32_t type, const char *at, const char *end, struct migcompat_value *ret)
{
	struct migcompat_value value = {.type = type};

	switch (type) {
	case MIGCOMPAT_VALUE_NUMBER:
		if (!decimal(&at, end, UINT64_MAX, &value.as.number))
			return false;
		break;
	case MIGCOMPAT_VALUE_HEX:
		if (!hexadecimal(&at, end, &value.as.number))
			return false;
		break;
	case MIGCOMPAT_VALUE_VERSION:
		if (!version(&at, end, &value.as.number))
			return false;
		break;
	case MIGCOMPAT_VALUE_TEXT:
		value.as.text = at;
		value.len = (uint32_t)(end - at);
		at = end;
		break;
	default:
		return false;
	}
	if (at != end)
		return false;
	*ret = value;
	return true;
}

static bool checksum_holds(const char *payload, size_t len)
{
	const char *text = payload + len - CHECKSUM_LEN;
	uint64_t sum = XXH3_64bits(payload, len - CHECKSUM_LEN);

	if (text[-1] != ';' || text[0] != '=')
		return false;
	for (int i = 0; i < 16; i++)
		if (text[1 + i] != digits[sum >> (60 - 4 * i) & 15])
			return false;
	return true;
}

/* The field that a name stands for, looked for from where the last one was found: tables and
 * payloads have one order. */
static size_t field_find(const struct migcompat_record *record, const char *name, size_t len,
			 size_t from)
{
	for (size_t n = 0; n < record->nfields; n++) {
		size_t i = from + n < record->nfields ? from + n : from + n - record->nfields;
		const char *known = field_at(record, i)->name;

		if (strncmp(known, name, len) == 0 && known[len] == '\0')
			return i;
	}
	return record->nfields;
}

static int parse(struct migcompat_result *result, const struct migcompat_record *record,
		 const char *payload, size_t len, struct migcompat_value *ret_values,
		 uint32_t *ret_format)
{
	const char *at = payload, *end = payload + len;
	uint64_t format, seen = 0;
	size_t from = 0;

	if (!decimal(&at, end, UINT32_MAX, &format) || at == end || *at++ != ';')
		return malformed(result, "the payload does not begin with a format number");
	if (format < record->oldest || format > record->newest) {
		char text[128];

		if (record->oldest == record->newest)
			snprintf(text, sizeof(text),
				 "payload format %" PRIu64 " is not known here, expected %" PRIu32,
				 format, record->newest);
		else
			snprintf(text, sizeof(text),
				 "payload format %" PRIu64 " is not known here, expected %" PRIu32
				 " to %" PRIu32,
				 format, record->oldest, record->newest);
		return malformed(result, text);
	}
	if (len < (size_t)(at - payload) + CHECKSUM_LEN || !checksum_holds(payload, len))
		return malformed(result,
				 "the checksum does not fit: the string was cut or damaged");
	end -= CHECKSUM_LEN;
	for (size_t i = 0; i < record->nfields; i++)
		ret_values[i] = (struct migcompat_value){0};
	while (at < end) {
		const char *stop =
			memchr(at, ';',
			       (size_t)(end - at)); /* there is one: checksum_holds saw the last */
		const char *equals = memchr(at, '=', (size_t)(stop - at));
		bool optional = *at == '~';

		if (!equals)
			return malformed(result, "a field has no value");
		at += optional;
		size_t i = field_find(record, at, (size_t)(equals - at), from);

		if (i == record->nfields) {
			if (!optional)
				return malformed(result,
						 "it has a mandatory field that is not known here");
		} else if (seen >> i & 1) {
			return malformed(result, "a field stands twice");
		} else if (!value_read(field_at(record, i)->value, equals + 1, stop,
				       &ret_values[i])) {
			return malformed(result, "a field's value is malformed");
		} else {
			seen |= (uint64_t)1 << i;
			from = i + 1;
		}
		at = stop + 1;
	}
	for (size_t i = 0; i < record->nfields; i++)
		if (!(seen >> i & 1) && !(field_at(record, i)->flags & MIGCOMPAT_FIELD_OPTIONAL))
			return malformed(result, "a mandatory field is missing");
	*ret_format = (uint32_t)format;
	return 0;
}

/* These fields of the table, as bits, are there if the payload has them: then they want a finding.
 */
static void expect(const struct migcompat_record *record, uint64_t fields,
		   const struct migcompat_value *values)
{
	for (size_t i = 0; i < record->nfields; i++)
		if (fields >> i & 1 && !is_none(&values[i]) &&
		    field_at(record, i)->rule != MIGCOMPAT_RULE_INFO)
			operation_expect(field_at(record, i)->name);
}

/* A comparison has read the source. What this device has though the source has not is compared as
 * well. */
static void note(struct operation *operation, const struct migcompat_record *record,
		 const struct migcompat_value *source)
{
	struct migcompat_value own[FIELDS_MAX];
	uint64_t missing = 0;
	uint32_t format;

	operation->read = source;
	expect(record, UINT64_MAX, source);
	/* record_compare says by itself what it finds in the others. */
	for (size_t i = 0; i < record->nfields; i++)
		if (is_none(&source[i]) && field_at(record, i)->flags & MIGCOMPAT_FIELD_CUSTOM)
			missing |= (uint64_t)1 << i;
	if (missing && operation->own &&
	    !parse(NULL, record, operation->own, operation->own_len, own, &format))
		expect(record, missing, own);
}

int record_read(struct migcompat_result *result, const struct migcompat_record *record,
		const char *payload, size_t len, struct migcompat_value *ret_values,
		uint32_t *ret_format)
{
	struct operation *operation = operation_now();
	int r = table_check(record);

	if (!payload || !ret_values || !ret_format) {
		operation_slip("it reads a record from or to NULL");
		return -EINVAL;
	}
	if (!r)
		r = parse(result, record, payload, len, ret_values, ret_format);
	if (!r && result && operation && operation->payload == payload)
		note(operation, record, ret_values);
	return r;
}

/* ---------------------------------------------------------------- comparing */

static bool same_value(const struct migcompat_value *a, const struct migcompat_value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == MIGCOMPAT_VALUE_TEXT)
		return a->len == b->len && a->as.text && b->as.text &&
		       memcmp(a->as.text, b->as.text, a->len) == 0;
	return is_none(a) || a->as.number == b->as.number;
}

static bool inside(const struct migcompat_value *value, const struct operation *operation)
{
	uintptr_t at = (uintptr_t)value->as.text, start = (uintptr_t)operation->payload;

	return value->type == MIGCOMPAT_VALUE_TEXT && at >= start &&
	       at <= start + operation->payload_len;
}

/*
 * Is what is given as the target's the source's? The payload tells which is which: it is read again
 * unless the source's values lie where they were read to.
 */
static bool swapped(const struct operation *operation, const struct migcompat_record *record,
		    const struct migcompat_value *source, const struct migcompat_value *target)
{
	struct migcompat_value values[FIELDS_MAX];
	uint32_t format;

	if (!operation || !operation->payload || source == operation->read)
		return false;
	if (parse(NULL, record, operation->payload, operation->payload_len, values, &format))
		return false;
	for (size_t i = 0; i < record->nfields; i++) {
		if (is_none(&values[i]) || !same_value(&target[i], &values[i]))
			continue;
		if (!same_value(&source[i], &values[i]) ||
		    (inside(&target[i], operation) && !inside(&source[i], operation)))
			return true;
	}
	return false;
}

/* The types of both values. The target of "one-of" and "range" is a list as text, whatever the
 * source's is. */
static int types_check(const struct migcompat_field *field, const struct migcompat_value *source,
		       const struct migcompat_value *target)
{
	bool list = field->rule == MIGCOMPAT_RULE_ONE_OF || field->rule == MIGCOMPAT_RULE_RANGE;
	uint32_t expected = list ? MIGCOMPAT_VALUE_TEXT : field->value;

	if (!is_none(source) && source->type != field->value)
		return operation_slip(
			"the source's value of the field \"%s\" is %s, its table says %s",
			field->name, table_value_name(source->type),
			table_value_name(field->value));
	if ((source->type == MIGCOMPAT_VALUE_TEXT && !source->as.text) ||
	    (target->type == MIGCOMPAT_VALUE_TEXT && !target->as.text))
		return operation_slip("a text of the field \"%s\" is NULL", field->name);
	if (!is_none(target) && target->type != expected)
		return operation_slip(
			"the target's value of the field \"%s\" is %s, its rule \"%s\" takes %s",
			field->name, table_value_name(target->type), rule_name(field->rule),
			table_value_name(expected));
	if (field->rule == MIGCOMPAT_RULE_RANGE && !is_none(target) &&
	    !rule_is_range(target->as.text, target->len))
		return operation_slip(
			"the target's value of the field \"%s\" is \"%.*s\", expected <min>-<max>",
			field->name, target->len < 64 ? (int)target->len : 64, target->as.text);
	return 0;
}

/* %XX back to bytes; what is no escape stays as it is. Returns the length. */
static uint32_t unescape(const char *text, uint32_t len, char *buffer)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < len; i++) {
		const char *high =
			i + 2 < len && text[i] == '%' ? memchr(digits, text[i + 1], 16) : NULL;
		const char *low = high ? memchr(digits, text[i + 2], 16) : NULL;

		if (low) {
			buffer[size++] = (char)((high - digits) << 4 | (low - digits));
			i += 2;
		} else {
			buffer[size++] = text[i];
		}
	}
	return size;
}

/* In a finding, what is absent is none. */
static struct migcompat_value shown(const struct migcompat_value *value)
{
	struct migcompat_value none = {.type = MIGCOMPAT_VALUE_NONE};

	return is_none(value) ? none : *value;
}

/* One field by its rule; plain: room for a text without its escapes. */
static void field_compare(struct migcompat_result *result, const struct migcompat_field *field,
			  const struct migcompat_value *source,
			  const struct migcompat_value *target, char *plain)
{
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field->name,
		.noun = field->noun,
		.rule = field->rule,
		.source = shown(source),
		.target = shown(target),
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
	} else if ((is_none(source) || is_none(target)) &&
		   field->flags & MIGCOMPAT_FIELD_OPTIONAL) {
		if (is_none(source) && is_none(target)) {
			if (target->type == MIGCOMPAT_VALUE_NONE)
				operation_slip("the optional field \"%s\" has a value on neither "
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
		operation_slip("it compares a record with NULL");
		return;
	}
	if (swapped(operation_now(), record, source, target)) {
		operation_slip("it gave record_compare the source's values as the target's");
		return;
	}
	for (size_t i = 0; i < record->nfields; i++) {
		const struct migcompat_field *field = field_at(record, i);

		if (!(field->flags & MIGCOMPAT_FIELD_CUSTOM))
			field_compare(result, field, &source[i], &target[i], plain);
		else if (field->rule != MIGCOMPAT_RULE_INFO &&
			 (!is_none(&source[i]) || !is_none(&target[i])))
			operation_expect(field->name);
	}
}
