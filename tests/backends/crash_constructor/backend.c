/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crashes while it is loaded. */
#include "tests/backends/crash.h"

__attribute__((constructor)) static void load(void)
{
	crash();
}

#define PLAIN_NAME "crash_constructor"
#include "tests/backends/register.h"
