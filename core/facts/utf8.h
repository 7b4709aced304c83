/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which bytes are UTF-8 text (RFC 3629), and which characters may be shown to a person.
 * Names with control characters are refused. Messages, tables and texts of backends show
 * '?' instead; JSON has \uXXXX, so no value is lost.
 */
#ifndef CORE_FACTS_UTF8_H
#define CORE_FACTS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed sequence at the start, 1 to 4 bytes; 0: there is none. */
size_t utf8_sequence(const char *bytes, size_t len);
/* Is all of it well-formed? Zero bytes count as text. */
bool utf8_valid(const char *bytes, size_t len);
/* The code point of a well-formed sequence of size bytes. */
uint32_t utf8_point(const char *bytes, size_t size);
/*
 * Is a well-formed sequence a control character? These are all below 0x20, 0x7f, U+0080
 * to U+009F (terminals obey them too), and characters that cannot be seen: they change
 * the direction of text (U+202E), end a line (U+2028), or have no width.
 */
bool utf8_control(const char *bytes, size_t len);
/* Is all of it well-formed, without control characters? */
bool utf8_clean(const char *bytes, size_t len);
/* Replace each byte that utf8_clean would refuse with '?'. */
void utf8_mend(char *text, size_t len);

#endif
