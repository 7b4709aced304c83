/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 with padding (RFC 4648, section 4), for binary facts. Strict: one text stands for one
 * value. */
#ifndef CORE_FACTS_BASE64_H
#define CORE_FACTS_BASE64_H

#include <stddef.h>

/* Characters of len encoded bytes, without a zero. len must be at most a quarter of SIZE_MAX. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4)

/* Writes BASE64_SIZE(len) characters and a zero. */
void base64_encode(const void *bytes, size_t len, char *ret);
/* Writes at most len / 4 * 3 bytes. -EINVAL: a foreign character, wrong padding, or bits left over.
 */
int base64_decode(const char *text, size_t len, void *ret_bytes, size_t *ret_len);

#endif
