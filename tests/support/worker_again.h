/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers that are started again. Tests set the time themselves, so they never wait and
 * do not depend on the speed of the machine.
 */
#ifndef TESTS_SUPPORT_WORKER_AGAIN_H
#define TESTS_SUPPORT_WORKER_AGAIN_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "core/worker_client/worker.h"
#include "tests/support/worker_bench.h"

#define MS 1000000ull

static atomic_ullong clock_ns;

static inline uint64_t test_now(void)
{
	return atomic_load(&clock_ns);
}

static inline void pass_ms(uint64_t ms)
{
	atomic_fetch_add(&clock_ns, ms * MS);
}

static inline struct provider *start_path(const char *path)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS,
					 .restart = true,
					 .now = test_now};
	struct provider *provider;
	struct error err = {0};

	assert_int_equal(provider_worker_new(path, &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	if (provider->info.error)
		fail_msg("%s", provider->info.error);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	return provider;
}

static inline struct provider *start(const char *name)
{
	char path[4096];

	return start_path(worker_path(name, path, sizeof(path)));
}

static inline int compare(struct bench *bench, struct opened *opened, const char *payload,
			  struct error *err)
{
	*err = (struct error){0};
	assert_int_equal(result_reset(&bench->result), 0);
	return opened_compare(opened, payload, strlen(payload), &bench->result, err);
}

static inline void compare_works(struct bench *bench, struct opened *opened)
{
	struct error err;

	if (compare(bench, opened, "1;plain", &err))
		fail_msg("%s", err.text);
	assert_int_equal(bench->result.bad_count, 0);
}

static inline void compare_fails(struct bench *bench, struct opened *opened, const char *payload,
				 const char *sentence)
{
	struct error err;

	assert_int_equal(compare(bench, opened, payload, &err), -EIO);
	assert_string_equal(err.text, sentence);
	assert_int_equal(bench->result.count, 0);
}

static inline struct provider_status status_of(struct provider *provider)
{
	struct provider_status status;

	provider_status(provider, &status);
	return status;
}

/* End the worker between calls, and wait until it is gone. */
static inline void end_worker(struct provider *provider)
{
	pid_t process = status_of(provider).process;
	siginfo_t info;

	assert_int_equal(kill(process, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT), 0);
}

static inline int setup_clock(void **state)
{
	atomic_store(&clock_ns, 1000000 * MS);
	return setup(state);
}

#endif
