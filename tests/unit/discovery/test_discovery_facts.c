/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts that discovery collects for a glob. Runs itself under umockdev-run. */
#include "tests/support/discovered.h"

#include <sys/stat.h>

#define MDEV1 "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define MDEV2 "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002"
#define MTTY "/sys/devices/virtual/mtty/mtty"
#define HOST MIGCOMPAT_WANT_HOST

/* ---------------------------------------------------------------- devices */

static void an_mdev_has_the_facts_of_its_folder_type_and_parent(void **state)
{
	(void)state;
	discover();
	assert_fact(MDEV1, "driver", "mtty");
	assert_fact(MDEV1, "driver/module", "mtty");
	assert_fact(MDEV1, "mdev_type", "mtty-1");
	assert_fact(MDEV1, "mdev_type/name", "Single port serial");
	assert_fact(MDEV1, "mdev_type/device_api", "vfio-pci");
	assert_fact(MDEV1, "mdev_type/available_instances", "21");
	assert_fact(MDEV1, "parent/modalias", "serial:parent");
	assert_missing(MDEV1, "parent/driver");
	assert_missing(MDEV1, "vendor");
}

static void a_type_has_the_keys_of_its_instances(void **state)
{
	static const char *const keys[] = {"mdev_type",
					   "mdev_type/name",
					   "mdev_type/device_api",
					   "mdev_type/available_instances",
					   "mdev_type/description",
					   "parent/modalias"};

	(void)state;
	discover_wanted(&(struct discovery_want){"mdev_type/description", 0}, 1);
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_fact("mtty/mtty-2", keys[i], factset_text(&find(MDEV2)->facts, keys[i]));
	assert_int_equal(find("mtty/mtty-2")->facts.count, COUNT(keys));
}

static void inner_newlines_stay_and_the_last_goes(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"mdev_type/*", 0}, 1);
	assert_fact(MDEV2, "mdev_type/description", "two ports\nof sixteen bytes");
}

static void devices_share_what_they_have_in_common(void **state)
{
	(void)state;
	discover();
	assert_ptr_equal(factset_text(&find(MDEV1)->facts, "parent/modalias"),
			 factset_text(&find("mtty/mtty-2")->facts, "parent/modalias"));
}

static void what_the_kernel_says_of_migration_is_a_fact(void **state)
{
	(void)state;
	discover();
	assert_fact(MDEV2, "vfio/migration/features", "stop-copy\np2p");
	assert_fact(MDEV2, "vfio/migration/state", "RUNNING");
	assert_fact(MDEV2, "vfio/debugfs", "yes");
	assert_missing(MDEV1, "vfio/debugfs");
	assert_missing(MDEV1, "vfio/migration/features");
}

static void files_are_no_more_than_their_folder(void **state)
{
	(void)state;
	assert_int_equal(mkdir(mocked_path("/sys/kernel/debug/vfio/0000:00:04.0"), 0755), 0);
	discover();
	assert_fact("0000:00:04.0", "vfio/debugfs", "yes");
	assert_missing("0000:00:04.0", "vfio/migration/state");
}

static void a_function_has_the_facts_of_its_folder(void **state)
{
	(void)state;
	discover();
	assert_fact("0000:00:04.0", "vendor", "0x1b36");
	assert_fact("0000:00:04.0", "device", "0x0003");
	assert_fact("0000:00:04.0", "driver", "vfio-pci");
	assert_fact("0000:00:04.0", "driver/module", "vfio_pci");
	assert_fact("0000:00:04.0", "modalias",
		    "pci:v00001B36d00000003sv00001AF4sd00001100bc07sc00i02");
	assert_missing("0000:00:04.0", "parent/modalias");
}

static void a_glob_crosses_no_slash(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"ports/*", 0}, 1);
	assert_missing(MDEV2, "ports/0/line");
	assert_fact(MDEV2, "ports/loop", "0");
}

static void a_glob_crosses_folders_but_no_link(void **state)
{
	(void)state;
	discover_wanted(&(struct discovery_want){"ports/*/line", 0}, 1);
	assert_fact(MDEV2, "ports/0/line", "a");
	assert_fact(MDEV2, "ports/1/line", "b");
	assert_missing(MDEV2, "ports/loop/line");
	assert_missing(MDEV1, "ports/0/line");
}

static void a_link_named_in_full_is_followed(void **state)
{
	(void)state;
	discover_wanted(
		(struct discovery_want[]){{"ports/loop/line", 0}, {"driver/module/ver*", 0}}, 2);
	assert_fact(MDEV2, "ports/loop/line", "a");
	assert_fact(MDEV2, "driver/module/version", "0.1");
	assert_missing(MDEV2, "driver/module/srcversion");
}

static void a_fact_that_two_globs_find_stands_once(void **state)
{
	(void)state;
	discover_wanted(
		(struct discovery_want[]){{"ports/*/line", 0}, {"ports/0/*", 0}, {"p*/?/l*", 0}},
		3);
	assert_fact(MDEV2, "ports/0/line", "a");
	for (size_t i = 1; i < find(MDEV2)->facts.count; i++)
		assert_string_not_equal(find(MDEV2)->facts.facts[i - 1].key,
					find(MDEV2)->facts.facts[i].key);
}

static void migration_attributes_are_never_read(void **state)
{
	(void)state;
	discover_wanted(
		(struct discovery_want[]){{"*", 0}, {"migration_version", 0}, {"migration_*", 0}},
		3);
	assert_missing(MDEV2, "migration_version");
	assert_missing(MDEV2, "migration_type");
	assert_missing("0000:00:03.0", "resource0");
}

static void attributes_for_writing_are_not_read(void **state)
{
	(void)state;
	assert_int_equal(chmod(mocked_path(MTTY "/" MDEV1 "/remove"), 0200), 0);
	discover_wanted(&(struct discovery_want){"*", 0}, 1);
	assert_missing(MDEV1, "remove");
	assert_fact(MDEV2, "remove", "");
	inventory_free(&inventory);
	discover_wanted(&(struct discovery_want){"remove", 0}, 1);
	assert_failed(MDEV1, "remove", EACCES);
}

static void the_host_has_kernel_and_byte_order(void **state)
{
	const struct factset *facts;

	(void)state;
	discover();
	facts = &inventory.hosts[0]->facts;
	assert_non_null(factset_text(facts, "kernel/release"));
	assert_value(facts, "kernel/byteorder",
		     __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big");
	assert_int_equal(facts->count, 2);
	assert_non_null(inventory.hosts[0]->name);
	assert_non_null(inventory.hosts[0]->taken);
	assert_null(inventory.hosts[0]->source);
}

static void host_globs_reach_the_members_of_a_bus(void **state)
{
	const struct factset *facts;

	(void)state;
	discover_wanted((struct discovery_want[]){{"bus/ap/devices/card*/hwtype", HOST},
						  {"bus/ap/devices/*.*/driver", HOST}},
			2);
	facts = &inventory.hosts[0]->facts;
	assert_value(facts, "bus/ap/devices/card05/hwtype", "14");
	assert_value(facts, "bus/ap/devices/05.0004/driver", "cex4queue");
	assert_int_equal(facts->count, 4);
}

static void host_globs_cross_no_other_links(void **state)
{
	(void)state;
	discover_wanted((struct discovery_want[]){{"bus/mdev/devices/*/mdev_ty*/name", HOST},
						  {"bus/mdev/devices/*/mdev_type/name", HOST}},
			2);
	assert_int_equal(inventory.hosts[0]->facts.count, 4);
	assert_value(&inventory.hosts[0]->facts, "bus/mdev/devices/" MDEV1 "/mdev_type/name",
		     "Single port serial");
}

static void host_facts_and_device_facts_stay_apart(void **state)
{
	(void)state;
	discover_wanted((struct discovery_want[]){{"module/mtty/version", HOST},
						  {"module/other/version", 0}},
			2);
	assert_value(&inventory.hosts[0]->facts, "module/mtty/version", "0.1");
	assert_int_equal(inventory.hosts[0]->facts.count, 3);
	assert_missing(MDEV1, "module/other/version");
}

static void the_host_says_what_was_collected(void **state)
{
	const struct wanted *wanted;

	(void)state;
	discover_wanted(
		(struct discovery_want[]){{"matrix", 0}, {"bus/ap/apmask", HOST}, {"../x", 0}}, 3);
	wanted = &inventory.hosts[0]->wanted;
	assert_true(fact_glob_any(wanted->globs, wanted->count, "matrix"));
	assert_true(fact_glob_any(wanted->globs, wanted->count, "bus/ap/apmask"));
	assert_true(fact_glob_any(wanted->globs, wanted->count, "parent/driver/module"));
	assert_true(fact_glob_any(wanted->globs, wanted->count, "kernel/release"));
	assert_false(fact_glob_any(wanted->globs, wanted->count, "../x"));
	assert_false(fact_glob_any(wanted->globs, wanted->count, "ap_config"));
}

static void stated_facts_are_merged(void **state)
{
	static const char text[] =
		"{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-11-21\",\"devices\":{\"" MDEV1
		"\":{\"keys\":\"0x1234\"}},\"host\":{\"site\":\"north\"}}";
	char folder[] = "/tmp/test-discovery-XXXXXX", path[64];
	struct stated *stated = NULL;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.json", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fchmod(fileno(file), 0600);
	fclose(file);
	assert_int_equal(stated_load(folder, &stated, &err), 0);
	run(&(struct discovery_options){.stated = stated});
	assert_fact(MDEV1, "stated/keys", "0x1234");
	assert_fact(MDEV1, "stated/keys@date", "2026-11-21");
	assert_missing(MDEV2, "stated/keys");
	assert_value(&inventory.hosts[0]->facts, "stated/site", "north");
	stated_free(stated);
	unlink(path);
	rmdir(folder);
}

static int run_serial(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_mdev_has_the_facts_of_its_folder_type_and_parent,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_type_has_the_keys_of_its_instances, setup,
						teardown),
		cmocka_unit_test_setup_teardown(inner_newlines_stay_and_the_last_goes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(devices_share_what_they_have_in_common, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_says_of_migration_is_a_fact, setup,
						teardown),
		cmocka_unit_test_setup_teardown(files_are_no_more_than_their_folder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_function_has_the_facts_of_its_folder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_glob_crosses_no_slash, setup, teardown),
		cmocka_unit_test_setup_teardown(a_glob_crosses_folders_but_no_link, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_link_named_in_full_is_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fact_that_two_globs_find_stands_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(migration_attributes_are_never_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(attributes_for_writing_are_not_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_host_has_kernel_and_byte_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(host_globs_reach_the_members_of_a_bus, setup,
						teardown),
		cmocka_unit_test_setup_teardown(host_globs_cross_no_other_links, setup, teardown),
		cmocka_unit_test_setup_teardown(host_facts_and_device_facts_stay_apart, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_host_says_what_was_collected, setup, teardown),
		cmocka_unit_test_setup_teardown(stated_facts_are_merged, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {
		{"serial", "discovery-serial.umockdev", run_serial},
	};

	return mocked_main(groups, COUNT(groups), argc, argv);
}
