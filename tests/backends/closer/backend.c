/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes the worker's socket, then sleeps. Compares if it may not close it. */
#include <unistd.h>

#include "tests/backends/plain.h"

static int closing_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	int refused = close(3) < 0;

	plain_compare(handle, payload, len, result);
	while (!refused)
		pause();
	return 0;
}

#define PLAIN_NAME "closer"
#define PLAIN_COMPARE closing_compare
#include "tests/backends/register.h"
