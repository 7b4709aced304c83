/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which events matter. The globs of the built backends define the facts of the host. */
#include "core/service/relevance.h"
#include "tests/support/files.h"

static struct folder folder; /* an empty policy */

static int setup(void **state)
{
	static struct engine engine;
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .in_process = true};
	struct error err = {0};

	folder_make(&folder);
	options.config = folder.path;

	if (engine_start(&engine, &options, &err) || engine_backends(&engine, &err))
		fail_msg("%s", err.text);
	*state = &engine;
	return 0;
}

static int teardown(void **state)
{
	engine_stop(*state);
	folder_remove(&folder);
	return 0;
}

static enum relevance of(void *state, enum events_action action, const char *subsystem,
			 const char *devpath)
{
	const char *slash = strrchr(devpath, '/');
	const struct events_change change = {.action = action,
					     .devpath = devpath,
					     .devpath_old = "",
					     .subsystem = subsystem,
					     .sysname = slash ? slash + 1 : ""};

	return relevance_of(state, &change);
}

static void new_mdev_concerns_one_device(void **state)
{
	assert_int_equal(of(*state, EVENTS_BIND, "mdev",
			    "/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"),
			 RELEVANCE_ONE);
}

static void changed_function_concerns_one_device(void **state)
{
	assert_int_equal(of(*state, EVENTS_CHANGE, "pci", "/devices/pci0000:00/0000:00:04.0"),
			 RELEVANCE_ONE);
}

static void removed_mdev_is_gone(void **state)
{
	assert_int_equal(of(*state, EVENTS_REMOVE, "mdev",
			    "/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"),
			 RELEVANCE_GONE);
}

static void unbound_function_is_gone(void **state)
{
	assert_int_equal(of(*state, EVENTS_UNBIND, "pci", "/devices/pci0000:00/0000:00:04.0"),
			 RELEVANCE_GONE);
}

static void lost_events_may_have_changed_anything(void **state)
{
	assert_int_equal(of(*state, EVENTS_RESCAN, "", ""), RELEVANCE_HOST);
}

static void device_of_another_bus_is_nothing(void **state)
{
	assert_int_equal(of(*state, EVENTS_ADD, "usb", "/devices/pci0000:00/0000:00:14.0/usb1/1-1"),
			 RELEVANCE_NONE);
}

/* A backend wants bus/ap/devices/... */
static void device_whose_facts_are_the_hosts_concerns_all(void **state)
{
	assert_int_equal(of(*state, EVENTS_CHANGE, "ap", "/devices/ap/card05"), RELEVANCE_HOST);
}

/* A backend wants module/i915/version. */
static void module_whose_version_is_wanted_concerns_all(void **state)
{
	assert_int_equal(of(*state, EVENTS_ADD, "module", "/module/i915"), RELEVANCE_HOST);
}

static void other_module_is_nothing(void **state)
{
	assert_int_equal(of(*state, EVENTS_ADD, "module", "/module/i9"), RELEVANCE_NONE);
}

/* The folder of the types is gone before its event arrives. */
static void types_that_went_concern_all(void **state)
{
	const struct events_change change = {.action = EVENTS_CHANGE,
					     .devpath = "/devices/virtual/mtty/mtty",
					     .devpath_old = "",
					     .subsystem = "mtty",
					     .sysname = "mtty",
					     .mdev_types = true};

	assert_int_equal(relevance_of(*state, &change), RELEVANCE_HOST);
	assert_int_equal(of(*state, EVENTS_CHANGE, "mtty", change.devpath), RELEVANCE_NONE);
}

static void device_without_a_subsystem_is_nothing(void **state)
{
	assert_int_equal(of(*state, EVENTS_ADD, "", "/devices/system"), RELEVANCE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_mdev_concerns_one_device),
		cmocka_unit_test(changed_function_concerns_one_device),
		cmocka_unit_test(removed_mdev_is_gone),
		cmocka_unit_test(unbound_function_is_gone),
		cmocka_unit_test(lost_events_may_have_changed_anything),
		cmocka_unit_test(device_of_another_bus_is_nothing),
		cmocka_unit_test(device_whose_facts_are_the_hosts_concerns_all),
		cmocka_unit_test(module_whose_version_is_wanted_concerns_all),
		cmocka_unit_test(other_module_is_nothing),
		cmocka_unit_test(types_that_went_concern_all),
		cmocka_unit_test(device_without_a_subsystem_is_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
