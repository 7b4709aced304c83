/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds more findings than are kept. Only the last one, which is dropped, is bad. */
#include "tests/backends/plain.h"

static int flood_compare(void *handle, const char *payload, size_t len,
			 struct migcompat_result *result)
{
	for (int i = 0; i < 5000; i++)
		plain_compare(handle, payload, len, result);
	plain_finding(result, MIGCOMPAT_STATUS_BAD, "the last one");
	return 0;
}

#define PLAIN_NAME "flood"
#define PLAIN_COMPARE flood_compare
#include "tests/backends/register.h"
