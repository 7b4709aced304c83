/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Valid names of devices, paths of their folders, and files below them. */
#include "core/facts/name.h"

#include <errno.h>

#include "core/facts/macros.h"
#include "core/facts/text.h"
#include "tests/support/test.h"

static bool name_ok(const char *text)
{
	return name_valid(text, strlen(text));
}

static void real_names_are_names(void **state)
{
	static const char *const names[] = {"0000:00:03.0",
					    "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
					    "mtty",
					    "0.0.313f",
					    "css0",
					    "matrix",
					    "...",
					    "cciss!c0d0",
					    "i915-GVTg_V5_4",
					    "10000:e0:06.0",
					    "VMBUS:00",
					    "a+b@c,d=e~f#g%h$i(j)"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(name_ok(names[i]));
}

static void what_could_be_a_path_is_no_name(void **state)
{
	static const char *const names[] = {"", ".", "..", "a/b", "/", "a/", "../a"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(name_ok(names[i]));
}

static void what_is_no_single_visible_word_is_no_name(void **state)
{
	static const char *const names[] = {"a b",           " a",       "a\tb",    "a\nb",
					    "a\x7f",         "a\x1b[2J", "ä",       "a\xc2\x9b",
					    "a\xe2\x80\xae", "a\xff",    "a\\x20b", "-a"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(name_ok(names[i]));
}

static void a_name_has_at_most_255_bytes(void **state)
{
	char text[257];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(name_valid(text, 255));
	assert_false(name_valid(text, 256));
}

static void ids_fit_their_kind(void **state)
{
	char text[257];

	(void)state;
	assert_true(id_valid(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0"));
	assert_true(id_valid(MIGCOMPAT_KIND_MDEV, "a"));
	assert_true(id_valid(MIGCOMPAT_KIND_MDEV_TYPE, "0000:3b:00.0/nvidia-474"));
	assert_false(id_valid(MIGCOMPAT_KIND_MDEV, "mtty/mtty-2"));
	assert_false(id_valid(MIGCOMPAT_KIND_PHYSICAL, "mtty/mtty-2"));
	assert_false(id_valid(MIGCOMPAT_KIND_MDEV_TYPE, "mtty-2"));
	assert_false(id_valid(MIGCOMPAT_KIND_MDEV_TYPE, "a/b/c"));
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[1] = '/';
	assert_false(id_valid(MIGCOMPAT_KIND_MDEV_TYPE, text));
	assert_true(id_valid(MIGCOMPAT_KIND_MDEV_TYPE, "p/t"));
}

static void paths_lead_to_the_devices_own_folder(void **state)
{
	static const struct {
		enum migcompat_kind kind;
		const char *id;
		const char *path;
		bool fits;
	} rows[] = {
		{MIGCOMPAT_KIND_MDEV, "u", "/devices/virtual/mtty/mtty/u", true},
		{MIGCOMPAT_KIND_PHYSICAL, "u", "/devices/platform/Fixed MDIO bus.0/u", true},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "/devices/x/p/mdev_supported_types/t", true},
		{MIGCOMPAT_KIND_MDEV, "u", "/devices/virtual/mtty/mtty/u/power", false},
		{MIGCOMPAT_KIND_MDEV, "u", "/devices/virtual/mtty/mtty/xu", false},
		{MIGCOMPAT_KIND_MDEV, "u", "u", false},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "/devices/x/p/t", false},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "/devices/x/xp/mdev_supported_types/t", false},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "/devices/x/p/mdev_supported_types/xt", false},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "/mdev_supported_types/t", false},
		{MIGCOMPAT_KIND_MDEV_TYPE, "p/t", "t", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(path_fits(rows[i].kind, rows[i].id, rows[i].path), rows[i].fits);
}

static void paths_name_each_folder_once(void **state)
{
	static const char *const bad[] = {"",
					  "/",
					  "/devices",
					  "/devices/",
					  "devices/a",
					  "/kernel/a",
					  "/devices//a",
					  "/devices/a/",
					  "/devices/./a",
					  "/devices/../a",
					  "/devices/a/..",
					  "/devices/a/.",
					  "/devices/a\n",
					  "/devices/a\xe2\x80\xae",
					  "/devicesx/a"};

	(void)state;
	assert_true(path_valid("/devices/a"));
	assert_true(path_valid("/devices/..a/a../b c/é"));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(path_valid(bad[i]));
}

static void attributes_are_files_below_the_devices_folder(void **state)
{
	static const char *const good[] = {"ap_config", "mdev/aggregated_instances", "drivers",
					   "power/control"};
	static const char *const bad[] = {"",
					  "/a",
					  "a/",
					  "a//b",
					  ".",
					  "..",
					  "../a",
					  "a/../b",
					  "a/..",
					  "a b",
					  "a\nb",
					  "-a",
					  "a\\b",
					  "migration_version",
					  "mdev/migration_type"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(attribute_valid(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(attribute_valid(bad[i]));
}

static void attributes_go_through_no_link_of_the_kernel(void **state)
{
	static const char *const bad[] = {"driver/unbind",
					  "subsystem/drivers_autoprobe",
					  "iommu_group/type",
					  "physfn/sriov_numvfs",
					  "virtfn0/reset",
					  "mdev_type/create",
					  "mdev/device/remove",
					  "supplier:pci:0000:00:01.0/status",
					  "driver"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(attribute_valid(bad[i]));
}

static void an_attribute_has_at_most_255_bytes(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[100] = text[200] = '/';
	text[255] = '\0';
	assert_true(attribute_valid(text));
	text[255] = 'a';
	text[256] = '\0';
	assert_false(attribute_valid(text));
}

static void uuids_and_pci_addresses_have_one_form(void **state)
{
	(void)state;
	assert_true(uuid_valid("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"));
	assert_false(uuid_valid("83b8f4f2-509f-382f-3c1e-e6bfe0fa100"));
	assert_false(uuid_valid("83b8f4f2-509f-382f-3c1e/e6bfe0fa1001"));
	assert_false(uuid_valid("83b8f4f2-509f-382f-3c1e-e6bfe0fa100g"));
	assert_true(pci_address_valid("0000:00:03.0"));
	assert_true(pci_address_valid("10000:e1:1f.7"));
	assert_false(pci_address_valid("0000:00:03.8"));
	assert_false(pci_address_valid("000:00:03.0"));
	assert_false(pci_address_valid("0000:00:03.0/"));
	assert_false(pci_address_valid("0000:00:03"));
	assert_false(pci_address_valid(""));
}

static void a_text_is_whole_or_an_error(void **state)
{
	char text[8] = "before";

	(void)state;
	assert_int_equal(text_format(text, sizeof(text), "%s-%d", "abcd", 12), 7);
	assert_string_equal(text, "abcd-12");
	assert_int_equal(text_format(text, sizeof(text), "%s-%d", "abcd", 123), -ENAMETOOLONG);
	assert_string_equal(text, "");
	assert_int_equal(text_format(NULL, 0, "a"), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_names_are_names),
		cmocka_unit_test(what_could_be_a_path_is_no_name),
		cmocka_unit_test(what_is_no_single_visible_word_is_no_name),
		cmocka_unit_test(a_name_has_at_most_255_bytes),
		cmocka_unit_test(ids_fit_their_kind),
		cmocka_unit_test(paths_lead_to_the_devices_own_folder),
		cmocka_unit_test(paths_name_each_folder_once),
		cmocka_unit_test(attributes_are_files_below_the_devices_folder),
		cmocka_unit_test(attributes_go_through_no_link_of_the_kernel),
		cmocka_unit_test(an_attribute_has_at_most_255_bytes),
		cmocka_unit_test(uuids_and_pci_addresses_have_one_form),
		cmocka_unit_test(a_text_is_whole_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
