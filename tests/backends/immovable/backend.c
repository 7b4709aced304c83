/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says that no device can migrate. */
#include <errno.h>

#include "tests/backends/plain.h"

static int immovable_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			  void **ret_handle)
{
	(void)ret_handle;
	return host->fail(facts, -ENODEV, "it is bolted to the floor");
}

#define PLAIN_NAME "immovable"
#define PLAIN_OPEN immovable_open
#include "tests/backends/register.h"
