/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Escapes control characters that jansson writes as they are. They occur only in strings.
 */
#include "core/facts/json_escaped.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/json_write.h"
#include "core/facts/utf8.h"

#define ESCAPE_BYTES 6u /* "\u009B" */

/*
 * The length of the character at the start in bytes. *ret: it must be escaped, and
 * jansson did not.
 */
static size_t character(const char *text, bool *ret)
{
	size_t size;

	*ret = false;
	if (text[0] > 0 && text[0] < 0x7f)
		return 1;
	size = utf8_sequence(text, strnlen(text, 4));
	*ret = size && utf8_control(text, size);
	return size ? size : 1;
}

static size_t escaped_len(const char *text)
{
	size_t len = 0, size;
	bool hidden;

	for (; *text; text += size) {
		size = character(text, &hidden);
		len += !hidden ? size : size == 4 ? 2 * ESCAPE_BYTES : ESCAPE_BYTES;
	}
	return len;
}

/* Characters above U+FFFF are a surrogate pair: RFC 8259, section 7. */
static char *escape(char *to, uint32_t point)
{
	if (point > 0xffff) {
		point -= 0x10000;
		to += sprintf(to, "\\u%04X", 0xd800u + (point >> 10));
		point = 0xdc00u + (point & 0x3ffu);
	}
	return to + sprintf(to, "\\u%04X", point);
}

static char *escape_all(const char *text, size_t len)
{
	char *made = malloc(len + 1), *to = made;
	bool hidden;

	if (!made)
		return NULL;
	while (*text) {
		size_t size = character(text, &hidden);

		if (hidden)
			to = escape(to, utf8_point(text, size));
		else
			to = mempcpy(to, text, size);
		text += size;
	}
	*to = '\0';
	return made;
}

char *json_escaped(const json_t *json, size_t flags)
{
	char *text = json_write(json, flags | JSON_ENCODE_ANY), *made;
	size_t len = text ? escaped_len(text) : 0;

	if (!text || len == strlen(text))
		return text;
	made = escape_all(text, len);
	free(text);
	return made;
}
