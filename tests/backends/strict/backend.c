/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "steady" is after an update that keeps its version: it says no to every payload. */
#include "tests/backends/plain.h"

static int strict_compare(void *handle, const char *payload, size_t len,
			  struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	plain_finding(result, MIGCOMPAT_STATUS_BAD, NULL);
	return 0;
}

#define PLAIN_NAME "steady"
#define PLAIN_KEY "mtty"
#define PLAIN_WANT_FLAGS MIGCOMPAT_WANT_ANNOUNCED
#define PLAIN_COMPARE strict_compare
#include "tests/backends/register.h"
