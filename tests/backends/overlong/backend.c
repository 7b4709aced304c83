/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims that its version string is longer than allowed. */
#include "tests/backends/plain.h"

static int overlong_payload(void *handle, char *buffer, size_t size)
{
	(void)handle;
	memset(buffer, 'x', size);
	return MIGCOMPAT_PAYLOAD_MAX + 1;
}

#define PLAIN_NAME "overlong"
#define PLAIN_PAYLOAD_FN overlong_payload
#include "tests/backends/register.h"
