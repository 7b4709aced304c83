/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the beginning of a reply to the socket. */
#include <stdint.h>
#include <unistd.h>

#include "tests/backends/plain.h"

static int half_compare(void *handle, const char *payload, size_t len,
			struct migcompat_result *result)
{
	const uint32_t head[4] = {4096, 2, 5, 0};

	(void)handle;
	(void)payload;
	(void)len;
	(void)result;
	if (write(3, head, sizeof(head)) < 0)
		return -1;
	_exit(0);
}

#define PLAIN_NAME "half"
#define PLAIN_COMPARE half_compare
#include "tests/backends/register.h"
