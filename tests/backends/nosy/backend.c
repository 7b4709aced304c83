/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks for a fact that it did not declare. */
#include "tests/backends/plain.h"

static int nosy_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		     void **ret_handle)
{
	const char *value;

	host->fact(facts, 0, "serial_number", &value, NULL);
	return plain_open(host, facts, ret_handle);
}

#define PLAIN_NAME "nosy"
#define PLAIN_OPEN nosy_open
#include "tests/backends/register.h"
