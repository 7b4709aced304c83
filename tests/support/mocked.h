/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests on recorded hosts: a test program runs itself again under umockdev-run, once for
 * each group.
 */
#ifndef TESTS_SUPPORT_MOCKED_H
#define TESTS_SUPPORT_MOCKED_H

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

struct mocked_group {
	const char *name;
	/* a file of tests/hosts; NULL: the group makes its testbed itself */
	const char *host;
	int (*run)(void);
};

/*
 * The real path of a file in the mocked /sys, for tests that break it. path begins with
 * "/sys". Valid until the next call.
 */
static inline const char *mocked_path(const char *path)
{
	static char real[4096];

	snprintf(real, sizeof(real), "%s%s", getenv("UMOCKDEV_DIR"), path);
	return real;
}

static inline int mocked_run(const struct mocked_group *group, char *self)
{
	extern char **environ;
	char host[4096], name[64];
	char *arguments[] = {
		(char[]){"umockdev-run"}, (char[]){"-d"}, host, (char[]){"--"}, self, name, NULL};
	char *bare[] = {(char[]){"umockdev-wrapper"}, self, name, NULL};
	char **command = group->host ? arguments : bare;
	const char *options = getenv("ASAN_OPTIONS");
	char joined[1024];
	int status;
	pid_t pid;

	snprintf(host, sizeof(host), TEST_SOURCE "/tests/hosts/%s", group->host ? group->host : "");
	snprintf(name, sizeof(name), "%s", group->name);
	/* The preloaded library must come before that of the sanitizer. */
	snprintf(joined, sizeof(joined), "%s%sverify_asan_link_order=0", options ? options : "",
		 options ? ":" : "");
	setenv("ASAN_OPTIONS", joined, 1);
	if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		fprintf(stderr, "%s: %s is missing: not run\n", group->name, command[0]);
		return getenv("CI") ? 1 : 0;
	}
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* The return value of main. */
static inline int mocked_main(const struct mocked_group *groups, size_t count, int argc,
			      char **argv)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		if (argc < 2)
			failed |= mocked_run(&groups[i], argv[0]);
		else if (strcmp(argv[1], groups[i].name) == 0)
			return groups[i].run();
	}
	return failed;
}

#endif
