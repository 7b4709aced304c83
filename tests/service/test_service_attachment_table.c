/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of attachments. */
#include <errno.h>

#include "core/service/kernel/attachment_table.h"
#include "tests/support/test.h"

#define MANY 5000u

static int setup(void **state)
{
	static struct attachment_table table;
	struct attachment *attachment;

	table = (struct attachment_table){.list = NULL};
	assert_int_equal(attachment_add(&table, 3, "0000:00:04.0", false, &attachment), 0);
	assert_int_equal(attachment_add(&table, 8, "mtty/mtty-2", true, &attachment), 0);
	*state = &table;
	return 0;
}

static int teardown(void **state)
{
	attachment_table_free(*state);
	return 0;
}

static void found_by_number(void **state)
{
	assert_string_equal(attachment_find(*state, 8)->id, "mtty/mtty-2");
}

static void found_by_id(void **state)
{
	assert_int_equal(attachment_find_id(*state, "0000:00:04.0")->number, 3);
}

static void unknown_number_is_not_found(void **state)
{
	assert_null(attachment_find(*state, 4));
	assert_null(attachment_find(*state, 9));
}

static void unknown_id_is_not_found(void **state)
{
	assert_null(attachment_find_id(*state, "mtty/mtty-1"));
}

static void second_one_of_an_id_is_refused(void **state)
{
	struct attachment *attachment;

	assert_int_equal(attachment_add(*state, 9, "mtty/mtty-2", true, &attachment), -EEXIST);
}

static void number_that_was_there_before_is_refused(void **state)
{
	struct attachment *attachment;

	assert_int_equal(attachment_add(*state, 8, "other", true, &attachment), -EINVAL);
	assert_int_equal(attachment_add(*state, 5, "other", true, &attachment), -EINVAL);
}

static void removed_one_is_found_no_more(void **state)
{
	attachment_remove(*state, attachment_find(*state, 3));
	assert_null(attachment_find(*state, 3));
	assert_null(attachment_find_id(*state, "0000:00:04.0"));
	assert_non_null(attachment_find(*state, 8));
}

static void backend_is_set_and_replaced(void **state)
{
	struct attachment *attachment = attachment_find(*state, 3);

	assert_int_equal(attachment_set_backend(attachment, "one"), 0);
	assert_int_equal(attachment_set_backend(attachment, "two"), 0);
	assert_string_equal(attachment->backend, "two");
}

static void many_are_found_each(void **state)
{
	struct attachment *attachment;
	char id[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "device-%u", i);
		assert_int_equal(attachment_add(*state, 10 + i, id, false, &attachment), 0);
	}
	for (unsigned i = 0; i < MANY; i += 2)
		attachment_remove(*state, attachment_find(*state, 10 + i));
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "device-%u", i);
		assert_int_equal(attachment_find(*state, 10 + i) != NULL, i % 2);
		assert_int_equal(attachment_find_id(*state, id) != NULL, i % 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found_by_number, setup, teardown),
		cmocka_unit_test_setup_teardown(found_by_id, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_number_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_id_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(second_one_of_an_id_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(number_that_was_there_before_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(removed_one_is_found_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(backend_is_set_and_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(many_are_found_each, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
