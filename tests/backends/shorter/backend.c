/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built for the first release: its struct ends with compare, and other data follows. */
#include <stdint.h>

#include "tests/backends/plain.h"

/* Must never be called. */
static int beyond(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	(void)handle;
	(void)payload;
	(void)len;
	(void)sink;
	__builtin_trap();
}

#define PLAIN_NAME "shorter"
#define PLAIN_SIZE                                     \
	(offsetof(struct migcompat_backend, compare) + \
	 sizeof(((struct migcompat_backend *)0)->compare))
#define PLAIN_CANDIDATES beyond
#define PLAIN_PREPARE beyond
#include "tests/backends/register.h"
