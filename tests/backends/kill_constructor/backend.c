/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kills the program that started its worker, while it is loaded. */
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
	kill(getppid(), SIGKILL);
}

#define PLAIN_NAME "kill_constructor"
#include "tests/backends/register.h"
