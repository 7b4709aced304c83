/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a plan may write: below the target's folder in /sys, or to the file that creates
 * the target.
 */
#include "core/check/writable.h"

#include <errno.h>

#include "tests/support/test.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER "11111111-2222-3333-4444-555555555555"

static struct writable writable;
static struct error err;

static int make(enum migcompat_kind kind, const char *id, const char *path)
{
	const struct device device = {.kind = kind, .id = id, .path = path};

	err = (struct error){""};
	return writable_make(&device, OTHER, &writable, &err);
}

static void a_device_has_the_folder_of_its_path(void **state)
{
	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV, UUID, "/devices/virtual/mtty/mtty/" UUID), 0);
	assert_string_equal(writable.folder, "/sys/devices/virtual/mtty/mtty/" UUID);
	assert_string_equal(writable.create, "");
}

static void a_device_without_a_path_is_found_by_its_bus(void **state)
{
	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV, UUID, NULL), 0);
	assert_string_equal(writable.folder, "/sys/bus/mdev/devices/" UUID);
	assert_int_equal(make(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL), 0);
	assert_string_equal(writable.folder, "/sys/bus/pci/devices/0000:00:03.0");
}

static void a_type_is_created_below_its_parent(void **state)
{
	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "mtty/mtty-2",
			      "/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2"),
			 0);
	assert_string_equal(writable.create,
			    "/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create");
	assert_string_equal(writable.folder, "/sys/bus/mdev/devices/" OTHER);
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "mtty/mtty-2", NULL), 0);
	assert_string_equal(writable.create,
			    "/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create");
}

static void a_target_without_a_kernels_name_gets_no_write(void **state)
{
	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV, "u1", NULL), -EINVAL);
	assert_string_equal(err.text, "its id is no UUID, by which the kernel would know an mdev");
	assert_int_equal(make(MIGCOMPAT_KIND_PHYSICAL, "power", "/devices/system/cpu/power"),
			 -EINVAL);
	assert_string_equal(err.text,
			    "its id is no PCI address, by which the kernel would know a function");
}

static void a_target_whose_id_leads_elsewhere_gets_no_write(void **state)
{
	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "../../../tmp/x/mtty-2", NULL), -EINVAL);
	assert_string_equal(err.text, "its id is no name, so nothing can be written to it");
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "mtty/..", NULL), -EINVAL);
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "mtty-2", NULL), -EINVAL);
	assert_int_equal(make(MIGCOMPAT_KIND_PHYSICAL, "..", NULL), -EINVAL);
}

static void a_target_whose_path_leads_elsewhere_gets_no_write(void **state)
{
	static const char *const paths[] = {
		"/devices/../kernel/" UUID, "/devices//" UUID, "/kernel/" UUID,
		"/devices/" OTHER,          "/devices/x" UUID, "/devices/" UUID "/power"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(make(MIGCOMPAT_KIND_MDEV, UUID, paths[i]), -EINVAL);
		assert_contains(err.text, "is not its own folder, so nothing can be written to it");
	}
}

/* Try each length, since a path that loses its end names another file. */
static void a_path_that_is_too_long_is_an_error_and_never_another_path(void **state)
{
	static const char end[] = "/mtty/mdev_supported_types/mtty-2";
	char path[WRITABLE_BYTES + 16], file[WRITABLE_BYTES];
	size_t fitting = WRITABLE_BYTES - 1 - strlen("/sys/create");

	(void)state;
	for (size_t len = fitting - 8; len <= fitting + 8; len++) {
		memset(path, 'a', len - strlen(end));
		memcpy(path, "/devices/", strlen("/devices/"));
		memcpy(path + len - strlen(end), end, sizeof(end));
		assert_int_equal(make(MIGCOMPAT_KIND_MDEV_TYPE, "mtty/mtty-2", path),
				 len <= fitting ? 0 : -ENAMETOOLONG);
		if (len > fitting)
			assert_string_equal(
				err.text, "the path of a file to write is longer than 4095 bytes");
		else
			assert_string_equal(writable.create + strlen(writable.create) -
						    strlen("/mtty-2/create"),
					    "/mtty-2/create");
	}
	memset(writable.folder, 'a', WRITABLE_BYTES - 1);
	assert_int_equal(writable_file(&writable, "ports", file, sizeof(file), &err),
			 -ENAMETOOLONG);
}

static void a_file_is_below_the_folder(void **state)
{
	char file[WRITABLE_BYTES];

	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV, UUID, NULL), 0);
	assert_int_equal(
		writable_file(&writable, "mdev/aggregated_instances", file, sizeof(file), &err), 0);
	assert_string_equal(file, "/sys/bus/mdev/devices/" UUID "/mdev/aggregated_instances");
}

static void a_file_that_a_backend_names_elsewhere_is_refused(void **state)
{
	static const char *const names[] = {"",
					    "/etc/passwd",
					    "../x",
					    "a/../../x",
					    "a//b",
					    "driver/unbind",
					    "physfn/sriov_numvfs",
					    "migration_version",
					    "a b"};
	char file[WRITABLE_BYTES];

	(void)state;
	assert_int_equal(make(MIGCOMPAT_KIND_MDEV, UUID, NULL), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(writable_file(&writable, names[i], file, sizeof(file), &err),
				 -EINVAL);
	assert_string_equal(
		err.text,
		"\"a b\" is no file below the device's folder, so nothing can be written to it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_has_the_folder_of_its_path),
		cmocka_unit_test(a_device_without_a_path_is_found_by_its_bus),
		cmocka_unit_test(a_type_is_created_below_its_parent),
		cmocka_unit_test(a_target_without_a_kernels_name_gets_no_write),
		cmocka_unit_test(a_target_whose_id_leads_elsewhere_gets_no_write),
		cmocka_unit_test(a_target_whose_path_leads_elsewhere_gets_no_write),
		cmocka_unit_test(a_path_that_is_too_long_is_an_error_and_never_another_path),
		cmocka_unit_test(a_file_is_below_the_folder),
		cmocka_unit_test(a_file_that_a_backend_names_elsewhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
