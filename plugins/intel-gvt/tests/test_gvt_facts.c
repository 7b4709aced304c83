/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From facts to a device: every accepted form, every refusal, and the sentence that gives
 * the reason.
 */
#include "plugins/intel-gvt/tests/bench.h"

#define MDEV MIGCOMPAT_KIND_MDEV
#define DESCRIPTION "mdev_type/description"

static void expect_type(struct bench *bench, const char *const *changes, const char *type)
{
	struct opened *opened = bench_mdev(bench, changes);

	assert_string_equal(opened->type, type);
	opened_close(opened);
}

static void all_forms_of_a_description_are_read(void **state)
{
	static const char *const forms[] = {
		"low_gm_size: 256MB\nhigh_gm_size: 1024MB\nfence: 4\nresolution: "
		"1920x1200\nweight: 8\n",
		"low_gm_size: 256MB high_gm_size: 1024MB fence: 4 resolution: 1920x1200 weight: 8 ",
		"low_gm_size: 256MB, high_gm_size: 1024MB, fence: 4, resolution: 1920x1200, "
		"weight: 8",
		"low_gm_size: 256MB\nhigh_gm_size: 1024MB\nfence: 4\nresolution: "
		"1920x1200\nweight: 8\naggregation: yes\n",
		"resolution: 1920x1200\nfence: 4\nhigh_gm_size: 1024MB\nlow_gm_size: 256MB",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		expect_type(*state, CHANGES(DESCRIPTION, forms[i]),
			    "gvtg-gen9-256-1024-4-1920x1200");
}

static void without_a_description_the_type_id_tells(void **state)
{
	static const struct {
		const char *id, *device, *type;
	} cases[] = {
		{"i915-GVTg_V4_1", "0x1616", "gvtg-gen8-512-2048-4-1920x1200"},
		{"i915-GVTg_V4_2", "0x1616", "gvtg-gen8-256-1024-4-1920x1200"},
		{"i915-GVTg_V4_4", "0x1616", "gvtg-gen8-128-512-4-1920x1200"},
		{"i915-GVTg_V4_8", "0x1616", "gvtg-gen8-64-384-4-1024x768"},
		{"i915-GVTg_V5_1", "0x1912", "gvtg-gen9-512-2048-4-1920x1200"},
		{"i915-GVTg_V5_2", "0x1912", "gvtg-gen9-256-1024-4-1920x1200"},
		{"i915-GVTg_V5_4", "0x1912", "gvtg-gen9-128-512-4-1920x1200"},
		{"i915-GVTg_V5_8", "0x1912", "gvtg-gen9-64-384-4-1024x768"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_type(*state,
			    CHANGES(DESCRIPTION, "-", "mdev_type", cases[i].id, "parent/device",
				    cases[i].device),
			    cases[i].type);
}

static void the_description_says_what_a_type_of_any_share_has(void **state)
{
	expect_type(*state, CHANGES("mdev_type", "i915-GVTg_V5_16"),
		    "gvtg-gen9-128-512-4-1920x1200");
	expect_type(*state, CHANGES("mdev_type", "i915-GVTg_V5_8"),
		    "gvtg-gen9-128-512-4-1920x1200");
	bench_refused(*state, MDEV, CHANGES("mdev_type", "i915-GVTg_V5_16", DESCRIPTION, "-"),
		      -ENOENT, "resources of the type i915-GVTg_V5_16");
}

static void a_description_that_is_not_understood_is_refused_with_its_text(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{"", "\"low_gm_size\" is missing"},
		{"low_gm_size: 128MB\nhigh_gm_size: 512MB\nresolution: 1920x1200",
		 "\"fence\" is missing"},
		{"low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nweight: 4",
		 "\"resolution\" is missing"},
		{"low_gm_size: 128\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1x1",
		 "\"low_gm_size\" is not a number from 1 to 4096MB"},
		{"low_gm_size: 0MB", "\"low_gm_size\" is not"},
		{"low_gm_size: 0128MB", "\"low_gm_size\" is not"},
		{"low_gm_size: -128MB", "\"low_gm_size\" is not"},
		{"low_gm_size: 128GB", "\"low_gm_size\" is not"},
		{"low_gm_size: 128MBs", "\"low_gm_size\" is not"},
		{"low_gm_size:", "\"low_gm_size\" is not"},
		{"high_gm_size: 4097MB", "\"high_gm_size\" is not"},
		{"high_gm_size: 18446744073709551617MB", "\"high_gm_size\" is not"},
		{"fence: 33", "\"fence\" is not a number from 1 to 32"},
		{"fence: 4MB", "\"fence\" is not"},
		{"weight: 65536", "\"weight\" is not"},
		{"resolution: 1920", "\"resolution\" is not WIDTHxHEIGHT"},
		{"resolution: 1920x", "\"resolution\" is not"},
		{"resolution: x1200", "\"resolution\" is not"},
		{"resolution: 1920x1200x2", "\"resolution\" is not"},
		{"resolution: 65536x1", "\"resolution\" is not"},
		{"aggregation: maybe", "\"aggregation\" is not yes or no"},
		{"fence: 4\nfence: 4", "\"fence\" stands twice"},
		{"banana", "a word that is not known"},
		{": 4", "a word that is not known"},
		{"fence : 4", "a word that is not known"},
		{BENCH_DESCRIPTION "colour: red", "a word that is not known"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bench_refused(*state, MDEV, CHANGES(DESCRIPTION, cases[i].text), -EINVAL,
			      cases[i].part);
	bench_refused(*state, MDEV, CHANGES(DESCRIPTION, "fence: a\nb"), -EINVAL,
		      "the fact \"mdev_type/description\" is \"fence: a b\"");
	bench_refused(*state, MDEV, CHANGES(DESCRIPTION, "fence: x"), -EINVAL,
		      "expected \"low_gm_size: NMB\"");
	bench_refused(*state, MDEV,
		      CHANGES(DESCRIPTION, "gr\xc3\xb6\xc3\x9f"
					   "e"),
		      -EINVAL, "\"gr????e\"");
}

static void a_long_text_is_cut_in_the_sentence(void **state)
{
	char text[4096];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bench_refused(*state, MDEV, CHANGES(DESCRIPTION, text), -EINVAL, "aaa...\": it has a word");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char bytes[] = "low_gm_size: 128MB\0high_gm_size: 512MB";
	struct bench *bench = *state;
	struct factset_builder builder;
	struct opened *opened = NULL;
	struct device device = *bench_device(&bench->host, MDEV, CHANGES(DESCRIPTION, "-"));
	struct error err = {0};

	factset_builder_init(&builder, &bench->host.inventory.arena);
	for (size_t i = 0; i < device.facts.count; i++)
		assert_int_equal(factset_builder_add(&builder, device.facts.facts[i].key,
						     device.facts.facts[i].value,
						     device.facts.facts[i].len),
				 0);
	assert_int_equal(factset_builder_add_binary(&builder, DESCRIPTION, bytes, sizeof(bytes)),
			 0);
	assert_int_equal(factset_builder_finish(&builder, &device.facts, &err), 0);
	assert_int_equal(provider_open(bench->provider, &device, &opened, &err), -EINVAL);
	assert_contains(err.text, DESCRIPTION);
}

/* ---------------------------------------------------------------- which GPU */

static void each_platform_of_gvt_has_its_generation(void **state)
{
	static const char *const gen9[] = {"0x1902", "0x193d", "0x5a84", "0x5916", "0x87c0",
					   "0x3e92", "0x87ca", "0x9bc5", "0x9BF6", "1912"};

	expect_type(*state, CHANGES("mdev_type", "i915-GVTg_V4_4", "parent/device", "0x1602"),
		    "gvtg-gen8-128-512-4-1920x1200");
	expect_type(*state, CHANGES("mdev_type", "i915-GVTg_V4_4", "parent/device", "0x163e"),
		    "gvtg-gen8-128-512-4-1920x1200");
	for (size_t i = 0; i < sizeof(gen9) / sizeof(gen9[0]); i++)
		expect_type(*state, CHANGES("parent/device", gen9[i]),
			    "gvtg-gen9-128-512-4-1920x1200");
}

static void a_gpu_without_gvt_cannot_migrate(void **state)
{
	static const char *const others[] = {"0x9a49" /* gen12 */, "0x8a52" /* gen11 */,
					     "0x3184" /* gen9, not taken */, "0x0412" /* gen7 */,
					     "0x0000"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		bench_refused(*state, MDEV, CHANGES("parent/device", others[i]), -ENODEV,
			      "is none of the gen8 and gen9 GPUs");
	bench_refused(*state, MDEV, CHANGES("parent/vendor", "0x10de"), -ENODEV, "10de:1912");
}

static void pci_ids_that_are_no_numbers_are_named(void **state)
{
	bench_refused(*state, MDEV, CHANGES("parent/device", "banana"), -ERANGE,
		      "the fact \"parent/device\" is \"banana\"");
	bench_refused(*state, MDEV, CHANGES("parent/device", "0x10000"), -ERANGE,
		      "expected the GPU's PCI device");
	bench_refused(*state, MDEV, CHANGES("parent/device", ""), -ERANGE, "is \"\"");
	bench_refused(*state, MDEV, CHANGES("parent/vendor", "8086h"), -ERANGE,
		      "the fact \"parent/vendor\" is \"8086h\"");
}

static void the_modalias_stands_in_for_missing_pci_ids(void **state)
{
	static const char alias[] = "pci:v00008086d00001912sv00001043sd00008694bc03sc80i00";

	expect_type(*state,
		    CHANGES("parent/device", "-", "parent/vendor", "-", "parent/modalias", alias),
		    "gvtg-gen9-128-512-4-1920x1200");
	expect_type(*state, CHANGES("parent/device", "-", "parent/modalias", alias),
		    "gvtg-gen9-128-512-4-1920x1200");
	bench_refused(*state, MDEV, CHANGES("parent/device", "-", "parent/modalias", "pci:v8086"),
		      -ENOENT, "\"parent/device\" is missing");
	bench_refused(*state, MDEV, CHANGES("parent/device", "!EIO", "parent/modalias", alias),
		      -EIO, "\"parent/device\" could not be read");
}

static void a_type_of_another_generation_than_the_gpu_is_an_error(void **state)
{
	bench_refused(
		*state, MDEV, CHANGES("parent/device", "0x1616"), -EINVAL,
		"i915-GVTg_V5_4 is of a gen9 GPU, but the PCI device 8086:1616 is a gen8 GPU");
	bench_refused(*state, MDEV, CHANGES("mdev_type", "i915-GVTg_V4_4"), -EINVAL,
		      "is of a gen8 GPU");
}

static void a_type_of_an_unknown_generation_cannot_migrate(void **state)
{
	bench_refused(*state, MDEV, CHANGES("mdev_type", "i915-GVTg_V6_4"), -ENODEV,
		      "i915-GVTg_V6_4 is of no generation that GVT-g has");
	bench_refused(*state, MDEV, CHANGES("mdev_type", "i915-GVTg_V3_4"), -ENODEV,
		      "i915-GVTg_V3_4");
}

static void a_type_id_of_another_form_is_an_error(void **state)
{
	static const char *const ids[] = {"",
					  "i915",
					  "i915-GVTg_V5",
					  "i915-GVTg_V5_",
					  "i915-GVTg_V5_04",
					  "i915-GVTg_V05_4",
					  "i915-GVTg_V5_4x",
					  "i915-GVTg_V5_4_4",
					  "i915-GVTg_V_4",
					  "i915-GVTg_V5_-4",
					  "nvidia-35",
					  "i915-GVTg_V5_1234567"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		bench_refused(*state, MDEV, CHANGES("mdev_type", ids[i]), -EINVAL,
			      "expected a type id such as i915-GVTg_V5_4");
}

static void the_gpu_itself_cannot_migrate(void **state)
{
	bench_refused(*state, MIGCOMPAT_KIND_PHYSICAL, NULL, -ENODEV,
		      "a GPU that the host itself uses");
}

/* ------------------------------------------------------ what is missing or unreadable */

/* A missing fact never makes another device: other facts say the same, or the device does
 * not open. */
static void each_fact_that_is_dropped_leaves_the_same_device_or_none(void **state)
{
	struct bench *bench = *state;
	struct opened *whole = bench_mdev(bench, NULL);
	size_t opened_count = 0;

	for (const char *const *key = bench_base; *key; key += 2) {
		struct opened *opened = NULL;
		struct error err = {0};

		if (provider_open(bench->provider,
				  bench_device(&bench->host, MDEV, CHANGES(*key, "-")), &opened,
				  &err) != 0) {
			assert_contains(err.text, *key);
			continue;
		}
		assert_string_equal(opened->payload, whole->payload);
		opened_close(opened);
		opened_count++;
	}
	assert_int_equal(opened_count, 2); /* without mdev_type, or without its description */
	bench_refused(bench, MDEV, CHANGES("mdev_type", "-", DESCRIPTION, "-"), -ENOENT,
		      "\"mdev_type/description\" is missing");
	opened_close(whole);
}

static void each_fact_that_cannot_be_read_is_refused(void **state)
{
	static const char *const keys[] = {"mdev_type",
					   DESCRIPTION,
					   "parent/vendor",
					   "parent/device",
					   "mdev_type/aggregation",
					   "aggregated_instances",
					   "mdev/aggregated_instances"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		bench_refused(*state, MDEV, CHANGES(keys[i], "!EACCES"), -EACCES, keys[i]);
		/* A file that vanished does not say whether the device can migrate. */
		bench_refused(*state, MDEV, CHANGES(keys[i], "!ENODEV"), -EIO, "could not be read");
	}
}

static void a_fact_that_was_not_collected_is_no_missing_fact(void **state)
{
	static const char *const globs[] = {"parent/*"};
	struct bench *bench = *state;
	struct opened *opened = NULL;
	struct device device = *bench_device(&bench->host, MDEV, CHANGES(DESCRIPTION, "-"));
	struct error err = {0};

	device.wanted = (struct wanted){.globs = globs, .count = 1};
	assert_int_equal(provider_open(bench->provider, &device, &opened, &err), -ENODATA);
	assert_contains(err.text, "the fact \"mdev_type/description\" was not collected");
}

static void nothing_at_all_is_refused(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = NULL;
	struct error err = {0};

	assert_int_equal(provider_open(bench->provider, test_device(&bench->host, MDEV, "x", NULL),
				       &opened, &err),
			 -ENOENT);
	assert_contains(err.text, "\"parent/vendor\" is missing");
}

/* ---------------------------------------------------------------- the host */

static int open_on(struct bench *bench, const char *key, const char *value, struct error *err,
		   uint32_t *ret_mechanism)
{
	struct test_host host;
	struct opened *opened = NULL;
	int r;

	test_host_make(&host, (const char *const[]){key, value, NULL});
	r = provider_open(bench->provider, bench_device(&host, MDEV, NULL), &opened, err);
	if (r == 0 && ret_mechanism) {
		assert_non_null(opened->mechanism_text);
		*ret_mechanism = opened->mechanism;
	}
	opened_close(opened);
	test_host_free(&host);
	return r;
}

static void no_release_of_linux_has_the_mechanism(void **state)
{
	static const struct {
		const char *release;
		uint32_t mechanism;
	} cases[] = {
		{"6.1.0-18-amd64", MIGCOMPAT_NO}, {"5.4.0", MIGCOMPAT_NO},
		{"4.170.1", MIGCOMPAT_NO},        {"4.17.0-rc7-gvt+", MIGCOMPAT_UNKNOWN},
		{"4.17", MIGCOMPAT_UNKNOWN},      {"!EACCES", MIGCOMPAT_UNKNOWN},
	};
	struct error err = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t mechanism = UINT32_MAX;

		assert_int_equal(
			open_on(*state, "kernel/release", cases[i].release, &err, &mechanism), 0);
		assert_int_equal(mechanism, cases[i].mechanism);
	}
}

static void a_module_version_that_is_no_word_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "1.0 (gvt)", "1;0", "100%",
		"01234567890123456789012345678901234567890123456789012345678901234"};
	struct error err = {0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(open_on(*state, "module/kvmgt/version", wrong[i], &err, NULL),
				 -EINVAL);
		assert_contains(err.text, "the fact \"module/kvmgt/version\" is");
	}
	assert_int_equal(open_on(*state, "module/i915/version", "!EIO", &err, NULL), -EIO);
	assert_contains(err.text, "module/i915/version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(all_forms_of_a_description_are_read),
		bench_test(without_a_description_the_type_id_tells),
		bench_test(the_description_says_what_a_type_of_any_share_has),
		bench_test(a_description_that_is_not_understood_is_refused_with_its_text),
		bench_test(a_long_text_is_cut_in_the_sentence),
		bench_test(bytes_that_are_no_text_are_refused),
		bench_test(each_platform_of_gvt_has_its_generation),
		bench_test(a_gpu_without_gvt_cannot_migrate),
		bench_test(pci_ids_that_are_no_numbers_are_named),
		bench_test(the_modalias_stands_in_for_missing_pci_ids),
		bench_test(a_type_of_another_generation_than_the_gpu_is_an_error),
		bench_test(a_type_of_an_unknown_generation_cannot_migrate),
		bench_test(a_type_id_of_another_form_is_an_error),
		bench_test(the_gpu_itself_cannot_migrate),
		bench_test(each_fact_that_is_dropped_leaves_the_same_device_or_none),
		bench_test(each_fact_that_cannot_be_read_is_refused),
		bench_test(a_fact_that_was_not_collected_is_no_missing_fact),
		bench_test(nothing_at_all_is_refused),
		bench_test(no_release_of_linux_has_the_mechanism),
		bench_test(a_module_version_that_is_no_word_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
