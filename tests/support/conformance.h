/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the conformance tests share: all backends of a folder and all devices of some inventories; without arguments, those of the build and
 * of tests/hosts.
 */
#ifndef TESTS_SUPPORT_CONFORMANCE_H
#define TESTS_SUPPORT_CONFORMANCE_H

#include <dirent.h>
#include <errno.h>

#include "core/backend/loader.h"
#include "core/backend/provider.h"
#include "core/backend/registry.h"
#include "core/facts/inventory_json.h"
#include "tests/support/test.h"

#define BACKENDS_MAX 16

static struct inventory inventory;
static struct provider *providers[BACKENDS_MAX];
static const struct backend_info *infos[BACKENDS_MAX];
static size_t nproviders;

static inline struct provider *provider_of(const struct device *device)
{
	const struct backend_info *info = NULL;

	if (registry_find_device(infos, nproviders, device, NULL, NULL, &info, NULL) < 0 || !info)
		return NULL;
	for (size_t i = 0; i < nproviders; i++)
		if (infos[i] == info)
			return providers[i];
	return NULL;
}

static inline struct opened *open_or_null(const struct device *device)
{
	struct provider *provider = provider_of(device);
	struct opened *opened = NULL;
	struct error err = {0};

	if (!provider || provider_open(provider, device, &opened, &err) != 0)
		return NULL;
	return opened;
}

/* Calls fn for every device that some backend can open. */
static inline size_t for_each(void (*fn)(struct opened *opened))
{
	size_t count = 0;

	for (size_t i = 0; i < inventory.ndevices; i++) {
		struct opened *opened = open_or_null(&inventory.devices[i]);

		if (!opened)
			continue;
		fn(opened);
		opened_close(opened);
		count++;
	}
	assert_true(count > 0);
	return count;
}

static inline void load(const char *folder, char **files, int nfiles)
{
	struct arena arena = {0};
	struct error err = {0};
	const char **paths;
	size_t count;

	if (loader_list(folder, &arena, &paths, &count, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count && i < BACKENDS_MAX; i++) {
		assert_int_equal(provider_local_new(paths[i], &providers[i], &err), 0);
		if (providers[i]->info.error)
			fail_msg("%s: %s", paths[i], providers[i]->info.error);
		infos[nproviders++] = &providers[i]->info;
	}
	arena_free(&arena);
	for (int i = 0; i < nfiles; i++)
		if (inventory_read_file(&inventory, files[i], &err) != 0)
			fail_msg("%s", err.text);
	assert_int_equal(inventory_finish(&inventory, &err), 0);
	printf("%zu backends, %zu devices of %zu hosts\n", nproviders, inventory.ndevices, inventory.nhosts);
}

static inline char **host_files(int *ret_count)
{
	static char *files[64];
	DIR *folder = opendir(TEST_SOURCE "/tests/hosts");
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) && *ret_count < 64) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0)
			assert_true(asprintf(&files[(*ret_count)++], TEST_SOURCE "/tests/hosts/%s", entry->d_name) > 0);
	}
	closedir(folder);
	return files;
}

static inline int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < nproviders; i++)
		provider_free(providers[i]);
	inventory_free(&inventory);
	return 0;
}

static int arguments;
static char **argument;

static inline int setup(void **state)
{
	int count = 0;

	(void)state;
	inventory_init(&inventory);
	if (arguments > 2) {
		load(argument[1], argument + 2, arguments - 2);
	} else {
		char **files = host_files(&count);

		load(TEST_BACKENDS, files, count);
		for (int i = 0; i < count; i++)
			free(files[i]);
	}
	return 0;
}

#endif
