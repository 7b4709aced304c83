/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a record. The values are checked against the table first. */
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
#include "core/operation/operation.h"

const char record_digits[] = "0123456789abcdef";

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
			put(writer, record_digits[c >> 4]);
			put(writer, record_digits[c & 15]);
		}
	}
}

/* Does the value have the type of its field? */
static int value_check(const struct migcompat_field *field, const struct migcompat_value *value)
{
	if (value_is_none(value))
		return operation_mistake("the mandatory field \"%s\" has no value", field->name);
	if (value->type != field->value)
		return operation_mistake("the value of the field \"%s\" is %s, its table says %s",
					 field->name, table_value_name(value->type),
					 table_value_name(field->value));
	if (value->type == MIGCOMPAT_VALUE_TEXT && !value->as.text)
		return operation_mistake("the text of the field \"%s\" is NULL", field->name);
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
		operation_mistake("it writes a record from or to NULL");
		return -EINVAL;
	}
	writer = (struct writer){.at = buffer, .end = buffer + size};
	if (format < record->oldest || format > record->newest)
		return operation_mistake("it writes format %" PRIu32 ", its record has %" PRIu32
					 " to %" PRIu32,
					 format, record->oldest, record->newest);
	put_text(&writer, text, (size_t)snprintf(text, sizeof(text), "%" PRIu32 ";", format));
	for (size_t i = 0; i < record->nfields; i++) {
		const struct migcompat_field *field = table_field(record, i);
		bool optional = field->flags & MIGCOMPAT_FIELD_OPTIONAL;

		if (optional && value_is_none(&values[i]))
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
