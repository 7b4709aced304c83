/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64. Must not allocate. */
#include "core/facts/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t len, char *ret)
{
	const unsigned char *in = bytes;

	for (size_t at = 0; at < len; at += 3) {
		size_t left = len - at;
		uint32_t bits = (uint32_t)in[at] << 16;

		if (left > 1)
			bits |= (uint32_t)in[at + 1] << 8;
		if (left > 2)
			bits |= in[at + 2];
		*ret++ = alphabet[bits >> 18];
		*ret++ = alphabet[bits >> 12 & 63];
		*ret++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		*ret++ = left > 2 ? alphabet[bits & 63] : '=';
	}
	*ret = '\0';
}

/* The value 0 to 63; 64: it is no digit. */
static uint32_t digit(char c)
{
	const char *found = c ? memchr(alphabet, c, 64) : NULL;

	return found ? (uint32_t)(found - alphabet) : 64;
}

int base64_decode(const char *text, size_t len, void *ret_bytes, size_t *ret_len)
{
	unsigned char *out = ret_bytes;
	size_t padding = 0;

	if (len % 4)
		return -EINVAL;
	if (len && text[len - 1] == '=')
		padding = text[len - 2] == '=' ? 2 : 1;
	for (size_t at = 0; at < len; at += 4) {
		size_t digits = at + 4 == len ? 4 - padding : 4;
		uint32_t bits = 0;

		for (size_t i = 0; i < 4; i++) {
			uint32_t value = i < digits ? digit(text[at + i]) : 0;

			if (value > 63)
				return -EINVAL;
			bits = bits << 6 | value;
		}
		/*
		 * Bits that the padding cuts off must be zero, or two texts would have
		 * one value.
		 */
		if (digits < 4 && (bits & ((1u << 8 * (4 - digits)) - 1)))
			return -EINVAL;
		for (size_t i = 0; i + 1 < digits; i++)
			*out++ = (unsigned char)(bits >> (16 - 8 * i));
	}
	*ret_len = len / 4 * 3 - padding;
	return 0;
}
