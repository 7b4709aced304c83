/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by tests of misbehaving backends: a good backend must still answer after what
 * the bad one did.
 */
#ifndef TESTS_SUPPORT_WORKER_BENCH_H
#define TESTS_SUPPORT_WORKER_BENCH_H

#include <errno.h>
#include <sys/wait.h>

#include "tests/support/worker.h"

static const char *const serial_facts[] = {"mdev_type", "mtty-2", NULL};
static const char *const plain_facts[] = {"plain", "1", NULL};
static const char *const host_facts[] = {"kernel/release", "6.12.0-amd64", NULL};

/* A good backend with a device that stays open. */
struct bench {
	struct test_host host;
	struct provider *good;
	struct opened *serial;
	struct migcompat_result result;
	size_t descriptors;
};

static inline int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	bench->descriptors = worker_descriptors();
	test_host_make(&bench->host, host_facts);
	bench->good = worker_good("mtty");
	bench->serial = test_open(bench->good, test_device(&bench->host, MIGCOMPAT_KIND_MDEV,
							   "serial", serial_facts));
	*state = bench;
	return 0;
}

/* Check that the good backend still answers and no process is left. */
static inline int teardown(void **state)
{
	struct bench *bench = *state;

	test_compare(bench->serial, bench->serial, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(bench->serial);
	provider_free(bench->good);
	result_free(&bench->result);
	test_host_free(&bench->host);
	assert_int_equal(worker_descriptors(), bench->descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(bench);
	return 0;
}

static inline const struct device *plain_device(struct bench *bench)
{
	return test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "x", plain_facts);
}

#endif
