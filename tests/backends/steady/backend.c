/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Serves mtty's mediated devices. Its facts are announced, and it says yes to each
 * payload.
 */
#include "tests/backends/plain.h"

static int steady_compare(void *handle, const char *payload, size_t len,
			  struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	plain_finding(result, MIGCOMPAT_STATUS_OK, NULL);
	return 0;
}

#define PLAIN_NAME "steady"
#define PLAIN_KEY "mtty"
#define PLAIN_WANT_FLAGS MIGCOMPAT_WANT_ANNOUNCED
#define PLAIN_COMPARE steady_compare
#include "tests/backends/register.h"
