/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The comparison of two virtual GPUs: each rule with a passing, a failing and a malformed
 * case.
 */
#include "plugins/intel-gvt/tests/bench.h"

#include "core/finding/record.h"

#define BROADWELL "mdev_type", "i915-GVTg_V4_4", "parent/device", "0x1616"
#define KABY_LAKE "parent/device", "0x5916"

static void equal_devices_are_identical_in_every_field(void **state)
{
	static const char *const fields[] = {"generation", "pci_vendor", "pci_device", "low_gm",
					     "high_gm",    "fences",     "resolution", "weight"};
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, bench_mdev(bench, NULL), bench_mdev(bench, NULL)), 0);
	assert_int_equal(bench->result.extra, 0);
	assert_int_equal(bench->result.count, sizeof(fields) / sizeof(fields[0]));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_int_equal(bench_status(bench, fields[i]), MIGCOMPAT_STATUS_OK);
}

static void an_mdev_fits_its_own_type(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, bench_mdev(bench, NULL),
				       bench_open(bench, MIGCOMPAT_KIND_MDEV_TYPE, NULL)),
			 0);
}

static void the_type_names_what_a_guest_sees(void **state)
{
	struct opened *opened = bench_mdev(*state, NULL);

	assert_string_equal(opened->type, "gvtg-gen9-128-512-4-1920x1200");
	assert_string_equal(opened->model, "com.intel/gvtg");
	assert_string_equal(opened->label, "Intel GVT-g i915-GVTg_V5_4 on a gen9 GPU");
	opened_close(opened);
}

static void another_generation_is_refused(void **state)
{
	struct bench *bench = *state;
	struct opened *gen8 = bench_mdev(bench, CHANGES(BROADWELL)),
		      *gen9 = bench_mdev(bench, NULL);
	char text[128];

	assert_string_not_equal(gen8->type, gen9->type);
	assert_int_equal(bench_compare(bench, gen8, gen9), 2);
	assert_int_equal(bench_status(bench, "generation"), MIGCOMPAT_STATUS_BAD);
	assert_int_equal(bench_status(bench, "pci_device"), MIGCOMPAT_STATUS_BAD);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_HARDWARE);
	finding_render_reason(test_finding(&bench->result, "generation"), text, sizeof(text));
	assert_string_equal(text, "source has 8 as GPU generation, target has 9");
}

/* One resource at a time; the last case changes all of them. */
static void each_resource_that_differs_is_refused_by_name(void **state)
{
	static const struct {
		const char *description;
		const char *bad[5];
		const char *reason;
	} cases[] = {
		{"low_gm_size: 64MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: "
		 "4",
		 {"low_gm"},
		 "source has 128 MB of low graphics memory, target has 64"},
		{"low_gm_size: 128MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: "
		 "1920x1200\nweight: 4",
		 {"high_gm"},
		 "source has 512 MB of high graphics memory, target has 384"},
		{"low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 8\nresolution: "
		 "1920x1200\nweight: 4",
		 {"fences"},
		 "source has 4 fences, target has 8"},
		{"low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1024x768\nweight: "
		 "4",
		 {"resolution"},
		 "source has 1920x1200 as resolution, target has 1024x768"},
		{"low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 2\nresolution: 1024x768\nweight: "
		 "2",
		 {"low_gm", "high_gm", "fences", "resolution"},
		 "source has 128 MB of low graphics memory, target has 64"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opened *source = bench_mdev(bench, NULL);
		struct opened *target =
			bench_mdev(bench, CHANGES("mdev_type/description", cases[i].description));
		char text[128];
		size_t bad = 0;

		assert_string_not_equal(source->type, target->type);
		bench_compare(bench, source, target);
		for (; cases[i].bad[bad]; bad++)
			assert_int_equal(bench_status(bench, cases[i].bad[bad]),
					 MIGCOMPAT_STATUS_BAD);
		assert_int_equal(bench->result.bad_count, bad);
		assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
		finding_render_reason(test_finding(&bench->result, cases[i].bad[0]), text,
				      sizeof(text));
		assert_string_equal(text, cases[i].reason);
	}
}

static void more_of_a_resource_is_no_better_than_less(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, NULL);
	struct opened *target = bench_mdev(
		bench, CHANGES("mdev_type", "i915-GVTg_V5_2", "mdev_type/description", "-"));

	assert_int_equal(bench_compare(bench, source, target), 2);
}

static void the_weight_is_shown_and_decides_nothing(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, NULL);
	struct opened *target =
		bench_mdev(bench, CHANGES("mdev_type/description",
					  "low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: "
					  "4\nresolution: 1920x1200\nweight: 16"));

	assert_string_equal(source->type, target->type);
	assert_int_equal(bench_compare(bench, source, target), 0);
	assert_int_equal(test_finding(&bench->result, "weight")->rule, MIGCOMPAT_RULE_INFO);
	assert_int_equal(bench_status(bench, "weight"), MIGCOMPAT_STATUS_OK);
	assert_int_equal(bench->result.extra, 0);
}

static void the_same_resources_under_another_type_name_are_compatible(void **state)
{
	struct bench *bench = *state;
	struct opened *half = bench_mdev(bench, CHANGES("mdev_type", "i915-GVTg_V5_2"));
	struct opened *quarter = bench_mdev(bench, NULL);

	assert_string_equal(half->type, quarter->type);
	assert_string_equal(half->payload, quarter->payload);
	assert_int_equal(bench_compare(bench, half, quarter), 0);
}

/* ---------------------------------------------------------------- another GPU model */

static int setup_cross_device(void **state)
{
	return bench_setup_with(state, NULL, CHANGES("cross_device", "true"));
}

static void another_gpu_model_is_refused(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, CHANGES(KABY_LAKE)),
		      *target = bench_mdev(bench, NULL);
	char text[128];

	assert_string_equal(source->type, target->type);
	assert_int_equal(bench_compare(bench, source, target), 1);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_HARDWARE);
	assert_int_equal(test_finding(&bench->result, "pci_device")->rule, MIGCOMPAT_RULE_EQUAL);
	finding_render(test_finding(&bench->result, "pci_device"), text, sizeof(text));
	assert_string_equal(text, "source has 0x5916, target has 0x1912 (must be equal)");
}

static void cross_device_accepts_another_gpu_model_with_a_warning(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, CHANGES(KABY_LAKE)),
		      *target = bench_mdev(bench, NULL);

	assert_string_equal(source->type, target->type);
	assert_int_equal(bench_compare(bench, source, target), 0);
	assert_int_equal(bench_status(bench, "pci_device"), MIGCOMPAT_STATUS_WARN);
	assert_contains(test_finding(&bench->result, "pci_device")->text, "cross_device");
}

static void cross_device_has_nothing_to_say_about_equal_models(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, bench_mdev(bench, NULL), bench_mdev(bench, NULL)), 0);
	assert_int_equal(bench_status(bench, "pci_device"), MIGCOMPAT_STATUS_OK);
}

static void cross_device_does_not_cross_generations(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, bench_mdev(bench, CHANGES(BROADWELL)),
				       bench_mdev(bench, NULL)),
			 2);
	assert_int_equal(bench_status(bench, "pci_device"), MIGCOMPAT_STATUS_BAD);
}

/* ----------------------------------------------------- versions of the driver's state */

/* The status of FIELD between hosts with these versions (NULL: none). UINT32_MAX: there
 * is no finding. */
static uint32_t version_status(struct bench *bench, const char *module, const char *source,
			       const char *target)
{
	struct test_host hosts[2];
	struct opened *opened[2];
	char key[32], field[32];
	const struct finding *finding;

	snprintf(key, sizeof(key), "module/%s/version", module);
	snprintf(field, sizeof(field), "%s_version", module);
	for (int i = 0; i < 2; i++) {
		const char *version = i ? target : source;
		const char *const facts[] = {version ? key : NULL, version, NULL};

		test_host_make(&hosts[i], facts);
		opened[i] = test_open(bench->provider,
				      bench_device(&hosts[i], MIGCOMPAT_KIND_MDEV, NULL));
	}
	bench_compare(bench, opened[0], opened[1]);
	test_host_free(&hosts[0]);
	test_host_free(&hosts[1]);
	finding = test_finding(&bench->result, field);
	if (finding && finding->status == MIGCOMPAT_STATUS_BAD)
		assert_int_equal(finding->limit, MIGCOMPAT_LIMIT_DRIVER);
	return finding ? finding->status : UINT32_MAX;
}

static void driver_versions_follow_the_semantic_rule(void **state)
{
	static const struct {
		const char *source, *target;
		uint32_t status;
	} cases[] = {
		{"2.0.1", "2.1.1", MIGCOMPAT_STATUS_OK},  {"2.0.1", "2.0.0", MIGCOMPAT_STATUS_OK},
		{"2.1.1", "2.0.1", MIGCOMPAT_STATUS_BAD}, {"2.0.0", "3.0.0", MIGCOMPAT_STATUS_BAD},
		{"3.0.0", "2.0.0", MIGCOMPAT_STATUS_BAD},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(version_status(bench, "kvmgt", cases[i].source, cases[i].target),
				 cases[i].status);
		assert_int_equal(version_status(bench, "i915", cases[i].source, cases[i].target),
				 cases[i].status);
	}
}

static void driver_versions_that_are_no_three_numbers_must_be_equal(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(version_status(bench, "kvmgt", "gvt-2020q4", "gvt-2020q4"),
			 MIGCOMPAT_STATUS_OK);
	assert_int_equal(version_status(bench, "kvmgt", "gvt-2020q4", "gvt-2021q1"),
			 MIGCOMPAT_STATUS_BAD);
	assert_int_equal(version_status(bench, "kvmgt", "1.0", "1.0.0"), MIGCOMPAT_STATUS_BAD);
	assert_int_equal(version_status(bench, "kvmgt", "1.0.0", "1.0.0-rc1"),
			 MIGCOMPAT_STATUS_BAD);
	assert_int_equal(version_status(bench, "kvmgt", "1.0.2097152", "1.0.2097153"),
			 MIGCOMPAT_STATUS_BAD);
	assert_int_equal(version_status(bench, "kvmgt", "1..0", "1..1"), MIGCOMPAT_STATUS_BAD);
	assert_int_equal(version_status(bench, "kvmgt", "1.0.0.1", "1.0.0.2"),
			 MIGCOMPAT_STATUS_BAD);
}

static void a_driver_version_that_one_side_lacks_is_unknown_not_bad(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(version_status(bench, "kvmgt", "1.0.0", NULL), MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(bench->result.bad_count, 0);
	assert_int_equal(version_status(bench, "kvmgt", NULL, "1.0.0"), MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(version_status(bench, "i915", NULL, "odd"), MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(version_status(bench, "i915", NULL, NULL), UINT32_MAX);
}

/* ---------------------------------------------------------------- payloads */

static void the_payload_is_one_line_of_printable_bytes(void **state)
{
	struct opened *opened = bench_mdev(*state, NULL);

	assert_true(opened->payload_len > 0 && opened->payload_len <= MIGCOMPAT_PAYLOAD_MAX);
	for (size_t i = 0; i < opened->payload_len; i++)
		assert_true(opened->payload[i] >= 0x21 && opened->payload[i] <= 0x7e);
	opened_close(opened);
}

static void equal_facts_give_equal_payloads(void **state)
{
	struct bench *bench = *state;
	struct opened *one = bench_mdev(bench, NULL),
		      *two = bench_open(bench, MIGCOMPAT_KIND_MDEV_TYPE, NULL);

	assert_string_equal(one->payload, two->payload);
	assert_contains(one->payload, "1;generation=9;pci_vendor=0x8086;pci_device=0x1912;low_gm="
				      "128;high_gm=512;fences=4;"
				      "resolution=1920x1200;~weight=4;=");
	opened_close(one);
	opened_close(two);
}

static void every_prefix_of_a_payload_is_refused_as_format(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = bench_mdev(bench, NULL);
	struct error err = {0};

	for (size_t len = 0; len < opened->payload_len; len++) {
		assert_int_equal(result_reset(&bench->result), 0);
		assert_int_equal(opened_compare(opened, opened->payload, len, &bench->result, &err),
				 0);
		assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
	}
	opened_close(opened);
}

static void every_damaged_byte_of_a_payload_is_refused_as_format(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = bench_mdev(bench, NULL);
	char damaged[MIGCOMPAT_PAYLOAD_MAX];
	struct error err = {0};

	for (size_t i = 0; i < opened->payload_len; i++) {
		memcpy(damaged, opened->payload, opened->payload_len);
		damaged[i] ^= 1;
		assert_int_equal(result_reset(&bench->result), 0);
		assert_int_equal(
			opened_compare(opened, damaged, opened->payload_len, &bench->result, &err),
			0);
		assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
	}
	opened_close(opened);
}

/* The limits for a payload with one more field, or of another format. */
static uint32_t foreign_limits(struct bench *bench, uint32_t format, uint32_t flags)
{
	static const struct migcompat_value nine = {MIGCOMPAT_VALUE_NUMBER, 0, {.number = 9}};
	const struct migcompat_field fields[] = {{"later", NULL, MIGCOMPAT_VALUE_NUMBER,
						  MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_HARDWARE,
						  flags}};
	const struct migcompat_record record = {.struct_size = sizeof(record),
						.fields = fields,
						.field_size = sizeof(fields[0]),
						.nfields = 1,
						.oldest = 1,
						.newest = 9};
	struct opened *opened = bench_mdev(bench, NULL);
	struct error err = {0};
	char payload[128];
	int len = record_write(&record, format, &nine, payload, sizeof(payload));

	assert_true(len > 0);
	assert_int_equal(result_reset(&bench->result), 0);
	assert_int_equal(opened_compare(opened, payload, (size_t)len, &bench->result, &err), 0);
	opened_close(opened);
	return bench->result.bad_limits;
}

static void a_payload_of_another_making_is_refused_as_format(void **state)
{
	struct bench *bench = *state;
	char text[256];

	assert_int_equal(foreign_limits(bench, 2, 0), 1u << MIGCOMPAT_LIMIT_FORMAT);
	finding_render(&bench->result.findings[0], text, sizeof(text));
	assert_contains(text, "payload format 2 is not known here");
	assert_int_equal(foreign_limits(bench, 1, 0), 1u << MIGCOMPAT_LIMIT_FORMAT);
	assert_int_equal(foreign_limits(bench, 1, MIGCOMPAT_FIELD_OPTIONAL),
			 1u << MIGCOMPAT_LIMIT_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(equal_devices_are_identical_in_every_field),
		bench_test(an_mdev_fits_its_own_type),
		bench_test(the_type_names_what_a_guest_sees),
		bench_test(another_generation_is_refused),
		bench_test(each_resource_that_differs_is_refused_by_name),
		bench_test(more_of_a_resource_is_no_better_than_less),
		bench_test(the_weight_is_shown_and_decides_nothing),
		bench_test(the_same_resources_under_another_type_name_are_compatible),
		bench_test(another_gpu_model_is_refused),
		cmocka_unit_test_setup_teardown(
			cross_device_accepts_another_gpu_model_with_a_warning, setup_cross_device,
			bench_teardown),
		cmocka_unit_test_setup_teardown(cross_device_has_nothing_to_say_about_equal_models,
						setup_cross_device, bench_teardown),
		cmocka_unit_test_setup_teardown(cross_device_does_not_cross_generations,
						setup_cross_device, bench_teardown),
		bench_test(driver_versions_follow_the_semantic_rule),
		bench_test(driver_versions_that_are_no_three_numbers_must_be_equal),
		bench_test(a_driver_version_that_one_side_lacks_is_unknown_not_bad),
		bench_test(the_payload_is_one_line_of_printable_bytes),
		bench_test(equal_facts_give_equal_payloads),
		bench_test(every_prefix_of_a_payload_is_refused_as_format),
		bench_test(every_damaged_byte_of_a_payload_is_refused_as_format),
		bench_test(a_payload_of_another_making_is_refused_as_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
