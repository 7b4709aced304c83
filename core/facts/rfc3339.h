/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times in documents: RFC 3339, "2026-11-21T02:00:00Z". */
#ifndef CORE_FACTS_RFC3339_H
#define CORE_FACTS_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFC3339_BYTES 32u /* bytes of a time with its NUL */

/* Seconds since 1970 in UTC. Fractions are cut off. -EINVAL: it is no time. */
int rfc3339_parse(const char *text, int64_t *ret);
/* Is it a day, "2026-11-21"? */
bool rfc3339_is_day(const char *text);
/* The time of the system's clock. Returns its length; 0: the clock cannot be read. */
size_t rfc3339_now(char text[static RFC3339_BYTES]);

#endif
