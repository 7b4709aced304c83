/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds a finding that says yes, and crashes. */
#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static int crash_compare(void *handle, const char *payload, size_t len,
			 struct migcompat_result *result)
{
	plain_compare(handle, payload, len, result);
	crash();
	return 0;
}

#define PLAIN_NAME "crash_compare"
#define PLAIN_COMPARE crash_compare
#include "tests/backends/register.h"
