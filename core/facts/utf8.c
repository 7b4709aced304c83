/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks UTF-8 by the table of well-formed sequences in RFC 3629, section 4. Must not
 * allocate.
 */
#include "core/facts/utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_sequence(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;
	uint32_t point, least;
	size_t size;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		size = 2, point = p[0] & 0x1fu, least = 0x80;
	else if ((p[0] & 0xf0) == 0xe0)
		size = 3, point = p[0] & 0x0fu, least = 0x800;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		size = 4, point = p[0] & 0x07u, least = 0x10000;
	else
		return 0;
	if (size > len)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3fu);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return size;
}

bool utf8_valid(const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint64_t eight;
		size_t size;

		/* Nearly all facts are ASCII, so skip eight bytes at a time. */
		if (len - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				at += sizeof(eight);
				continue;
			}
		}
		size = utf8_sequence(bytes + at, len - at);
		if (!size)
			return false;
		at += size;
	}
	return true;
}

uint32_t utf8_point(const char *bytes, size_t size)
{
	static const unsigned char heads[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = (unsigned char)bytes[0] & heads[size];

	for (size_t i = 1; i < size; i++)
		point = point << 6 | ((unsigned char)bytes[i] & 0x3fu);
	return point;
}

/*
 * C0, DEL and C1, line separators, and Unicode's Default_Ignorable_Code_Point. The
 * variation selectors U+FE00 to U+FE0F are not among them, because they belong to the
 * visible character before them. Sorted.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} controls[] = {
	{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad}, {0x034f, 0x034f},
	{0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5}, {0x180b, 0x180f},
	{0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f}, {0x3164, 0x3164},
	{0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool utf8_control(const char *bytes, size_t len)
{
	uint32_t point = utf8_point(bytes, len);
	size_t i = 0;

	while (i < sizeof(controls) / sizeof(controls[0]) && controls[i].last < point)
		i++;
	return i < sizeof(controls) / sizeof(controls[0]) && controls[i].first <= point;
}

/* Are all eight bytes from 0x20 to 0x7e? */
static bool eight_printable(uint64_t eight)
{
	const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
	uint64_t below = (eight - each * 0x20) & ~eight, above = (eight + each) | eight;

	return !((below | above) & high);
}

/* The number of bytes at the start that may be shown. */
static size_t clean_part(const char *bytes, size_t len)
{
	size_t at = 0, size;
	uint64_t eight;

	while (at < len) {
		/* Nearly all text is ASCII. */
		if (len - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if (eight_printable(eight)) {
				at += sizeof(eight);
				continue;
			}
		}
		if (bytes[at] >= 0x20 && bytes[at] <= 0x7e) {
			at++;
			continue;
		}
		size = utf8_sequence(bytes + at, len - at);
		if (!size || utf8_control(bytes + at, size))
			break;
		at += size;
	}
	return at;
}

bool utf8_clean(const char *bytes, size_t len)
{
	return clean_part(bytes, len) == len;
}

void utf8_mend(char *text, size_t len)
{
	for (size_t at = clean_part(text, len); at < len; at += clean_part(text + at, len - at)) {
		size_t size = utf8_sequence(text + at, len - at);

		memset(text + at, '?', size ? size : 1);
		at += size ? size : 1;
	}
}
