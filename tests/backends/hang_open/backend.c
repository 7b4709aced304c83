/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sleeps forever in open. */
#include <unistd.h>

#include "tests/backends/plain.h"

static int hang_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		     void **ret_handle)
{
	(void)host;
	(void)facts;
	(void)ret_handle;
	for (;;)
		pause();
	return 0;
}

#define PLAIN_NAME "hang_open"
#define PLAIN_OPEN hang_open
#include "tests/backends/register.h"
