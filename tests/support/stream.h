/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start of kernel drivers' migration streams, for tests. */
#ifndef TESTS_SUPPORT_STREAM_H
#define TESTS_SUPPORT_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Write a number in the host's byte order. Returns the address after it. */
static inline uint8_t *stream_put(uint8_t *at, uint64_t value, size_t size)
{
	const uint32_t four = (uint32_t)value;
	const uint16_t two = (uint16_t)value;
	const uint8_t one = (uint8_t)value;

	memcpy(at,
	       size == 8   ? (const void *)&value
	       : size == 4 ? (const void *)&four
	       : size == 2 ? (const void *)&two
			   : (const void *)&one,
	       size);
	return at + size;
}

#define STREAM_MTTY_MAGIC 0x7e9d09898c3e2c4eu

/* The whole stream of mtty: 24 bytes, and 36 per port. Returns its length. */
static inline size_t stream_mtty(uint8_t buffer[24 + 4 * 36], uint32_t major, uint32_t minor,
				 uint32_t ports, uint32_t flags)
{
	uint8_t *at = stream_put(buffer, STREAM_MTTY_MAGIC, 8);

	at = stream_put(at, major, 4);
	at = stream_put(at, minor, 4);
	at = stream_put(at, ports, 4);
	at = stream_put(at, flags, 4);
	memset(at, 0x5a, (size_t)(ports & 3) * 36);
	return 24 + (size_t)(ports & 3) * 36;
}

#endif
