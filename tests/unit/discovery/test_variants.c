/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drivers that modules.alias has for a function, from files that the test writes. */
#include "core/discovery/variants.h"

#include <errno.h>
#include <unistd.h>

#include "tests/support/test.h"

static const char aliases[] = "# Aliases extracted from modules themselves.\n"
			      "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core\n"
			      "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
			      "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* one_vfio_pci\n"
			      "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* another_vfio_pci\n"
			      "alias vfio_pci:v000015B3d0000101Esv*sd*bc02sc*i* one_vfio_pci\n"
			      "x alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* hidden\n"
			      "alias vfio_pci:v00008086d0000E20Bsv*sd*bc*sc*i*\n"
			      "alias vfio_pci:v00008086d0000E211sv*sd*bc*sc*i* last_vfio_pci";

static void offers(const char *text, const char *modalias, const char *drivers)
{
	char path[] = "/tmp/migcompat-test-XXXXXX";
	struct variants variants = {0};
	char *found = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(variants_load(&variants, path), 0);
	unlink(path);
	assert_int_equal(variants_find(&variants, modalias, &found), 0);
	if (!drivers)
		assert_null(found);
	else
		assert_string_equal(found, drivers);
	free(found);
	variants_free(&variants);
}

static void modules_are_sorted_and_stand_once(void **state)
{
	(void)state;
	offers(aliases, "pci:v000015B3d0000101Esv000015B3sd00000008bc02sc00i00",
	       "another_vfio_pci\none_vfio_pci");
}

static void the_driver_for_every_function_is_no_variant(void **state)
{
	(void)state;
	offers(aliases, "pci:v00001B36d00000003sv00001AF4sd00001100bc07sc00i02", NULL);
}

static void a_line_without_a_module_offers_none(void **state)
{
	(void)state;
	offers(aliases, "pci:v00008086d0000E20Bsv00000000sd00000000bc03sc80i00", NULL);
}

static void the_last_line_needs_no_end(void **state)
{
	(void)state;
	offers(aliases, "pci:v00008086d0000E211sv00000000sd00000000bc03sc80i00", "last_vfio_pci");
}

static void other_buses_have_none(void **state)
{
	(void)state;
	offers(aliases, "usb:v000015B3d0000101E", NULL);
	offers("", "pci:v000015B3d0000101Esv000015B3sd00000008bc02sc00i00", NULL);
}

static void a_file_that_is_not_there_offers_none(void **state)
{
	struct variants variants = {0};
	char *found = NULL;

	(void)state;
	assert_int_equal(variants_load(&variants, "/nonexistent/modules.alias"), -ENOENT);
	assert_int_equal(variants_find(&variants, "pci:v1", &found), 0);
	assert_null(found);
	variants_free(&variants);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct variants variants = {0};
	char *found = NULL;

	(void)state;
	assert_int_equal(variants_load(&variants, "/tmp"), -EINVAL);
	assert_int_equal(variants_find(&variants, "pci:v1", &found), -EINVAL);
	variants_free(&variants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_are_sorted_and_stand_once),
		cmocka_unit_test(the_driver_for_every_function_is_no_variant),
		cmocka_unit_test(a_line_without_a_module_offers_none),
		cmocka_unit_test(the_last_line_needs_no_end),
		cmocka_unit_test(other_buses_have_none),
		cmocka_unit_test(a_file_that_is_not_there_offers_none),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
