/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints to both standard streams, in its constructor and in calls. */
#include <stdio.h>

#include "tests/backends/plain.h"

__attribute__((constructor)) static void load(void)
{
	puts("loud: loaded");
	fflush(stdout);
}

static int loud_compare(void *handle, const char *payload, size_t len,
			struct migcompat_result *result)
{
	puts("compatible");
	fputs("loud: compared\n", stderr);
	fflush(stdout);
	return plain_compare(handle, payload, len, result);
}

#define PLAIN_NAME "loud"
#define PLAIN_COMPARE loud_compare
#include "tests/backends/register.h"
