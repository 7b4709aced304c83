/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Discovery on a host with missing and wrong files. Runs itself under umockdev-run. */
#include "tests/support/discovered.h"

#include <sys/stat.h>

#define MTTY "/sys/devices/virtual/mtty/mtty"
#define BAD(n) "bad00000-0000-4000-8000-00000000000" #n

static void only_what_stands_makes_a_row(void **state)
{
	static const char *const ids[] = {
		BAD(1),        BAD(2),        BAD(3),        BAD(4),         BAD(5),
		"mtty/mtty-1", "mtty/mtty-2", "mtty/mtty-3", "0000:00:03.0", "0000:00:04.0"};

	(void)state;
	discover();
	assert_ids(ids, COUNT(ids));
}

static void a_dangling_type_is_named_and_has_no_facts(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"mdev_type/*", 0}, 1);
	assert_fact(BAD(1), "mdev_type", "mtty-9");
	assert_missing(BAD(1), "mdev_type/name");
	assert_fact(BAD(5), "mdev_type", "orphan-1");
	assert_string_equal(find(BAD(5))->parent, "orphan");
}

static void an_mdev_without_files_is_a_row_without_facts(void **state)
{
	(void)state;
	discover();
	assert_int_equal(find(BAD(2))->facts.count, 0);
	assert_null(find(BAD(2))->driver);
}

static void a_link_to_itself_is_an_error_below(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"mdev_type/*", 0}, 1);
	assert_fact(BAD(3), "mdev_type", "mdev_type");
	assert_failed(BAD(3), "mdev_type/name", ELOOP);
	assert_failed(BAD(3), "mdev_type/*", ELOOP);
}

static void links_out_of_sys_have_a_value_and_nothing_below(void **state)
{
	(void)state;
	discover_wanted((struct discovery_want[]){{"driver/host*", 0},
						  {"driver/hostname", 0},
						  {"physfn/*", 0}},
			3);
	assert_fact(BAD(3), "driver", "etc");
	assert_missing(BAD(3), "driver/hostname");
	assert_fact(BAD(4), "driver", "etc");
	assert_missing(BAD(4), "driver/hostname");
	assert_null(find("0000:00:03.0")->parent);
}

static void a_folder_where_a_value_belongs_is_an_error(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"mdev_type/*", 0}, 1);
	assert_failed("mtty/mtty-2", "mdev_type/name", EISDIR);
	assert_failed(BAD(4), "mdev_type", EISDIR);
	assert_fact(BAD(4), "mdev_type/name", "a folder where a link belongs");
}

static void wrong_values_are_kept_as_they_are(void **state)
{
	(void)state;
	discover_wanted((struct discovery_want[]){{"matrix", 0}, {"single", 0}}, 2);
	assert_fact("mtty/mtty-1", "mdev_type/available_instances", "-3");
	assert_missing("mtty/mtty-1", "mdev_type/device_api");
	assert_fact("mtty/mtty-2", "mdev_type/available_instances", "many of them");
	assert_fact("mtty/mtty-2", "mdev_type/device_api", "");
	assert_fact("mtty/mtty-3", "mdev_type/device_api", "vfio-pci\n");
	assert_fact(BAD(4), "matrix", "");
	assert_fact(BAD(4), "single", "\n");
	assert_fact("0000:00:03.0", "modalias", "");
}

static void a_binary_value_is_kept_as_bytes(void **state)
{
	const struct fact *fact;

	(void)state;
	discover();
	fact = factset_find(&find("mtty/mtty-3")->facts, "mdev_type/name");
	assert_non_null(fact);
	assert_true(fact->binary);
	assert_int_equal(fact->len, 3);
	assert_memory_equal(fact->value, "\x00\xff\x41", 3);
}

static void a_value_of_more_than_64_kib_is_an_error(void **state)
{
	FILE *file = fopen(mocked_path(MTTY "/" BAD(4) "/matrix"), "we");

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0; i < FACT_VALUE_MAX; i++)
		fputc('x', file);
	fputc('\n', file);
	fflush(file);
	discover_wanted(&(struct discovery_want){"matrix", 0}, 1);
	assert_int_equal(strlen(factset_text(&find(BAD(4))->facts, "matrix")), FACT_VALUE_MAX);
	inventory_free(&inventory);
	fputc('x', file);
	fclose(file);
	discover_wanted(&(struct discovery_want){"matrix", 0}, 1);
	assert_failed(BAD(4), "matrix", EFBIG);
	assert_int_equal(truncate(mocked_path(MTTY "/" BAD(4) "/matrix"), 0), 0);
}

static void names_that_fit_no_key_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(mkdir(mocked_path(MTTY "/mdev_supported_types/mtty-\n"), 0755), 0);
	assert_int_equal(mkdir(mocked_path(MTTY "/mdev_supported_types/mtty-\xff"), 0755), 0);
	assert_int_equal(symlink("../../../devices/virtual/mtty/mtty/\x1b[2J",
				 mocked_path("/sys/bus/mdev/devices/\x1b[2J")),
			 0);
	discover_wanted(&(struct discovery_want){"*", 0}, 1);
	assert_int_equal(inventory.ndevices, 10);
}

static void parents_of_one_name_make_no_id_twice(void **state)
{
	(void)state;
	assert_int_equal(mkdir(mocked_path("/sys/devices/virtual/orphan/mtty"), 0755), 0);
	assert_int_equal(
		mkdir(mocked_path("/sys/devices/virtual/orphan/mtty/mdev_supported_types"), 0755),
		0);
	assert_int_equal(
		mkdir(mocked_path("/sys/devices/virtual/orphan/mtty/mdev_supported_types/mtty-1"),
		      0755),
		0);
	assert_int_equal(mkdir(mocked_path("/sys/class/orphan"), 0755), 0);
	assert_int_equal(
		symlink("../../devices/virtual/orphan/mtty", mocked_path("/sys/class/orphan/mtty")),
		0);
	discover();
	assert_int_equal(inventory.ndevices, 10);
	assert_string_equal(find("mtty/mtty-1")->path,
			    "/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1");
}

static int run_broken(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_stands_makes_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dangling_type_is_named_and_has_no_facts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_mdev_without_files_is_a_row_without_facts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_link_to_itself_is_an_error_below, setup,
						teardown),
		cmocka_unit_test_setup_teardown(links_out_of_sys_have_a_value_and_nothing_below,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_where_a_value_belongs_is_an_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wrong_values_are_kept_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(a_binary_value_is_kept_as_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_value_of_more_than_64_kib_is_an_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(names_that_fit_no_key_are_passed_over, setup,
						teardown),
		cmocka_unit_test_setup_teardown(parents_of_one_name_make_no_id_twice, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {
		{"broken", "discovery-broken.umockdev", run_broken},
	};

	return mocked_main(groups, COUNT(groups), argc, argv);
}
