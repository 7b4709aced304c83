/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is linked to a library in the same folder. */
#include "tests/backends/plain.h"

const char *migcompat_companion(void);

static int companion_describe(void *handle, struct migcompat_description *ret)
{
	(void)handle;
	ret->type = "plain";
	ret->label = migcompat_companion();
	return 0;
}

#define PLAIN_NAME "companion"
#define PLAIN_DESCRIBE companion_describe
#include "tests/backends/register.h"
