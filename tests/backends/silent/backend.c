/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds no finding in compare. */
#include "tests/backends/plain.h"

static int silent_compare(void *handle, const char *payload, size_t len,
			  struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	(void)result;
	return 0;
}

#define PLAIN_NAME "silent"
#define PLAIN_COMPARE silent_compare
#include "tests/backends/register.h"
