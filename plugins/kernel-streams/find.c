/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which driver's a stream is, and how findings are made. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "streams.h"

static struct migcompat_value number(uint64_t value, bool hex)
{
	return (struct migcompat_value){hex ? MIGCOMPAT_VALUE_HEX : MIGCOMPAT_VALUE_NUMBER, 0, {.number = value}};
}

void add_driver(const struct stream *stream, const char *driver)
{
	stream->host->finding(stream->result, &(struct migcompat_finding){
						      .struct_size = sizeof(struct migcompat_finding),
						      .field = "stream_driver",
						      .rule = MIGCOMPAT_RULE_INFO,
						      .source = {MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(driver), {.text = driver}},
					      });
}

void add_value(const struct stream *stream, const char *field, enum migcompat_rule rule, uint64_t value, bool hex, const char *text)
{
	stream->host->finding(stream->result, &(struct migcompat_finding){
						      .struct_size = sizeof(struct migcompat_finding),
						      .field = field,
						      .rule = rule,
						      .status = rule == MIGCOMPAT_RULE_INFO ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_UNKNOWN,
						      .source = number(value, hex),
						      .text = text,
					      });
}

void add_judged(const struct stream *stream, const char *field, enum migcompat_rule rule, enum migcompat_limit limit, uint64_t value, uint64_t want,
		bool ok)
{
	stream->host->finding(stream->result, &(struct migcompat_finding){
						      .struct_size = sizeof(struct migcompat_finding),
						      .field = field,
						      .rule = rule,
						      .status = ok ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_BAD,
						      .limit = ok ? MIGCOMPAT_LIMIT_NONE : limit,
						      .source = number(value, false),
						      .target = number(want, false),
					      });
}

void add_wrong(const struct stream *stream, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	stream->host->finding(stream->result, &(struct migcompat_finding){
						      .struct_size = sizeof(struct migcompat_finding),
						      .field = "stream_format",
						      .rule = MIGCOMPAT_RULE_INFO,
						      .status = MIGCOMPAT_STATUS_BAD,
						      .limit = MIGCOMPAT_LIMIT_FORMAT,
						      .text = text,
					      });
}

void add_swapped(const struct stream *stream)
{
	add_wrong(stream, "it is of a machine with the other byte order");
}

int streams_read(const struct migcompat_host *host, void *handle, const void *head, size_t len, uint64_t size,
		 struct migcompat_result *result)
{
	/* Those with a magic first; records have none. */
	static bool (*const readers[])(const struct stream *) = {heads_read, sections_read, packets_read, records_read};
	const struct stream stream = {.host = host, .result = result, .bytes = head, .len = len, .size = size};

	(void)handle; /* no device is ever opened here */
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i](&stream))
			return 0;
	return -ENOMSG;
}
