/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers for tests: with backends of the build, and with those of tests/backends that
 * misbehave.
 */
#ifndef TESTS_SUPPORT_WORKER_H
#define TESTS_SUPPORT_WORKER_H

#include <ctype.h>
#include <dirent.h>
#include <unistd.h>

#include "core/worker_client/provider_worker.h"
#include "tests/support/device.h"

#define WORKER_PROGRAM TEST_BUILD "/migcompat-worker"
#define WORKER_TIMEOUT_MS 20000 /* for what must not time out on a busy machine */

#if defined(__SANITIZE_ADDRESS__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif

/* The path of a backend: "mtty" is of the build, "crash_open" of tests/backends. */
static inline const char *worker_path(const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/%s.so", TEST_BACKENDS, name);
	if (access(buffer, F_OK) != 0)
		snprintf(buffer, size, "%s/tests/backends/%s/%s.so", TEST_BUILD, name, name);
	return buffer;
}

/* Start a worker, wait for it, and set its settings if it can be used. */
static inline struct provider *worker_make(const char *name, unsigned timeout_ms)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = timeout_ms};
	struct provider *provider = NULL;
	struct error err = {0};
	char path[4096];

	assert_int_equal(provider_worker_new(worker_path(name, path, sizeof(path)), &options,
					     &provider, &err),
			 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	if (!provider->info.error)
		assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	return provider;
}

static inline struct provider *worker_good(const char *name)
{
	struct provider *provider = worker_make(name, WORKER_TIMEOUT_MS);

	if (provider->info.error)
		fail_msg("%s: %s", name, provider->info.error);
	return provider;
}

/*
 * Let the kernel handle crashes, not a sanitizer, so that workers end with a signal. Call
 * before the first worker.
 */
static inline void worker_environment(void)
{
	const char *set = getenv("ASAN_OPTIONS");
	char options[4096];

	snprintf(options, sizeof(options), "%s%shandle_segv=0:handle_sigill=0", set ? set : "",
		 set ? ":" : "");
	setenv("ASAN_OPTIONS", options, 1);
}

/* The process of the only worker; 0: there is none. */
static inline pid_t worker_process(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	assert_non_null(proc);
	while ((entry = readdir(proc))) {
		char path[300], state;
		int parent = 0;
		FILE *stat;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		stat = fopen(path, "re");
		if (!stat)
			continue;
		if (fscanf(stat, "%*d (%*[^)]) %c %d", &state, &parent) == 2 && parent == getpid())
			found = (pid_t)atoi(entry->d_name);
		fclose(stat);
	}
	closedir(proc);
	return found;
}

/* The oom_score_adj of a worker's process. */
static inline int worker_oom_score_adj(struct provider *provider)
{
	struct provider_status status;
	char path[64];
	int score = -1;
	FILE *file;

	provider_status(provider, &status);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)status.process);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &score), 1);
	fclose(file);
	return score;
}

/* The number of open descriptors of this process. */
static inline size_t worker_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(fds);
	while (readdir(fds))
		count++;
	closedir(fds);
	return count;
}

#endif
