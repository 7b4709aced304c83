/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its texts have control characters, or are no UTF-8. */
#include "tests/backends/plain.h"

static int rude_describe(void *handle, struct migcompat_description *ret)
{
	(void)handle;
	ret->type = "plain";
	ret->label = "a \033[2J clean screen";
	ret->mechanism_text = "no \xff\xfe text";
	return 0;
}

static int rude_compare(void *handle, const char *payload, size_t len,
			struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	plain_finding(result, MIGCOMPAT_STATUS_BAD, "line\nbreak");
	return 0;
}

#define PLAIN_NAME "rude"
#define PLAIN_DESCRIBE rude_describe
#define PLAIN_COMPARE rude_compare
#include "tests/backends/register.h"
