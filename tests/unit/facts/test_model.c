/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model: hosts, their devices, and finding a device by ID or HOST//ID. */
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/macros.h"
#include "core/facts/model.h"

struct row {
	const char *host;
	const char *source;
	const char *ids[4];
};

static int model_make(struct inventory *inventory, const struct row *rows, size_t count,
		      struct error *err)
{
	inventory_init(inventory);
	for (size_t i = 0; i < count; i++) {
		struct host *host = inventory_add_host(inventory);

		host->name = rows[i].host;
		host->source = rows[i].source;
		for (size_t j = 0; j < 4 && rows[i].ids[j]; j++) {
			struct device *device = inventory_add_device(inventory);

			device->id = rows[i].ids[j];
			device->host = host;
		}
	}
	return inventory_finish(inventory, err);
}

static const struct row two_hosts[] = {
	{"a", "a.json", {"0000:00:03.0", "u1", "only-a"}},
	{"b", "b.json", {"u1", "0000:00:03.0", "mtty/mtty-1"}},
};

static void device_is_found_by_id(void **state)
{
	struct inventory inventory;
	const struct device *device;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 2, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "only-a", &device, NULL), 0);
	assert_string_equal(device->id, "only-a");
	assert_int_equal(inventory_find(&inventory, "mtty/mtty-1", &device, NULL), 0);
	assert_string_equal(device->host->name, "b");
	inventory_free(&inventory);
}

static void device_is_found_by_host_and_id(void **state)
{
	struct inventory inventory;
	const struct device *device;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 2, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "b//u1", &device, NULL), 0);
	assert_string_equal(device->host->name, "b");
	assert_int_equal(inventory_find(&inventory, "a//u1", &device, NULL), 0);
	assert_string_equal(device->host->name, "a");
	assert_int_equal(inventory_find(&inventory, "b//mtty/mtty-1", &device, NULL), 0);
	inventory_free(&inventory);
}

static void slash_at_the_end_of_a_host_is_no_trap(void **state)
{
	static const struct row rows[] = {
		{"a/", "a.json", {"x"}}, {"b", "b.json", {"/x"}}, {"b/", "c.json", {"x"}}};
	struct inventory inventory;
	const struct device *device;

	(void)state;
	assert_int_equal(model_make(&inventory, rows, 3, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "a///x", &device, NULL), 0);
	assert_string_equal(device->host->name, "a/");
	assert_int_equal(inventory_find(&inventory, "b///x", &device, NULL), -ENOTUNIQ);
	inventory_free(&inventory);
}

static void unknown_device_is_named(void **state)
{
	static const char *const names[] = {"u2", "a//mtty/mtty-1", "c//u1", "//u1", "a//", "", "/",
					    "//"};
	struct inventory inventory;
	const struct device *device = NULL;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 2, NULL), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(inventory_find(&inventory, names[i], &device, &err), -ENOENT);
		assert_contains(err.text, names[i]);
		assert_null(device);
	}
	inventory_free(&inventory);
}

static void unknown_device_of_one_host_names_its_file(void **state)
{
	struct inventory inventory;
	const struct device *device;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 1, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "u2", &device, &err), -ENOENT);
	assert_contains(err.text, "a.json");
	inventory_free(&inventory);
}

/* A single device may have been collected, so a count would mislead. */
static void unknown_device_of_this_host_counts_nothing(void **state)
{
	static const struct row here[] = {{"a", NULL, {"u1"}}};
	struct inventory inventory;
	const struct device *device;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, here, 1, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "u2", &device, &err), -ENOENT);
	assert_string_equal(err.text, "no device \"u2\" on this host; see migcompat list --types");
	inventory_free(&inventory);
}

static void unknown_host_names_those_that_there_are(void **state)
{
	struct inventory inventory;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 2, NULL), 0);
	assert_int_equal(inventory_find_host(&inventory, "b", &err), 0);
	assert_int_equal(inventory_find_host(&inventory, "c", &err), -ENOENT);
	assert_string_equal(err.text, "no host \"c\", there is \"a\", \"b\"");
	inventory_free(&inventory);
}

static void name_that_fits_two_hosts_names_both(void **state)
{
	struct inventory inventory;
	const struct device *device = NULL;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, two_hosts, 2, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "u1", &device, &err), -ENOTUNIQ);
	assert_contains(err.text, "a//u1");
	assert_contains(err.text, "b//u1");
	assert_null(device);
	inventory_free(&inventory);
}

static void hosts_of_one_name_are_told_apart_by_file(void **state)
{
	static const struct row rows[] = {{"a", "old.json", {"u1"}}, {"a", NULL, {"u1"}}};
	struct inventory inventory;
	const struct device *device;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, rows, 2, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "a//u1", &device, &err), -ENOTUNIQ);
	assert_contains(err.text, "old.json");
	assert_contains(err.text, "this host");
	inventory_free(&inventory);
}

static void id_twice_in_a_host_is_refused(void **state)
{
	static const struct row rows[] = {{"a", "a.json", {"u1", "u2", "u1"}}};
	struct inventory inventory;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, rows, 1, &err), -EEXIST);
	assert_string_equal(err.text, "a.json: device \"u1\" occurs twice in host \"a\", expected "
				      "an id that is unique in its host");
	inventory_free(&inventory);
}

static void inventory_may_be_empty(void **state)
{
	struct inventory inventory;
	const struct device *device;
	struct error err;

	(void)state;
	assert_int_equal(model_make(&inventory, NULL, 0, NULL), 0);
	assert_int_equal(inventory_find(&inventory, "u1", &device, &err), -ENOENT);
	inventory_free(&inventory);
}

static void kinds_have_names_both_ways(void **state)
{
	static const char *const names[] = {"mdev", "mdev-type", "physical"};
	enum migcompat_kind kind;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(kind_name((enum migcompat_kind)i), names[i]);
		assert_int_equal(kind_parse(names[i], strlen(names[i]), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_string_equal(kind_name((enum migcompat_kind)17), "unknown");
	assert_int_equal(kind_parse("mdevv", 5, &kind), -EINVAL);
	assert_int_equal(kind_parse("mde", 3, &kind), -EINVAL);
	assert_int_equal(kind_parse("", 0, &kind), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_is_found_by_id),
		cmocka_unit_test(device_is_found_by_host_and_id),
		cmocka_unit_test(slash_at_the_end_of_a_host_is_no_trap),
		cmocka_unit_test(unknown_device_is_named),
		cmocka_unit_test(unknown_device_of_one_host_names_its_file),
		cmocka_unit_test(unknown_device_of_this_host_counts_nothing),
		cmocka_unit_test(unknown_host_names_those_that_there_are),
		cmocka_unit_test(name_that_fits_two_hosts_names_both),
		cmocka_unit_test(hosts_of_one_name_are_told_apart_by_file),
		cmocka_unit_test(id_twice_in_a_host_is_refused),
		cmocka_unit_test(inventory_may_be_empty),
		cmocka_unit_test(kinds_have_names_both_ways),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
