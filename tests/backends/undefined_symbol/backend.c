/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls a function that exists nowhere. */
int migcompat_nobody_has_this(void);

#include "tests/backends/plain.h"

static int calling_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	migcompat_nobody_has_this();
	return plain_open(host, facts, ret_handle);
}

#define PLAIN_NAME "undefined_symbol"
#define PLAIN_OPEN calling_open
#include "tests/backends/register.h"
