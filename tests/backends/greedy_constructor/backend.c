/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocates until memory is short while it is loaded, and works with what is left. */
#include <stdlib.h>

#include "tests/backends/plain.h"

__attribute__((constructor)) static void load(void)
{
	char *block, *last = NULL;

	while ((block = malloc(1 << 20))) {
		memset(block, 1, 1 << 20);
		last = block;
	}
	free(last);
}

#define PLAIN_NAME "greedy_constructor"
#include "tests/backends/register.h"
