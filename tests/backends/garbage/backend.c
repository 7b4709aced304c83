/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes bytes to the worker's socket that are no message. */
#include <unistd.h>

#include "tests/backends/plain.h"

static int garbage_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	static const char junk[] = "\xff\xff\xff\xff this is no message";

	if (write(3, junk, sizeof(junk)) < 0)
		return -1;
	return plain_compare(handle, payload, len, result);
}

#define PLAIN_NAME "garbage"
#define PLAIN_COMPARE garbage_compare
#include "tests/backends/register.h"
