/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines that /dev/migcompat gives as an answer. */
#include "core/service/kernel/ask_lines.h"
#include "tests/support/test.h"

static const struct device mdev = {.id = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				   .kind = MIGCOMPAT_KIND_MDEV};
static const struct device type = {.id = "mtty/mtty-2", .kind = MIGCOMPAT_KIND_MDEV_TYPE};
static char buffer[4096];

static const char *lines_of(const struct answer *answer, size_t size)
{
	size_t len = ask_lines(answer, buffer, size);

	assert_true(len < sizeof(buffer));
	buffer[len] = '\0';
	return buffer;
}

static void choice_gives_one_line(void **state)
{
	struct choice choice = {
		.device = &mdev, .grade = GRADE_IDENTICAL, .availability = MIGCOMPAT_YES};
	struct answer answer = {.choices = &choice, .nchoices = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)),
			    "yes 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 identical yes\n");
}

static void type_has_the_name_of_its_class_device(void **state)
{
	struct choice choice = {.device = &type,
				.grade = GRADE_SUPERSET,
				.availability = MIGCOMPAT_NO,
				.text = "none is left"};
	struct answer answer = {.choices = &choice, .nchoices = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)),
			    "yes mtty!mtty-2 superset no none is left\n");
}

static void forced_choice_has_the_grade_forced(void **state)
{
	struct choice choice = {
		.device = &type, .grade = GRADE_NONE, .availability = MIGCOMPAT_UNKNOWN};
	struct answer answer = {.choices = &choice, .nchoices = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)), "yes mtty!mtty-2 forced unknown\n");
}

static void refusal_names_its_limit_and_reason(void **state)
{
	struct refused refused = {.device = &type,
				  .limit = MIGCOMPAT_LIMIT_TYPE,
				  .availability = MIGCOMPAT_YES,
				  .text = "source has 2 ports"};
	struct answer answer = {.refused = &refused, .nrefused = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)),
			    "no mtty!mtty-2 type yes source has 2 ports\n");
}

static void device_that_cannot_be_a_target_is_not_migratable(void **state)
{
	struct refused refused = {.device = &type,
				  .limit = MIGCOMPAT_LIMIT_NONE,
				  .availability = MIGCOMPAT_UNKNOWN,
				  .text = "no state"};
	struct answer answer = {.refused = &refused, .nrefused = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)),
			    "no mtty!mtty-2 not-migratable unknown no state\n");
}

static void device_without_an_answer_is_no(void **state)
{
	struct unanswered unanswered = {.device = &mdev, .text = "its worker is gone"};
	struct answer answer = {.unanswered = &unanswered, .nunanswered = 1};

	(void)state;
	assert_string_equal(
		lines_of(&answer, sizeof(buffer)),
		"no 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 error unknown its worker is gone\n");
}

static void control_characters_do_not_start_another_line(void **state)
{
	struct refused refused = {.device = &type,
				  .limit = MIGCOMPAT_LIMIT_TYPE,
				  .availability = MIGCOMPAT_YES,
				  .text = "a\nyes b"};
	struct answer answer = {.refused = &refused, .nrefused = 1};

	(void)state;
	assert_string_equal(lines_of(&answer, sizeof(buffer)), "no mtty!mtty-2 type yes a?yes b\n");
}

static void devices_that_do_not_fit_are_counted(void **state)
{
	struct choice choices[40];
	struct answer answer = {.choices = choices, .nchoices = 40};

	(void)state;
	for (size_t i = 0; i < 40; i++)
		choices[i] = (struct choice){
			.device = &type, .grade = GRADE_IDENTICAL, .availability = MIGCOMPAT_YES};
	/* Each line has 30 bytes, and the last line needs room. */
	lines_of(&answer, 32 + 3 * strlen("yes mtty!mtty-2 identical yes\n"));
	assert_string_equal(strstr(buffer, "more"), "more 37\n");
	assert_string_equal(
		lines_of(&(struct answer){.choices = choices, .nchoices = 1}, sizeof(buffer)),
		"yes mtty!mtty-2 identical yes\n");
}

static void no_device_gives_no_line(void **state)
{
	(void)state;
	assert_int_equal(ask_lines(&(struct answer){.nchoices = 0}, buffer, sizeof(buffer)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice_gives_one_line),
		cmocka_unit_test(type_has_the_name_of_its_class_device),
		cmocka_unit_test(forced_choice_has_the_grade_forced),
		cmocka_unit_test(refusal_names_its_limit_and_reason),
		cmocka_unit_test(device_that_cannot_be_a_target_is_not_migratable),
		cmocka_unit_test(device_without_an_answer_is_no),
		cmocka_unit_test(control_characters_do_not_start_another_line),
		cmocka_unit_test(devices_that_do_not_fit_are_counted),
		cmocka_unit_test(no_device_gives_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
