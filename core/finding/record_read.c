/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a record. Values point into the payload, and nothing is allocated. */
#include "core/finding/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/finding/field_table.h"
#include "core/finding/result.h"

#define CHECKSUM_LEN 17u /* '=' and 16 digits */

static int malformed(struct migcompat_result *result, const char *what)
{
	if (result)
		result_add_text(result, "format", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
				MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, what);
	return -EINVAL;
}

/* A decimal number without leading zeros. */
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

static bool value_parse(uint32_t type, const char *at, const char *end, struct migcompat_value *ret)
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
		if (text[1 + i] != record_digits[sum >> (60 - 4 * i) & 15])
			return false;
	return true;
}

/*
 * The index of a field, or nfields. The search begins after the last one that was found,
 * since payloads have the order of the table.
 */
static size_t field_find(const struct migcompat_record *record, const char *name, size_t len,
			 size_t from)
{
	for (size_t n = 0; n < record->nfields; n++) {
		size_t i = from + n < record->nfields ? from + n : from + n - record->nfields;
		const char *known = table_field(record, i)->name;

		if (strncmp(known, name, len) == 0 && known[len] == '\0')
			return i;
	}
	return record->nfields;
}

static int format_unknown(struct migcompat_result *result, const struct migcompat_record *record,
			  uint64_t format)
{
	char text[128];

	if (record->oldest == record->newest)
		snprintf(text, sizeof(text),
			 "payload format %" PRIu64 " is not known here, expected %" PRIu32, format,
			 record->newest);
	else
		snprintf(text, sizeof(text),
			 "payload format %" PRIu64 " is not known here, expected %" PRIu32
			 " to %" PRIu32,
			 format, record->oldest, record->newest);
	return malformed(result, text);
}

/* Parse the fields. The check of the checksum showed that the last one ends with ';'. */
static int fields_parse(struct migcompat_result *result, const struct migcompat_record *record,
			const char *at, const char *end, struct migcompat_value *ret_values)
{
	uint64_t seen = 0;
	size_t from = 0;

	while (at < end) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		const char *equals = memchr(at, '=', (size_t)(stop - at));
		bool optional = *at == '~';
		size_t i;

		if (!equals)
			return malformed(result, "a field has no value");
		at += optional;
		i = field_find(record, at, (size_t)(equals - at), from);
		if (i == record->nfields) {
			if (!optional)
				return malformed(result,
						 "it has a mandatory field that is not known here");
		} else if (seen >> i & 1) {
			return malformed(result, "a field appears twice");
		} else if (!value_parse(table_field(record, i)->value, equals + 1, stop,
					&ret_values[i])) {
			return malformed(result, "a field's value is malformed");
		} else {
			seen |= (uint64_t)1 << i;
			from = i + 1;
		}
		at = stop + 1;
	}
	for (size_t i = 0; i < record->nfields; i++)
		if (!(seen >> i & 1) && !(table_field(record, i)->flags & MIGCOMPAT_FIELD_OPTIONAL))
			return malformed(result, "a mandatory field is missing");
	return 0;
}

int record_parse(struct migcompat_result *result, const struct migcompat_record *record,
		 const char *payload, size_t len, struct migcompat_value *ret_values,
		 uint32_t *ret_format)
{
	const char *at = payload, *end = payload + len;
	uint64_t format;
	int r;

	if (!decimal(&at, end, UINT32_MAX, &format) || at == end || *at++ != ';')
		return malformed(result, "the payload does not begin with a format number");
	if (format < record->oldest || format > record->newest)
		return format_unknown(result, record, format);
	if (len < (size_t)(at - payload) + CHECKSUM_LEN || !checksum_holds(payload, len))
		return malformed(result,
				 "the checksum does not fit: the string was cut or damaged");
	for (size_t i = 0; i < record->nfields; i++)
		ret_values[i] = (struct migcompat_value){0};
	r = fields_parse(result, record, at, end - CHECKSUM_LEN, ret_values);
	if (!r)
		*ret_format = (uint32_t)format;
	return r;
}
