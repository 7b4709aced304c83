/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of this backend share: one sound device, changes to its facts, and
 * whether it opens.
 */
#ifndef PLUGINS_INTEL_GVT_TESTS_BENCH_H
#define PLUGINS_INTEL_GVT_TESTS_BENCH_H

#include <errno.h>

#include "core/facts/error.h"
#include "tests/support/device.h"

#define BENCH_FACTS_MAX 16

struct bench {
	struct test_host host;
	struct provider *provider;
	struct migcompat_result result;
};

/* i915-GVTg_V5_4 on a Skylake GPU. */
#define BENCH_DESCRIPTION \
	"low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4\n"
static const char *const bench_base[] = {
	"mdev_type",       "i915-GVTg_V5_4", "mdev_type/description",
	BENCH_DESCRIPTION, "parent/vendor",  "0x8086",
	"parent/device",   "0x1912",         NULL};

/* "key", "value", …, NULL. The value "-" removes the fact. */
#define CHANGES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline int bench_setup_with(void **state, const char *const *host_facts,
				   const char *const *settings)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	test_host_make(&bench->host, host_facts);
	bench->provider = test_backend("i915", settings);
	*state = bench;
	return 0;
}

static inline int bench_setup(void **state)
{
	return bench_setup_with(
		state, (const char *const[]){"kernel/release", "6.1.0-18-amd64", NULL}, NULL);
}

static inline int bench_teardown(void **state)
{
	struct bench *bench = *state;

	result_free(&bench->result);
	provider_free(bench->provider);
	test_host_free(&bench->host);
	free(bench);
	return 0;
}

/* The sound device with some facts changed, added or removed. */
static inline const struct device *bench_device(struct test_host *host, enum migcompat_kind kind,
						const char *const *changes)
{
	const char *facts[2 * BENCH_FACTS_MAX + 1];
	size_t count = 0;

	for (const char *const *fact = bench_base; *fact; fact++)
		facts[count++] = *fact;
	for (const char *const *change = changes; change && *change; change += 2) {
		size_t at = 0;

		while (at < count && strcmp(facts[at], change[0]) != 0)
			at += 2;
		if (strcmp(change[1], "-") == 0) {
			if (at < count) {
				facts[at] = facts[count - 2];
				facts[at + 1] = facts[count - 1];
				count -= 2;
			}
			continue;
		}
		facts[at] = change[0];
		facts[at + 1] = change[1];
		if (at == count)
			count += 2;
		assert_true(count <= 2 * BENCH_FACTS_MAX);
	}
	facts[count] = NULL;
	return test_device(host, kind, "x", facts);
}

static inline struct opened *bench_open(struct bench *bench, enum migcompat_kind kind,
					const char *const *changes)
{
	return test_open(bench->provider, bench_device(&bench->host, kind, changes));
}

static inline struct opened *bench_mdev(struct bench *bench, const char *const *changes)
{
	return bench_open(bench, MIGCOMPAT_KIND_MDEV, changes);
}

static inline void bench_refused(struct bench *bench, enum migcompat_kind kind,
				 const char *const *changes, int error, const char *part)
{
	struct opened *opened = NULL;
	struct error err = {0};
	int r = provider_open(bench->provider, bench_device(&bench->host, kind, changes), &opened,
			      &err);

	if (r == 0)
		fail_msg("it opened, expected \"%s\"", part);
	assert_null(opened);
	assert_contains(err.text, part);
	assert_int_equal(r, error);
}

/* Compares, closes both, and returns the number of bad findings. */
static inline uint32_t bench_compare(struct bench *bench, struct opened *source,
				     struct opened *target)
{
	test_compare(source, target, &bench->result);
	opened_close(source);
	opened_close(target);
	return bench->result.bad_count;
}

static inline uint32_t bench_status(const struct bench *bench, const char *field)
{
	const struct finding *finding = test_finding(&bench->result, field);

	if (!finding)
		fail_msg("no finding of \"%s\"", field);
	return finding ? finding->status : UINT32_MAX;
}

#define bench_test(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
