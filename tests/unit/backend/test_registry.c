/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which backend serves which device. */
#include <errno.h>

#include "core/backend/registry.h"
#include "tests/support/device.h"

static const char *serial_keys[] = {"serial", "vfio_pci:pci:v00001B36d0000000[234]*"};
static const char *wide_keys[] = {"vfio_pci", "wide"};
static const char *rival_keys[] = {"serial"};
static const char *dash_keys[] = {"vfio_ap"};

static const struct backend_info serial = {
	.path = "/b/serial.so", .name = "serial", .keys = serial_keys, .nkeys = 2};
static const struct backend_info wide = {
	.path = "/b/wide.so", .name = "wide", .keys = wide_keys, .nkeys = 2};
static const struct backend_info rival = {
	.path = "/b/rival.so", .name = "rival", .keys = rival_keys, .nkeys = 1};
static const struct backend_info dash = {
	.path = "/b/dash.so", .name = "dash", .keys = dash_keys, .nkeys = 1};
static const struct backend_info broken = {.path = "/b/x.so", .error = "not ELF"};

static const struct backend_info *const all_infos[] = {&broken, &serial, &wide, &dash};
static const struct backend_info *const tied_infos[] = {&serial, &rival};
static const struct registry all = {.infos = all_infos, .count = 4};
static const struct registry tied = {.infos = tied_infos, .count = 2};

/*
 * Look up a PCI function with a driver of this module. Returns the result of the
 * registry.
 */
static int find_in(const struct registry *registry, const char *module, const char *modalias,
		   const struct backend_info **ret, struct error *err)
{
	const char *const facts[] = {"driver/module", module, modalias ? "modalias" : NULL,
				     modalias, NULL};
	struct test_host host;
	int r;

	test_host_make(&host, NULL);
	*ret = NULL;
	r = registry_find_device(registry,
				 test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts),
				 ret, err);
	test_host_free(&host);
	return r;
}

static const char *find(const char *module, const char *modalias)
{
	const struct backend_info *info;

	assert_int_equal(find_in(&all, module, modalias, &info, NULL), 0);
	return info ? info->name : NULL;
}

static const char *find_device(enum migcompat_kind kind, const char *id, const char *driver,
			       const char *const *facts)
{
	const struct backend_info *info = NULL;
	struct test_host host;
	struct device device;
	const char *name;

	test_host_make(&host, NULL);
	device = *test_device(&host, kind, id, facts);
	device.driver = driver;
	assert_int_equal(registry_find_device(&all, &device, &info, NULL), 0);
	name = info ? info->name : NULL;
	test_host_free(&host);
	return name;
}

static void the_key_with_more_literal_characters_wins(void **state)
{
	(void)state;
	assert_string_equal(find("vfio_pci", "pci:v00001B36d00000003sv"), "serial");
	assert_string_equal(find("vfio_pci", "pci:v00008086d00000003sv"), "wide");
	assert_string_equal(find("vfio_pci", NULL), "wide");
}

static void dashes_count_as_underscores(void **state)
{
	(void)state;
	assert_string_equal(find("vfio-ap", NULL), "dash");
	assert_string_equal(find("vfio-pci", "pci:v00001B36d00000002sv"), "serial");
}

static void a_module_that_nobody_serves_has_no_backend(void **state)
{
	(void)state;
	assert_null(find("seria", NULL));
	assert_null(find("serial2", NULL));
	assert_null(find("", NULL));
}

static void a_tie_between_two_backends_names_both(void **state)
{
	const struct backend_info *info = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(find_in(&tied, "serial", NULL, &info, &err), -ENOTUNIQ);
	assert_contains(err.text, "\"serial\" (/b/serial.so)");
	assert_contains(err.text, "\"rival\" (/b/rival.so)");
}

static const char *prefer_rival(void *arg, const char *key)
{
	(void)arg;
	return strcmp(key, "serial") == 0 ? "rival" : NULL;
}

static void a_policy_can_settle_a_tie(void **state)
{
	static const struct registry preferred = {
		.infos = tied_infos, .count = 2, .prefer = prefer_rival};
	const struct backend_info *info = NULL;

	(void)state;
	assert_int_equal(find_in(&preferred, "serial", NULL, &info, NULL), 0);
	assert_string_equal(info->name, "rival");
}

static void an_mdev_belongs_to_the_module_of_its_parents_driver(void **state)
{
	static const char *const facts[] = {"driver",
					    "wide",
					    "mdev_type",
					    "other-1",
					    "parent/driver",
					    "a-driver",
					    "parent/driver/module",
					    "serial",
					    NULL};

	(void)state;
	assert_string_equal(find_device(MIGCOMPAT_KIND_MDEV, "u", NULL, facts), "serial");
}

static void a_parent_driver_that_nobody_serves_ends_the_search(void **state)
{
	static const char *const facts[] = {"driver",        "wide",     "mdev_type", "serial-1",
					    "parent/driver", "stranger", NULL};

	(void)state;
	assert_null(find_device(MIGCOMPAT_KIND_MDEV, "u", NULL, facts));
}

static void without_a_parents_driver_the_mdevs_own_counts(void **state)
{
	static const char *const facts[] = {"driver", "wide", "mdev_type", "serial-1", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	assert_string_equal(find_device(MIGCOMPAT_KIND_MDEV, "u", NULL, facts), "wide");
	assert_string_equal(find_device(MIGCOMPAT_KIND_MDEV, "u", "wide", none), "wide");
}

static void the_prefix_of_a_type_id_is_the_last_resort(void **state)
{
	static const char *const facts[] = {"driver", "stranger", "mdev_type",
					    "vfio_ap-passthrough", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	assert_string_equal(find_device(MIGCOMPAT_KIND_MDEV, "u", NULL, facts), "dash");
	assert_string_equal(
		find_device(MIGCOMPAT_KIND_MDEV_TYPE, "matrix/vfio_ap-passthrough", NULL, none),
		"dash");
	assert_string_equal(find_device(MIGCOMPAT_KIND_MDEV_TYPE, "p/serial-two-ports", NULL, none),
			    "serial");
}

static void a_function_is_found_by_module_and_modalias(void **state)
{
	static const char *const facts[] = {"driver", "vfio-pci", "modalias",
					    "pci:v00001B36d00000004sv", NULL};
	static const char *const renamed[] = {"driver",   "x",        "driver/module",
					      "vfio_pci", "modalias", "pci:v00001B36d00000004sv",
					      NULL};

	(void)state;
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, facts),
			    "serial");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, renamed),
			    "serial");
}

static void a_function_without_a_modalias_is_found_by_its_ids(void **state)
{
	static const char *const ids[] = {"driver", "vfio-pci", "vendor", "0x1b36",
					  "device", "0x0004",   NULL};
	static const char *const whole[] = {
		"driver", "vfio-pci",         "vendor", "0x1b36",           "device",
		"0x0004", "subsystem_vendor", "0x1af4", "subsystem_device", "0x1100",
		"class",  "0x070002",         NULL};
	static const char *const other[] = {"driver", "vfio-pci", "vendor", "0x1b36",
					    "device", "0x0005",   NULL};
	static const char *const half[] = {"driver", "vfio-pci", "vendor", "0x1b36", NULL};
	static const char *const malformed[] = {"driver", "vfio-pci", "vendor", "0x1b36",
						"device", "4 ports",  NULL};
	static const char *const empty[] = {"driver", "vfio-pci", "vendor", "0x1b36",
					    "device", "0x",       NULL};
	static const char *const long_id[] = {"driver", "vfio-pci",    "vendor", "0x1b36",
					      "device", "0x000000004", NULL};

	(void)state;
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, ids),
			    "serial");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, whole),
			    "serial");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, other),
			    "wide");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, half),
			    "wide");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, malformed),
			    "wide");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, empty),
			    "wide");
	assert_string_equal(find_device(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL, long_id),
			    "wide");
}

/* A key may need all parts of a modalias; then the ids must give all of them. */
static void a_modalias_that_ids_make_has_the_kernels_form(void **state)
{
	static const char *keys[] = {
		"vfio_pci:pci:v00001B36d00000004sv00001AF4sd00001100bc07sc00i02"};
	static const struct backend_info exact = {
		.path = "/b/exact.so", .name = "exact", .keys = keys, .nkeys = 1};
	static const struct backend_info *const infos[] = {&exact};
	static const struct registry registry = {.infos = infos, .count = 1};
	static const char *const facts[] = {
		"driver", "vfio-pci",         "vendor", "0x1b36",           "device",
		"0x0004", "subsystem_vendor", "0x1af4", "subsystem_device", "0x1100",
		"class",  "0x070002",         NULL};
	static const char *const less[] = {"driver", "vfio-pci", "vendor",   "0x1b36", "device",
					   "0x0004", "class",    "0x070002", NULL};
	const struct backend_info *info = NULL;
	struct test_host host;

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(registry_find_device(
				 &registry, test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "a", facts),
				 &info, NULL),
			 0);
	assert_ptr_equal(info, &exact);
	assert_int_equal(registry_find_device(
				 &registry, test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "b", less),
				 &info, NULL),
			 0);
	assert_null(info);
	test_host_free(&host);
}

/* ---------------------------------------------------------------- fallbacks */

static const char *last_keys[] = {"vfio_pci:pci:v00001B36d00000003sv*", "wide", "lonely", "*"};
static const char *other_keys[] = {"lonely", "*"};

static const struct backend_info last = {
	.path = "/b/last.so", .name = "last", .fallback = true, .keys = last_keys, .nkeys = 4};
static const struct backend_info other = {
	.path = "/b/other.so", .name = "other", .fallback = true, .keys = other_keys, .nkeys = 2};

static const struct backend_info *const last_infos[] = {&last, &serial, &wide};
static const struct backend_info *const fallback_infos[] = {&last, &other};
static const struct registry with_last = {.infos = last_infos, .count = 3};
static const struct registry two_fallbacks = {.infos = fallback_infos, .count = 2};

static void a_fallback_loses_to_a_key_with_fewer_literal_characters(void **state)
{
	const struct backend_info *info;

	(void)state;
	assert_int_equal(find_in(&with_last, "vfio_pci", "pci:v00001B36d00000003sv", &info, NULL),
			 0);
	assert_string_equal(info->name, "serial");
}

static void a_fallback_loses_a_tie_without_a_conflict(void **state)
{
	const struct backend_info *info;

	(void)state;
	assert_int_equal(find_in(&with_last, "wide", NULL, &info, NULL), 0);
	assert_string_equal(info->name, "wide");
}

static void a_fallback_has_what_no_other_backend_serves(void **state)
{
	const struct backend_info *info;

	(void)state;
	assert_int_equal(find_in(&with_last, "lonely", NULL, &info, NULL), 0);
	assert_string_equal(info->name, "last");
}

static void the_key_of_any_driver_is_told_apart(void **state)
{
	const struct backend_info *info;

	(void)state;
	assert_int_equal(find_in(&with_last, "stranger", NULL, &info, NULL), 1);
	assert_string_equal(info->name, "last");
}

/* The module has no key, but the driver's name has. */
static void any_driver_comes_after_all_names_of_the_device(void **state)
{
	static const char *const facts[] = {"driver/module", "stranger", "driver", "serial", NULL};
	const struct backend_info *info = NULL;
	struct test_host host;

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(
		registry_find_device(&with_last,
				     test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "a", facts), &info,
				     NULL),
		0);
	assert_string_equal(info->name, "serial");
	test_host_free(&host);
}

static void a_device_without_a_driver_has_no_fallback(void **state)
{
	static const char *const facts[] = {"modalias", "pci:v00001B36d00000003sv", NULL};
	const struct backend_info *info = NULL;
	struct test_host host;

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(
		registry_find_device(&with_last,
				     test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "a", facts), &info,
				     NULL),
		0);
	assert_null(info);
	test_host_free(&host);
}

static void two_fallbacks_of_one_key_are_a_conflict(void **state)
{
	const struct backend_info *info;
	struct error err = {0};

	(void)state;
	assert_int_equal(find_in(&two_fallbacks, "lonely", NULL, &info, &err), -ENOTUNIQ);
	assert_contains(err.text, "\"last\" (/b/last.so)");
	assert_contains(err.text, "the key \"lonely\"");
	assert_int_equal(find_in(&two_fallbacks, "stranger", NULL, &info, &err), -ENOTUNIQ);
	assert_contains(err.text, "the key \"*\"");
	assert_null(info);
}

static void the_keys_of_a_fallback_make_no_function_a_device(void **state)
{
	(void)state;
	assert_true(registry_knows(&with_last, "serial", NULL));
	assert_true(registry_knows(&tied, "serial", NULL));
	assert_false(registry_knows(&with_last, "lonely", NULL));
	assert_false(registry_knows(&with_last, "stranger", NULL));
}

/* ---------------------------------------------------------------- what was looked up */

static const char *looked_up(enum migcompat_kind kind, const char *id, const char *driver,
			     const char *const *facts)
{
	static char text[256];
	struct test_host host;
	struct device device;

	test_host_make(&host, NULL);
	device = *test_device(&host, kind, id, facts);
	device.driver = driver;
	registry_looked_up(&device, text, sizeof(text));
	test_host_free(&host);
	return text;
}

static void module_and_modalias_that_were_looked_up_are_told(void **state)
{
	static const char *const function[] = {"driver", "x", "driver/module", "a-b", "modalias",
					       "pci:v1", NULL};
	static const char *const ids[] = {"driver", "vfio-pci", "vendor", "0x1b36",
					  "device", "0x0004",   NULL};
	static const char *const unbound[] = {"modalias", "pci:v1", NULL};
	static const char *const mdev[] = {"driver", "x", "parent/driver", "y", "parent/modalias",
					   "pci:v2", NULL};
	static const char *const nothing[] = {NULL};

	(void)state;
	assert_string_equal(looked_up(MIGCOMPAT_KIND_PHYSICAL, "a", NULL, function),
			    "module a_b, modalias pci:v1");
	assert_string_equal(looked_up(MIGCOMPAT_KIND_PHYSICAL, "a", NULL, ids),
			    "module vfio_pci, modalias pci:v00001B36d00000004");
	assert_string_equal(looked_up(MIGCOMPAT_KIND_PHYSICAL, "a", NULL, unbound),
			    "no module, modalias pci:v1");
	assert_string_equal(looked_up(MIGCOMPAT_KIND_PHYSICAL, "a", "z", nothing),
			    "module z, no modalias");
	assert_string_equal(looked_up(MIGCOMPAT_KIND_MDEV, "u", NULL, mdev),
			    "module y, modalias pci:v2");
	assert_string_equal(looked_up(MIGCOMPAT_KIND_MDEV_TYPE, "p/some-type", NULL, nothing),
			    "mdev type some-type");
}

static void the_second_backend_of_a_name_is_refused(void **state)
{
	struct backend_info one = serial, two = serial;
	struct backend_info *infos[] = {&one, &two};
	struct arena arena = {0};

	(void)state;
	two.path = "/b/copy.so";
	assert_int_equal(registry_check_names(infos, 2, &arena), 0);
	assert_null(one.error);
	assert_string_equal(two.error, "its name \"serial\" is already that of /b/serial.so");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_with_more_literal_characters_wins),
		cmocka_unit_test(dashes_count_as_underscores),
		cmocka_unit_test(a_module_that_nobody_serves_has_no_backend),
		cmocka_unit_test(a_tie_between_two_backends_names_both),
		cmocka_unit_test(a_policy_can_settle_a_tie),
		cmocka_unit_test(an_mdev_belongs_to_the_module_of_its_parents_driver),
		cmocka_unit_test(a_parent_driver_that_nobody_serves_ends_the_search),
		cmocka_unit_test(without_a_parents_driver_the_mdevs_own_counts),
		cmocka_unit_test(the_prefix_of_a_type_id_is_the_last_resort),
		cmocka_unit_test(a_function_is_found_by_module_and_modalias),
		cmocka_unit_test(a_function_without_a_modalias_is_found_by_its_ids),
		cmocka_unit_test(a_modalias_that_ids_make_has_the_kernels_form),
		cmocka_unit_test(a_fallback_loses_to_a_key_with_fewer_literal_characters),
		cmocka_unit_test(a_fallback_loses_a_tie_without_a_conflict),
		cmocka_unit_test(a_fallback_has_what_no_other_backend_serves),
		cmocka_unit_test(the_key_of_any_driver_is_told_apart),
		cmocka_unit_test(any_driver_comes_after_all_names_of_the_device),
		cmocka_unit_test(a_device_without_a_driver_has_no_fallback),
		cmocka_unit_test(two_fallbacks_of_one_key_are_a_conflict),
		cmocka_unit_test(the_keys_of_a_fallback_make_no_function_a_device),
		cmocka_unit_test(module_and_modalias_that_were_looked_up_are_told),
		cmocka_unit_test(the_second_backend_of_a_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
