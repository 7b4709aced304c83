/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes two payload formats. It reads the setting in open, as backends may. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/backends/plain.h"

static int formats_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	char *handle = malloc(8);
	int r = plain_open(host, facts, ret_handle);

	if (!handle)
		return -1;
	snprintf(handle, 8, "%.4s", host->setting(facts, "emit_format"));
	*ret_handle = handle;
	return r;
}

static void formats_close(void *handle)
{
	free(handle);
}

static int formats_payload(void *handle, char *buffer, size_t size)
{
	return snprintf(buffer, size, "%s;formats", (const char *)handle);
}

static const struct migcompat_setting formats_settings[] = {
	{"emit_format", MIGCOMPAT_SETTING_INT, "1-2", "2", "payload format to write"},
};

#define PLAIN_NAME "formats"
#define PLAIN_OPEN formats_open
#define PLAIN_CLOSE formats_close
#define PLAIN_PAYLOAD_FN formats_payload
#define PLAIN_SETTINGS formats_settings
#define PLAIN_NSETTINGS 1
#include "tests/backends/register.h"
