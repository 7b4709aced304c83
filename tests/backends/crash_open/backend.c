/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crashes in open. */
#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static int crash_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		      void **ret_handle)
{
	crash();
	return plain_open(host, facts, ret_handle);
}

#define PLAIN_NAME "crash_open"
#define PLAIN_OPEN crash_open
#include "tests/backends/register.h"
