/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes a device differently in each process. */
#include <stdio.h>
#include <unistd.h>

#include "tests/backends/plain.h"

static int fickle_describe(void *handle, struct migcompat_description *ret)
{
	static char label[32];

	(void)handle;
	snprintf(label, sizeof(label), "process %d", (int)getpid());
	ret->type = "plain";
	ret->label = label;
	return 0;
}

#define PLAIN_NAME "fickle"
#define PLAIN_DESCRIBE fickle_describe
#include "tests/backends/register.h"
