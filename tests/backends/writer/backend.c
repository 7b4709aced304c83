/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists a write that would break a command line. */
#include "tests/backends/plain.h"

static int writer_prepare(void *handle, const char *payload, size_t len,
			  struct migcompat_sink *sink)
{
	(void)handle;
	(void)payload;
	(void)len;
	return plain_host->write(sink, "plain", "1\nrm -rf /");
}

#define PLAIN_NAME "writer"
#define PLAIN_PREPARE writer_prepare
#include "tests/backends/register.h"
