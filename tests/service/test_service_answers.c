/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that are kept: given again for the same question under the same stamp, and for nothing else. */
#include <errno.h>
#include <stdbool.h>

#include "core/service/answers.h"
#include "tests/support/test.h"

static const struct stamp stamp = {.attachment = 7, .changed = 3, .world = 1, .holds = 2};

static int setup(void **state)
{
	struct answers *answers = NULL;

	assert_int_equal(answers_new(&answers), 0);
	answers_keep(answers, &stamp, "mtty:mdev:x:1", 13, -EINVAL, NULL, 0);
	*state = answers;
	return 0;
}

static int teardown(void **state)
{
	answers_free(*state);
	return 0;
}

static bool found(void *state, const struct stamp *at, const char *question)
{
	char text[BROKER_STRING_MAX + 1];
	size_t len;
	int error;

	return answers_find(state, at, question, strlen(question), &error, text, &len);
}

static void same_question_is_answered_again(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	size_t len = 1;
	int error = 0;

	assert_true(answers_find(*state, &stamp, "mtty:mdev:x:1", 13, &error, text, &len));
	assert_int_equal(error, -EINVAL);
	assert_int_equal(len, 0);
}

static void text_of_a_read_is_kept(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	size_t len = 0;
	int error = -1;

	answers_keep(*state, &stamp, "", 0, 0, "string", 6);
	assert_true(answers_find(*state, &stamp, "", 0, &error, text, &len));
	assert_int_equal(error, 0);
	assert_int_equal(len, 6);
	assert_string_equal(text, "string");
}

static void other_question_is_not_answered(void **state)
{
	assert_false(found(*state, &stamp, "mtty:mdev:x:2"));
}

static void prefix_of_a_question_is_not_answered(void **state)
{
	assert_false(found(*state, &stamp, "mtty:mdev:x:"));
}

static void other_device_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.attachment++;
	assert_false(found(*state, &other, "mtty:mdev:x:1"));
}

static void changed_device_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.changed++;
	assert_false(found(*state, &other, "mtty:mdev:x:1"));
}

static void other_policy_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.world++;
	assert_false(found(*state, &other, "mtty:mdev:x:1"));
}

static void other_holds_are_not_answered(void **state)
{
	struct stamp other = stamp;

	other.holds++;
	assert_false(found(*state, &other, "mtty:mdev:x:1"));
}

static void newer_answer_takes_the_place(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	size_t len;
	int error = -1;

	answers_keep(*state, &stamp, "mtty:mdev:x:1", 13, 0, NULL, 0);
	assert_true(answers_find(*state, &stamp, "mtty:mdev:x:1", 13, &error, text, &len));
	assert_int_equal(error, 0);
}

static void too_long_a_question_is_not_kept(void **state)
{
	static char question[BROKER_STRING_MAX + 2];

	memset(question, 'x', sizeof(question) - 1);
	answers_keep(*state, &stamp, question, sizeof(question) - 1, 0, NULL, 0);
	assert_false(found(*state, &stamp, question));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_question_is_answered_again, setup, teardown),
		cmocka_unit_test_setup_teardown(text_of_a_read_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(other_question_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(prefix_of_a_question_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(other_device_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(changed_device_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(other_policy_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(other_holds_are_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(newer_answer_takes_the_place, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long_a_question_is_not_kept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
