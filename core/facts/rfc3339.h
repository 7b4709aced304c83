/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as documents have them: RFC 3339, "2026-11-21T02:00:00Z". */
#ifndef CORE_FACTS_RFC3339_H
#define CORE_FACTS_RFC3339_H

#include <stdint.h>

/* Seconds since 1970, UTC; a fraction is cut. -EINVAL: no such time. */
int rfc3339_parse(const char *text, int64_t *ret);

#endif
