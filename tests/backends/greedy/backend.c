/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocates until memory is short. */
#include <errno.h>
#include <stdlib.h>

#include "tests/backends/plain.h"

static int greedy_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		       void **ret_handle)
{
	(void)host;
	(void)facts;
	(void)ret_handle;
	for (;;) {
		char *block = malloc(1 << 20);

		if (!block)
			return -ENOMEM;
		memset(block, 1, 1 << 20);
	}
}

#ifndef PLAIN_NAME /* the build makes several backends of this file */
#define PLAIN_NAME "greedy"
#endif
#define PLAIN_OPEN greedy_open
#include "tests/backends/register.h"
