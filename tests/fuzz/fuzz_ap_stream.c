/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any bytes as a migration stream of vfio_ap. The first byte chooses whether they
 * are read alone or checked against a target. Nothing is read beyond the end, each
 * finding can be rendered, and only a whole stream is accepted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct engine engine;
static struct target target;
static struct migcompat_result result;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct engine_options options = {
		.backend_dir = TEST_BACKENDS,
		.config = TEST_SOURCE "/etc",
		.in_process = true,
	};
	const struct device *device = NULL;
	struct error err = {0};

	(void)argc;
	(void)argv;
	if (engine_start(&engine, &options, &err) ||
	    engine_add_file(&engine, TEST_SOURCE "/tests/hosts/ap-z16.json", &err) ||
	    engine_ready(&engine, &err) ||
	    inventory_find(&engine.inventory, "c4d9e7a0-31b5-4f68-8a27-16c8f0e30503", &device,
			   &err) ||
	    target_open(&engine, device, &target, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return 0;
}

/* The length that follows from the number of queues. */
static bool is_whole(const uint8_t *bytes, size_t len)
{
	return len >= 48 && memcmp(bytes, "vfap\0\0\0\1", 8) == 0 && !bytes[8] &&
	       len == 48 + 16 * ((size_t)bytes[9] << 16 | (size_t)bytes[10] << 8 | bytes[11]);
}

static void read_stream(const uint8_t *bytes, size_t len, struct opened *opened)
{
	const struct stream_head head = {
		.bytes = bytes,
		.len = len < MIGCOMPAT_STREAM_HEAD ? len : MIGCOMPAT_STREAM_HEAD,
		.size = len,
	};
	struct error err = {0};
	char text[4096];
	int r;

	if (result_reset(&result))
		abort();
	r = provider_stream(target.opened->provider, opened, &head, &result, &err);
	if (r && r != -ENOMSG)
		abort();
	for (size_t i = 0; i < result.count; i++)
		finding_render(&result.findings[i], text, sizeof(text));
	if (!r && !result.bad_count && !is_whole(bytes, len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 2)
		return 0;
	/* A block of its own, so that sanitizers find a read beyond the end. */
	copy = malloc(size - 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	read_stream(copy, size - 1, data[0] ? target.opened : NULL);
	free(copy);
	return 0;
}
