/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends the process before anybody could look at it, as if all were well. */
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
	_exit(0);
}

#define PLAIN_NAME "exit_constructor"
#include "tests/backends/register.h"
