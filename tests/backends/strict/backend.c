/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The backend "steady" after an update with the same version: it says no to each payload.
 */
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
