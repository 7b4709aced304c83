/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the process with status 0 while it is loaded. */
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
	_exit(0);
}

#define PLAIN_NAME "exit_constructor"
#include "tests/backends/register.h"
