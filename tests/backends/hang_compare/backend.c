/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loops forever in compare. */
#include <stdint.h>

#include "tests/backends/plain.h"

static int hang_compare(void *handle, const char *payload, size_t len,
			struct migcompat_result *result)
{
	volatile uint64_t turns = 0;

	(void)handle;
	(void)payload;
	(void)len;
	(void)result;
	for (;;)
		turns++;
	return 0;
}

#define PLAIN_NAME "hang_compare"
#define PLAIN_COMPARE hang_compare
#include "tests/backends/register.h"
