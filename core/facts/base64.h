/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Base64 with padding (RFC 4648, section 4), for binary facts. Strict: each value has
 * exactly one text.
 */
#ifndef CORE_FACTS_BASE64_H
#define CORE_FACTS_BASE64_H

#include <stddef.h>

/*
 * The length of len encoded bytes in characters, without a zero. len must be at most
 * SIZE_MAX / 4.
 */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4)

/* Writes BASE64_SIZE(len) characters and a zero. */
void base64_encode(const void *bytes, size_t len, char *ret);
/*
 * Writes at most len / 4 * 3 bytes. -EINVAL: a character is not in the alphabet, the
 * padding is wrong, or bits are left over.
 */
int base64_decode(const char *text, size_t len, void *ret_bytes, size_t *ret_len);

#endif
