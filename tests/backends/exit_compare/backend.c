/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds a finding that says yes, and ends the process with status 0. */
#include <unistd.h>

#include "tests/backends/plain.h"

static int exit_compare(void *handle, const char *payload, size_t len,
			struct migcompat_result *result)
{
	plain_compare(handle, payload, len, result);
	_exit(0);
}

#define PLAIN_NAME "exit_compare"
#define PLAIN_COMPARE exit_compare
#include "tests/backends/register.h"
