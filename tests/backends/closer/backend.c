/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes the socket that is not its own. */
#include <unistd.h>

#include "tests/backends/plain.h"

static int closing_compare(void *handle, const char *payload, size_t len, struct migcompat_result *result)
{
	close(3);
	plain_compare(handle, payload, len, result);
	for (;;)
		pause();
	return 0;
}

#define PLAIN_NAME "closer"
#define PLAIN_COMPARE closing_compare
#include "tests/backends/register.h"
