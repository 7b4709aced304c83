/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does what the payload says: "crash", "hang", "garbage", "refuse"; else compares. */
#include <errno.h>
#include <unistd.h>

#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static int moody_says(const char *payload, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(payload, word, len) == 0;
}

static int moody_compare(void *handle, const char *payload, size_t len, struct migcompat_result *result)
{
	static const char junk[] = "\xff\xff\xff\xff this is no message";

	if (moody_says(payload, len, "refuse"))
		return -EINVAL;
	if (moody_says(payload, len, "crash"))
		crash();
	while (moody_says(payload, len, "hang"))
		pause();
	if (moody_says(payload, len, "garbage") && write(3, junk, sizeof(junk)) < 0)
		return -errno;
	return plain_compare(handle, payload, len, result);
}

#define PLAIN_NAME "moody"
#define PLAIN_COMPARE moody_compare
#include "tests/backends/register.h"
