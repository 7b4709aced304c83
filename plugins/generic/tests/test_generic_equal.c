/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that the kernel can migrate and that no backend knows: every value of their
 * identity must be equal.
 */
#include <errno.h>

#include "tests/support/device.h"

#define PAIRS_MAX 24
#define MODALIAS "pci:v00001E4Bd00001002sv00001E4Bsd00000100bc12sc00i00"

/* The facts of a virtual function. A test changes one of them. */
static const char *const whole[] = {
	"driver/module",
	"acme_vfio_pci",
	"vendor",
	"0x1e4b",
	"device",
	"0x1002",
	"subsystem_vendor",
	"0x1e4b",
	"subsystem_device",
	"0x0100",
	"class",
	"0x120000",
	"revision",
	"0x01",
	"physfn",
	"0000:60:00.0",
	"physfn/driver/module",
	"acme",
	"physfn/vendor",
	"0x1e4b",
	"physfn/device",
	"0x1001",
	"physfn/subsystem_vendor",
	"0x1e4b",
	"physfn/subsystem_device",
	"0x0100",
	"physfn/class",
	"0x120000",
	"physfn/revision",
	"0x02",
	"vfio/migration/features",
	"stop-copy\np2p",
	NULL,
};

/* Each compared fact, another value for it, and the finding and limit that follow. */
static const struct {
	const char *fact, *other, *field;
	uint32_t limit;
} compared[] = {
	{"driver/module", "acme2_vfio_pci", "driver", MIGCOMPAT_LIMIT_DRIVER},
	{"vendor", "0x1e4c", "vendor", MIGCOMPAT_LIMIT_HARDWARE},
	{"device", "0x1003", "device", MIGCOMPAT_LIMIT_HARDWARE},
	{"subsystem_vendor", "0x0", "subsystem_vendor", MIGCOMPAT_LIMIT_HARDWARE},
	{"subsystem_device", "0x101", "subsystem_device", MIGCOMPAT_LIMIT_HARDWARE},
	{"class", "0x120001", "class", MIGCOMPAT_LIMIT_HARDWARE},
	{"revision", "0x00", "revision", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/driver/module", "acme2", "physfn_driver", MIGCOMPAT_LIMIT_DRIVER},
	{"physfn/vendor", "0x1e4c", "physfn_vendor", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/device", "0x1003", "physfn_device", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/subsystem_vendor", "0x0", "physfn_subsystem_vendor", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/subsystem_device", "0x0", "physfn_subsystem_device", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/class", "0x120001", "physfn_class", MIGCOMPAT_LIMIT_HARDWARE},
	{"physfn/revision", "0x03", "physfn_revision", MIGCOMPAT_LIMIT_HARDWARE},
};
#define COMPARED (sizeof(compared) / sizeof(compared[0]))

struct pair {
	struct provider *provider;
	struct test_host source_host, target_host;
	struct opened *source, *target;
	struct migcompat_result result;
};

/* The facts of whole with one changed to value (NULL: removed), and with more facts. */
static void facts_make(const char *fact, const char *value, const char *const *more,
		       const char **ret)
{
	size_t n = 0;

	for (size_t i = 0; whole[i]; i += 2) {
		bool other = fact && strcmp(whole[i], fact) == 0;

		if (other && !value)
			continue;
		ret[n++] = whole[i];
		ret[n++] = other ? value : whole[i + 1];
	}
	while (more && *more)
		ret[n++] = *more++;
	ret[n] = NULL;
	assert_true(n <= (size_t)2 * PAIRS_MAX);
}

static void pair_make(struct pair *pair, const char *release, const char *const *source,
		      const char *const *target)
{
	memset(pair, 0, sizeof(*pair));
	pair->provider = test_backend("generic", NULL);
	test_host_make(&pair->source_host, (const char *const[]){"kernel/release", "6.18.9", NULL});
	test_host_make(&pair->target_host, (const char *const[]){"kernel/release", release, NULL});
	pair->source =
		test_open(pair->provider, test_device(&pair->source_host, MIGCOMPAT_KIND_PHYSICAL,
						      "0000:60:00.1", source));
	pair->target =
		test_open(pair->provider, test_device(&pair->target_host, MIGCOMPAT_KIND_PHYSICAL,
						      "0000:61:00.1", target));
	test_compare(pair->source, pair->target, &pair->result);
}

static void pair_free(struct pair *pair)
{
	result_free(&pair->result);
	opened_close(pair->source);
	opened_close(pair->target);
	test_host_free(&pair->source_host);
	test_host_free(&pair->target_host);
	provider_free(pair->provider);
}

static int open_error(enum migcompat_kind kind, const char *release, const char *const *facts,
		      struct error *err)
{
	const char *const of_host[] = {"kernel/release", release, NULL};
	struct provider *provider = test_backend("generic", NULL);
	struct opened *opened = NULL;
	struct test_host host;
	int r;

	test_host_make(&host, release ? of_host : NULL);
	r = provider_open(provider, test_device(&host, kind, "0000:60:00.1", facts), &opened, err);
	opened_close(opened);
	test_host_free(&host);
	provider_free(provider);
	return r;
}

static void equal_functions_fit_with_a_warning(void **state)
{
	struct pair pair;

	(void)state;
	pair_make(&pair, "6.18.9", whole, whole);
	assert_int_equal(pair.result.bad_count, 0);
	assert_string_equal(pair.source->type, "pci-1e4b-1002");
	assert_int_equal(pair.target->mechanism, MIGCOMPAT_YES);
	assert_int_equal(test_finding(&pair.result, "rules")->status, MIGCOMPAT_STATUS_WARN);
	assert_contains(test_finding(&pair.result, "rules")->text, "acme_vfio_pci");
	pair_free(&pair);
}

static void each_fact_that_differs_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMPARED; i++) {
		const char *facts[2 * PAIRS_MAX + 1];
		const struct finding *finding;
		struct pair pair;

		facts_make(compared[i].fact, compared[i].other, NULL, facts);
		pair_make(&pair, "6.18.9", whole, facts);
		assert_int_equal(pair.result.bad_count, 1);
		finding = test_finding(&pair.result, compared[i].field);
		assert_int_equal(finding->status, MIGCOMPAT_STATUS_BAD);
		assert_int_equal(finding->limit, compared[i].limit);
		pair_free(&pair);
	}
}

static void another_kernel_is_refused(void **state)
{
	struct pair pair;

	(void)state;
	pair_make(&pair, "6.18.10", whole, whole);
	assert_int_equal(pair.result.bad_count, 1);
	assert_int_equal(test_finding(&pair.result, "kernel_release")->limit,
			 MIGCOMPAT_LIMIT_DRIVER);
	pair_free(&pair);
}

static void each_fact_that_is_missing_could_not_be_told(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < COMPARED; i++) {
		const char *facts[2 * PAIRS_MAX + 1];

		facts_make(compared[i].fact, NULL, NULL, facts);
		assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "6.18.9", facts, &err),
				 -ENOENT);
	}
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, NULL, whole, &err), -ENOENT);
	assert_contains(err.text, "kernel/release");
}

static void each_fact_that_is_malformed_could_not_be_told(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < COMPARED; i++) {
		const char *facts[2 * PAIRS_MAX + 1];

		if (compared[i].limit == MIGCOMPAT_LIMIT_DRIVER)
			continue;
		facts_make(compared[i].fact, "two", NULL, facts);
		assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "6.18.9", facts, &err),
				 -ERANGE);
		assert_contains(err.text, compared[i].fact);
	}
}

static void the_modalias_stands_in_for_a_missing_file(void **state)
{
	static const char *const files[] = {"vendor", "device", "subsystem_vendor",
					    "subsystem_device", "class"};
	static const char *const more[] = {"modalias", MODALIAS, NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *facts[2 * PAIRS_MAX + 1];
		struct pair pair;

		facts_make(files[i], NULL, more, facts);
		pair_make(&pair, "6.18.9", whole, facts);
		assert_int_equal(pair.result.bad_count, 0);
		pair_free(&pair);
	}
}

static void a_malformed_modalias_stands_in_for_nothing(void **state)
{
	static const char *const bad[] = {"pci:v00001E4B", MODALIAS "x",
					  "pci:v0001FFFFd00001002sv00001E4Bsd00000100bc12sc00i00"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const more[] = {"modalias", bad[i], NULL};
		const char *facts[2 * PAIRS_MAX + 1];

		facts_make("vendor", NULL, more, facts);
		assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "6.18.9", facts, &err),
				 -ENOENT);
	}
}

static void a_revision_is_in_no_modalias(void **state)
{
	static const char *const more[] = {"modalias", MODALIAS, NULL};
	const char *facts[2 * PAIRS_MAX + 1];
	struct error err;

	(void)state;
	facts_make("revision", NULL, more, facts);
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "6.18.9", facts, &err), -ENOENT);
	assert_contains(err.text, "\"revision\" is missing");
}

static void a_physical_function_needs_no_other(void **state)
{
	struct pair pair;
	const char *alone[2 * PAIRS_MAX + 1];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; whole[i]; i += 2) {
		if (strncmp(whole[i], "physfn", 6) == 0)
			continue;
		alone[n++] = whole[i];
		alone[n++] = whole[i + 1];
	}
	alone[n] = NULL;
	pair_make(&pair, "6.18.9", alone, alone);
	assert_int_equal(pair.result.bad_count, 0);
	pair_free(&pair);
	pair_make(&pair, "6.18.9", whole, alone);
	assert_int_equal(test_finding(&pair.result, "function")->status, MIGCOMPAT_STATUS_BAD);
	pair_free(&pair);
}

static void a_doubt_whether_it_is_virtual_could_not_be_told(void **state)
{
	static const char *const facts[] = {"driver",  "acme",    "vfio/migration/state",
					    "RUNNING", "vendor",  "0x1",
					    "physfn",  "!EACCES", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "6.18.9", facts, &err), -EACCES);
	assert_contains(err.text, "physfn");
}

static void an_mdev_is_not_compared(void **state)
{
	static const char *const facts[] = {"driver", "acme", "vfio/migration/state", "RUNNING",
					    NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_MDEV, "6.18.9", facts, &err), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_functions_fit_with_a_warning),
		cmocka_unit_test(each_fact_that_differs_is_refused_by_name),
		cmocka_unit_test(another_kernel_is_refused),
		cmocka_unit_test(each_fact_that_is_missing_could_not_be_told),
		cmocka_unit_test(each_fact_that_is_malformed_could_not_be_told),
		cmocka_unit_test(the_modalias_stands_in_for_a_missing_file),
		cmocka_unit_test(a_malformed_modalias_stands_in_for_nothing),
		cmocka_unit_test(a_revision_is_in_no_modalias),
		cmocka_unit_test(a_physical_function_needs_no_other),
		cmocka_unit_test(a_doubt_whether_it_is_virtual_could_not_be_told),
		cmocka_unit_test(an_mdev_is_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
