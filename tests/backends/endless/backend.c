/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds findings forever. */
#include "tests/backends/plain.h"

static int endless_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	for (;;)
		plain_finding(result, MIGCOMPAT_STATUS_OK, "and yet another thing");
	return 0;
}

#define PLAIN_NAME "endless"
#define PLAIN_COMPARE endless_compare
#include "tests/backends/register.h"
