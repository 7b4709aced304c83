/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Needs a library that exists only while it is built. */
int migcompat_gone(void);

#include "tests/backends/plain.h"

static int calling_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	migcompat_gone();
	return plain_open(host, facts, ret_handle);
}

#define PLAIN_NAME "missing_library"
#define PLAIN_OPEN calling_open
#include "tests/backends/register.h"
