/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks version strings against an open target of each backend. The first byte chooses
 * the target. A payload with a wrong checksum is tried again with the right one, so that
 * the code after the checksum is reached. Only the target's own string may be identical
 * to it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define TARGETS_MAX 64

static struct engine engine;
static struct target targets[TARGETS_MAX];
static size_t ntargets;
static struct migcompat_verdict verdict;

static void add_hosts(void)
{
	DIR *folder = opendir(TEST_SOURCE "/tests/hosts");
	struct dirent *entry;
	struct error err;
	char path[4096];

	while (folder && (entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');

		snprintf(path, sizeof(path), TEST_SOURCE "/tests/hosts/%s", entry->d_name);
		if (dot && strcmp(dot, ".json") == 0 && engine_add_file(&engine, path, &err) != 0)
			abort();
	}
	closedir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct engine_options options = {
		.backend_dir = TEST_BACKENDS, .config = TEST_SOURCE "/etc", .in_process = true};
	struct error err = {0};

	(void)argc;
	(void)argv;
	if (engine_start(&engine, &options, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	add_hosts();
	if (engine_ready(&engine, &err) != 0)
		abort();
	for (size_t i = 0; i < engine.inventory.ndevices && ntargets < TARGETS_MAX; i++)
		ntargets += target_open(&engine, &engine.inventory.devices[i], &targets[ntargets],
					&err) == 0;
	if (ntargets == 0)
		abort();
	return 0;
}

static void ask(struct target *target, const char *text, size_t len)
{
	char reason[4096];

	if (check_string(target, NULL, text, len, &verdict) != 0)
		abort();
	for (size_t i = 0; i < verdict.result.count; i++)
		finding_render(&verdict.result.findings[i], reason, sizeof(reason));
	verdict_reason(&verdict, reason, sizeof(reason));
	/*
	 * A yes has findings, none of them bad, and the target's type, unless the target
	 * can be set up for the string.
	 */
	if (verdict.code == MIGCOMPAT_COMPATIBLE &&
	    (verdict.result.bad_count || verdict.result.count < 2))
		abort();
	if (verdict.code == MIGCOMPAT_COMPATIBLE &&
	    target->opened->device->kind != MIGCOMPAT_KIND_MDEV_TYPE &&
	    strcmp(verdict.source.type, verdict.target.type) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[8192];
	struct target *target;

	if (size < 1 || size > sizeof(text) - 32)
		return 0;
	target = &targets[data[0] % ntargets];
	memcpy(text, data + 1, size - 1);
	ask(target, text, size - 1);

	/* Put NAMESPACE:KIND:TYPE: before the payload and the checksum after it. */
	int prefix =
		snprintf(text, sizeof(text), "%s:mdev:%s:", target->opened->provider->info.name,
			 target->opened->type);
	size_t len = (size_t)prefix;

	if (len + size + 20 > sizeof(text))
		return 0;
	memcpy(text + len, data + 1, size - 1);
	len += size - 1;
	if (text[len - 1] != ';')
		text[len++] = ';';
	len += (size_t)snprintf(
		text + len, 20, "=%016llx",
		(unsigned long long)XXH3_64bits(text + prefix, len - (size_t)prefix));
	ask(target, text, len);
	return 0;
}
