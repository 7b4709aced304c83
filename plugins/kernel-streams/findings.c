/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes findings. Each text names the offset. The text of a fault names the
 * field, too.
 */
#include <stdarg.h>
#include <stdio.h>

#include "streams.h"

#define TEXT_MAX 200u

typedef unsigned long long ull;

void add_driver(const struct stream *stream, const char *driver)
{
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "stream_driver",
		.rule = MIGCOMPAT_RULE_INFO,
		.source = {MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(driver), {.text = driver}},
	};

	stream->host->finding(stream->result, &finding);
}

static struct migcompat_value number(uint64_t value, bool hex)
{
	uint32_t type = hex ? MIGCOMPAT_VALUE_HEX : MIGCOMPAT_VALUE_NUMBER;

	return (struct migcompat_value){type, 0, {.number = value}};
}

void add_value(const struct stream *stream, struct field field, enum migcompat_rule rule,
	       uint64_t value, bool hex, const char *remark)
{
	char text[TEXT_MAX];
	bool info = rule == MIGCOMPAT_RULE_INFO;
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field.name,
		.rule = rule,
		.status = info ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_UNKNOWN,
		.source = number(value, hex),
		.text = text,
	};

	snprintf(text, sizeof(text), "offset %llu%s%s", (ull)field.offset, remark ? ": " : "",
		 remark ? remark : "");
	stream->host->finding(stream->result, &finding);
}

void add_judged(const struct stream *stream, struct field field, enum migcompat_rule rule,
		uint64_t value, uint64_t want)
{
	char text[TEXT_MAX];
	bool most = rule == MIGCOMPAT_RULE_AT_LEAST;
	bool ok = most ? value <= want : value == want;
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field.name,
		.rule = rule,
		.status = ok ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_BAD,
		.limit = ok ? MIGCOMPAT_LIMIT_NONE : MIGCOMPAT_LIMIT_DRIVER,
		.source = number(value, false),
		.target = number(want, false),
		.text = text,
	};

	if (ok)
		snprintf(text, sizeof(text), "offset %llu", (ull)field.offset);
	else
		snprintf(text, sizeof(text), "%s at offset %llu is %llu, expected %s%llu",
			 field.name, (ull)field.offset, (ull)value, most ? "at most " : "",
			 (ull)want);
	stream->host->finding(stream->result, &finding);
}

static void add_text(const struct stream *stream, struct field field, uint32_t status,
		     const char *what)
{
	char text[TEXT_MAX + 64];
	bool bad = status == MIGCOMPAT_STATUS_BAD;
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = field.name,
		.rule = MIGCOMPAT_RULE_INFO,
		.status = status,
		.limit = bad ? MIGCOMPAT_LIMIT_FORMAT : MIGCOMPAT_LIMIT_NONE,
		.text = text,
	};

	snprintf(text, sizeof(text), "%.48s at offset %llu: %s", field.name, (ull)field.offset,
		 what);
	stream->host->finding(stream->result, &finding);
}

void add_warning(const struct stream *stream, struct field field, const char *format, ...)
{
	char what[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	add_text(stream, field, MIGCOMPAT_STATUS_WARN, what);
}

void add_wrong(const struct stream *stream, struct field field, const char *format, ...)
{
	char what[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	add_text(stream, field, MIGCOMPAT_STATUS_BAD, what);
}

void add_swapped(const struct stream *stream)
{
	add_wrong(stream, (struct field){"stream_magic", 0},
		  "a machine of the other byte order wrote it");
}

void add_unseen(const struct stream *stream, uint64_t offset)
{
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "stream_rest",
		.rule = MIGCOMPAT_RULE_INFO,
		.status = MIGCOMPAT_STATUS_UNKNOWN,
		.source = number(offset, false),
		.text = "the stream was not read from this offset on",
	};

	stream->host->finding(stream->result, &finding);
}
