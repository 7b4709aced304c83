/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sleeps forever while it is loaded. */
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
	for (;;)
		pause();
}

#define PLAIN_NAME "hang_constructor"
#include "tests/backends/register.h"
