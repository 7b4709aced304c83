/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the inventory reader: they begin with the file, and the host or device. */
#include "core/facts/inventory_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *text_shown(struct shown *shown, const char *text)
{
	size_t len = strnlen(text, 64);
	bool cut = text[len] != '\0';

	/* Do not cut within a character. */
	while (cut && len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	snprintf(shown->text, sizeof(shown->text), "%.*s%s", (int)len, text, cut ? "…" : "");
	return shown->text;
}

int inventory_fail(const struct inventory_reader *reader, int code, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (reader->in_host)
		return error_set(reader->err, code, "%s: \"host\": %s", reader->name, text);
	if (reader->id)
		return error_set(reader->err, code, "%s: device %zu (\"%s\"): %s", reader->name,
				 reader->number, SHOWN(reader->id), text);
	if (reader->number)
		return error_set(reader->err, code, "%s: device %zu: %s", reader->name,
				 reader->number, text);
	return error_set(reader->err, code, "%s: %s", reader->name, text);
}

int inventory_no_memory(const struct inventory_reader *reader)
{
	return inventory_fail(reader, -ENOMEM, "out of memory");
}
