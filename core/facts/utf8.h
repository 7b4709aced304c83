/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is UTF-8 text (RFC 3629), and what of it may be shown to a person. */
#ifndef CORE_FACTS_UTF8_H
#define CORE_FACTS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed sequence at the start, 1 to 4; 0: none is there. */
size_t utf8_sequence(const char *bytes, size_t len);
/* Is all of it well-formed? Zero bytes count as text here. */
bool utf8_valid(const char *bytes, size_t len);
/* The character of a well-formed sequence of this size. */
uint32_t utf8_point(const char *bytes, size_t size);
/*
 * Is one well-formed sequence a control character? These are: below 0x20, 0x7f, U+0080 to U+009F,
 * which terminals obey too, and what cannot be seen: characters that turn the direction of others
 * (U+202E), end a line (U+2028), or have no width.
 */
bool utf8_control(const char *bytes, size_t len);
/* Is all of it well-formed and without control characters? */
bool utf8_clean(const char *bytes, size_t len);
/* Replace whatever keeps it from being so, byte by byte, by '?'. */
void utf8_mend(char *text, size_t len);

#endif
