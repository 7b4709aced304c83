/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes to the socket before the worker's first message. */
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
	if (write(3, "\x40\0\0\0 no message at all", 22) < 0)
		_exit(1);
}

#define PLAIN_NAME "garbage_constructor"
#include "tests/backends/register.h"
