/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as documents have them: RFC 3339, "2026-11-21T02:00:00Z". */
#ifndef CORE_FACTS_RFC3339_H
#define CORE_FACTS_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFC3339_BYTES 32u /* of a time with its NUL */

/* Seconds since 1970, UTC; a fraction is cut. -EINVAL: no such time. */
int rfc3339_parse(const char *text, int64_t *ret);
/* A day alone, "2026-11-21". */
bool rfc3339_is_day(const char *text);
/* What time it is, by the system's clock. Returns the length; 0: it tells none. */
size_t rfc3339_now(char text[static RFC3339_BYTES]);

#endif
