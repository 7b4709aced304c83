/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of a worker. One that needs more fails alone. */
#include "core/wire/worker_process.h"
#include "core/wire/worker_memory.h"
#include "tests/support/worker_bench.h"

static void a_worker_that_does_not_share_has_a_gigabyte(void **state)
{
	(void)state;
	assert_int_equal(worker_memory_kib(0, 1), 1u << 20);
	assert_int_equal(worker_memory_kib(0, 200), 1u << 20);
}

static void shares_never_exceed_what_is_shared(void **state)
{
	(void)state;
	for (size_t count = 1; count <= WORKERS_MAX; count++)
		assert_true(worker_memory_kib(384u << 10, count) * count <= 384u << 10);
}

static void a_share_has_an_upper_limit(void **state)
{
	(void)state;
	assert_int_equal(worker_memory_kib(384u << 10, 1), 128u << 10);
	assert_int_equal(worker_memory_kib(384u << 10, 4), 96u << 10);
}

#ifndef TEST_SANITIZED
/* A worker that has this memory for itself. */
static struct provider *sharing(const char *name, unsigned memory_kib)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS,
					 .memory_kib = memory_kib};
	struct provider *provider;
	struct error err = {0};
	char path[4096];

	assert_int_equal(provider_worker_new(worker_path(name, path, sizeof(path)), &options,
					     &provider, &err),
			 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_null(provider->info.error);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	return provider;
}

/* The limits of its process, as lines of /proc. */
static void limits_of(struct provider *provider, char *text, size_t size)
{
	struct provider_status status;
	char path[64];
	FILE *file;

	provider_status(provider, &status);
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)status.process);
	file = fopen(path, "re");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void both_limits_follow_from_the_share(void **state)
{
	struct provider *provider = sharing("plain", 8u << 10);
	char text[8192];

	(void)state;
	limits_of(provider, text, sizeof(text));
	assert_contains(text, "Max data size             8388608              8388608");
	assert_contains(text, "Max address space         142606336            142606336");
	provider_free(provider);
}

static void the_smallest_share_is_enough_to_answer(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = sharing("plain", (384u << 10) / WORKERS_MAX);
	struct opened *opened = test_open(provider, plain_device(bench));

	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(opened);
	provider_free(provider);
}

/* The allocation fails, and the process lives on. */
static void a_greedy_worker_gets_no_more_than_its_share(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = sharing("greedy", 16u << 10);
	struct provider_status before, after;
	struct opened *opened = NULL;
	struct error err = {0};

	provider_status(provider, &before);
	assert_int_equal(provider_open(provider, plain_device(bench), &opened, &err), -EIO);
	provider_status(provider, &after);
	assert_int_equal(after.state, PROVIDER_RUNNING);
	assert_int_equal(after.process, before.process);
	provider_free(provider);
}
#endif

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_that_does_not_share_has_a_gigabyte),
		cmocka_unit_test(shares_never_exceed_what_is_shared),
		cmocka_unit_test(a_share_has_an_upper_limit),
#ifndef TEST_SANITIZED
		test(both_limits_follow_from_the_share),
		test(the_smallest_share_is_enough_to_answer),
		test(a_greedy_worker_gets_no_more_than_its_share),
#endif
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
