/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masks of 256 bits and bit strings, to and from text: the kernel's hexadecimal and the
 * payload's base64url.
 */
#include <string.h>

#include "ap.h"

unsigned mask_count(const struct ap_mask *mask)
{
	unsigned count = 0;

	for (int i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(mask->words[i]);
	return count;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t hex_read(const char *text, const char *end, size_t max, uint64_t *ret)
{
	uint64_t number = 0;
	size_t n = 0;

	while (n < max && text + n < end && hex_digit(text[n]) >= 0)
		number = number << 4 | (uint64_t)hex_digit(text[n++]);
	if (n)
		*ret = number;
	return n;
}

bool mask_parse(const char *text, size_t len, struct ap_mask *ret)
{
	struct ap_mask mask;

	if (len != MASK_TEXT_LEN || text[0] != '0' || text[1] != 'x')
		return false;
	for (size_t i = 0; i < 4; i++)
		if (hex_read(text + 2 + 16 * i, text + len, 16, &mask.words[i]) != 16)
			return false;
	*ret = mask;
	return true;
}

void mask_format(const struct ap_mask *mask, char text[MASK_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	text[0] = '0';
	text[1] = 'x';
	for (unsigned i = 0; i < 64; i++)
		text[2 + i] = digits[mask->words[i / 16] >> (60 - 4 * (i % 16)) & 15];
	text[MASK_TEXT_LEN] = '\0';
}

void mask_bytes(const struct ap_mask *mask, uint8_t bytes[32])
{
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (uint8_t)(mask->words[i / 8] >> (56 - 8 * (i % 8)));
}

struct ap_mask mask_from_bytes(const uint8_t bytes[32])
{
	struct ap_mask mask = {{0}};

	for (unsigned i = 0; i < 32; i++)
		mask.words[i / 8] = mask.words[i / 8] << 8 | bytes[i];
	return mask;
}

/* --------------------------------------- base64url, without its padding (RFC 4648, 5) */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character plus one; 0: it is foreign. It is a table because a full
 * matrix has 3,000 characters. */
#define RUN(c, n) [c] = (n) + 1
#define RUN2(c, n) RUN(c, n), RUN((c) + 1, (n) + 1)
#define RUN8(c, n) \
	RUN2(c, n), RUN2((c) + 2, (n) + 2), RUN2((c) + 4, (n) + 4), RUN2((c) + 6, (n) + 6)
#define RUN26(c, n) \
	RUN8(c, n), RUN8((c) + 8, (n) + 8), RUN8((c) + 16, (n) + 16), RUN2((c) + 24, (n) + 24)
static const uint8_t values[256] = {RUN26('A', 0), RUN26('a', 26), RUN8('0', 52),
				    RUN2('8', 60), RUN('-', 62),   RUN('_', 63)};

void bits_encode(const uint8_t *bytes, size_t nbits, char *text)
{
	size_t nbytes = (nbits + 7) / 8, nchars = BITS_CHARS(nbits);

	for (size_t i = 0; i < nchars; i++) {
		size_t at = i * 6 / 8, shift = i * 6 % 8;
		unsigned pair = (unsigned)bytes[at] << 8 | (at + 1 < nbytes ? bytes[at + 1] : 0u);

		text[i] = alphabet[pair >> (10 - shift) & 63];
	}
}

bool bits_decode(const char *text, size_t len, size_t nbits, uint8_t *bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = p + len;
	size_t spare = len * 6 - nbits;
	unsigned bad = 0;

	if (len != BITS_CHARS(nbits))
		return false;
	for (; end - p >= 4; p += 4, bytes += 3) {
		unsigned a = values[p[0]], b = values[p[1]], c = values[p[2]], d = values[p[3]];
		uint32_t group = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

		bad |= (unsigned)!a | (unsigned)!b | (unsigned)!c | (unsigned)!d;
		bytes[0] = (uint8_t)(group >> 16);
		bytes[1] = (uint8_t)(group >> 8);
		bytes[2] = (uint8_t)group;
	}
	uint32_t rest = 0;

	for (int i = 0; p < end; i++, p++) {
		bad |= !values[*p];
		rest |= (uint32_t)(values[*p] - 1u) << (18 - 6 * i) & 0xffffffu;
	}
	bytes[0] = (uint8_t)(rest >> 16);
	bytes[1] = (uint8_t)(rest >> 8);
	bytes[2] = (uint8_t)rest;
	return !bad && (len == 0 ||
			((values[(unsigned char)text[len - 1]] - 1u) & ((1u << spare) - 1u)) == 0);
}
