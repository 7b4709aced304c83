/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the conformance tests: all backends of a folder and all devices of some
 * inventories. Without arguments: those of the build and of tests/hosts.
 */
#ifndef TESTS_SUPPORT_CONFORMANCE_H
#define TESTS_SUPPORT_CONFORMANCE_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/backend/loader.h"
#include "core/backend/provider.h"
#include "core/backend/registry.h"
#include "core/operation/step.h"
#include "core/facts/inventory_json.h"
#include "tests/support/test.h"

#define BACKENDS_MAX 16
#define DEVICES_TOLD 1024u

static struct inventory inventory;
static struct provider *providers[BACKENDS_MAX];
static const struct backend_info *infos[BACKENDS_MAX];
static size_t nproviders;

/* The program's arguments. */
static int arguments;
static char **argument;

static inline struct provider *provider_of(const struct device *device)
{
	const struct registry registry = {.infos = infos, .count = nproviders};
	const struct backend_info *info = NULL;

	if (registry_find_device(&registry, device, &info, NULL) < 0 || !info)
		return NULL;
	for (size_t i = 0; i < nproviders; i++)
		if (infos[i] == info)
			return providers[i];
	return NULL;
}

/* NULL: its backend refuses the device, so it is not tested. Prints the reason once. */
static inline struct opened *open_or_null(const struct device *device)
{
	static bool told[DEVICES_TOLD];
	struct provider *provider = provider_of(device);
	size_t place = (size_t)(device - inventory.devices);
	struct opened *opened = NULL;
	struct error err = {0};

	if (!provider || provider_open(provider, device, &opened, &err) == 0)
		return opened;
	if (place < DEVICES_TOLD && !told[place])
		printf("left out: %s//%s: %s\n", device->host->name, device->id, err.text);
	if (place < DEVICES_TOLD)
		told[place] = true;
	return NULL;
}

/* Call fn for each device that a backend can open. */
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
	printf("%zu backends, %zu devices of %zu hosts\n", nproviders, inventory.ndevices,
	       inventory.nhosts);
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
			assert_true(asprintf(&files[(*ret_count)++], TEST_SOURCE "/tests/hosts/%s",
					     entry->d_name) > 0);
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

#define HANG_S 60 /* of one operation */

/*
 * Wait for the end of the tests. False: they ended without a result, or an operation
 * takes too long.
 */
static inline bool conformance_answer(int fd, const struct step *step, unsigned char *ret)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	uint32_t before;

	do {
		before = step->count;
		if (poll(&pollfd, 1, HANG_S * 1000) > 0)
			return read(fd, ret, 1) == 1;
	} while (!step->busy || step->count != before);
	return false;
}

/*
 * Take the arguments, and run the tests in a process: vendor code may end it or hang, and
 * then the parent reports that. Returns the exit status.
 */
static inline int conformance_main(int argc, char **argv, int (*run)(void))
{
	bool help = argc > 1 && argv[1][0] == '-';
	struct step *step = NULL;
	char text[320];
	int status = 0, fd, ends[2];
	unsigned char failed;
	pid_t pid;

	if (help || argc == 2) {
		fprintf(stderr,
			"usage: %s [FOLDER INVENTORY...]\nRuns all backends of a folder on all "
			"devices of inventories; without arguments, those of the build.\n",
			argv[0]);
		return 2;
	}
	arguments = argc;
	argument = argv;
	fd = step_make(1);
	if (fd < 0 || !(step = step_write(fd, 0)) || pipe(ends) < 0)
		return 2;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		step_publish(step);
		failed = (unsigned char)(run() != 0);
		fflush(NULL);
		_exit(write(ends[1], &failed, 1) == 1 && !failed ? 0 : 1);
	}
	close(ends[1]);
	if (pid > 0 && !conformance_answer(ends[0], step, &failed)) {
		step_text(step, text, sizeof(text));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		fprintf(stderr, "the tests ended early, or hung%s\n", text);
		return 2;
	}
	waitpid(pid, &status, 0);
	return pid > 0 && !failed && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : 1;
}

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
