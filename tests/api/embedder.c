/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small management tool: "embedder SOURCE TARGET" checks two devices of this host,
 * "embedder DEVICE" prints a version string. Exit status 0 yes, 1 no, 2 no answer. It
 * uses the backends beside the library.
 */
#include "migcompat/migcompat.h"

#include <errno.h>
#include <stdio.h>

static int say(int r, const char *text)
{
	puts(text);
	return r == -EBUSY ? 1 : 2;
}

static int print_version(struct migcompat *ctx, const struct migcompat_device *device)
{
	char string[4096];
	int r = migcompat_version(ctx, device, string, sizeof(string));

	if (r < 0)
		return say(r, migcompat_message(ctx));
	puts(string);
	return 0;
}

static int check(struct migcompat *ctx, const struct migcompat_device *source,
		 const struct migcompat_device *target)
{
	struct migcompat_verdict *verdict = NULL;
	enum migcompat_verdict_code code = MIGCOMPAT_ERROR;
	char reason[1024] = "no verdict";

	if (migcompat_verdict_new(&verdict) == 0 &&
	    migcompat_check_devices(ctx, source, target, verdict) == 0) {
		code = migcompat_verdict_code(verdict);
		migcompat_verdict_reason(verdict, reason, sizeof(reason));
	}
	migcompat_verdict_free(verdict);
	puts(reason);
	return code == MIGCOMPAT_COMPATIBLE ? 0 : code == MIGCOMPAT_ERROR ? 2 : 1;
}

int main(int argc, char **argv)
{
	const struct migcompat_device *devices[2] = {NULL, NULL};
	struct migcompat *ctx = NULL;
	int status = 2, r;

	if (argc < 2 || argc > 3 || migcompat_new(&ctx) != 0)
		return 2;
	r = migcompat_add_this_host(ctx);
	for (int i = 1; i < argc && r == 0; i++)
		r = migcompat_find(ctx, argv[i], &devices[i - 1]);
	if (r != 0)
		puts(migcompat_message(ctx));
	else
		status = argc == 2 ? print_version(ctx, devices[0])
				   : check(ctx, devices[0], devices[1]);
	migcompat_free(ctx);
	return status;
}
