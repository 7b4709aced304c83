/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service's command line: an error is one sentence and status 2. */
#include "tests/support/run.h"

/* Status 2, this sentence, and nothing else. */
static void assert_complains(const char *sentence)
{
	char expected[512];

	snprintf(expected, sizeof(expected), "migcompatd: %s\n", sentence);
	assert_status(2);
	assert_string_equal(ran.err, expected);
	assert_string_equal(ran.out, "");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	run("migcompatd $'n\\e[31m'");
	assert_complains("unexpected argument \"n?[31m\", see migcompatd --help");
}

static void argument_of_two_lines_is_reported_in_one(void **state)
{
	(void)state;
	run("migcompatd $'a\\nb'");
	assert_complains("unexpected argument \"a?b\", see migcompatd --help");
}

static void unknown_option_names_the_nearest(void **state)
{
	(void)state;
	run("migcompatd --sokcet=x");
	assert_complains("unknown option \"--sokcet\"; nearest is \"--socket\"");
}

static void unknown_letter_is_refused(void **state)
{
	(void)state;
	run("migcompatd -x");
	assert_complains("unknown option \"-x\", see migcompatd --help");
}

static void option_without_its_argument_is_refused(void **state)
{
	(void)state;
	run("migcompatd --state");
	assert_complains("--state expects an argument, see migcompatd --help");
}

static void letter_without_its_argument_is_refused(void **state)
{
	(void)state;
	run("migcompatd -i");
	assert_complains("-i expects an argument, see migcompatd --help");
}

static void standard_input_is_no_inventory_of_a_service(void **state)
{
	(void)state;
	run("migcompatd -i -");
	assert_complains(
		"-i - is not for a service: it reads its inventories again at each reload");
}

static void flag_with_an_argument_is_refused(void **state)
{
	(void)state;
	run("migcompatd --foreground=yes");
	assert_complains("--foreground takes no argument");
}

static void mistake_beside_help_is_no_success(void **state)
{
	(void)state;
	run("migcompatd --help more");
	assert_complains("unexpected argument \"more\", see migcompatd --help");
}

static void help_that_is_lost_is_an_error(void **state)
{
	(void)state;
	run("migcompatd --help >/dev/full");
	assert_complains("standard output could not be written: No space left on device");
}

static void help_to_a_closed_output_is_an_error(void **state)
{
	(void)state;
	run("migcompatd --help >&-");
	assert_complains("standard output could not be written: Bad file descriptor");
}

static void version_to_a_closed_output_is_an_error(void **state)
{
	(void)state;
	run("migcompatd --version >&-");
	assert_complains("standard output could not be written: Bad file descriptor");
}

static void version_is_printed(void **state)
{
	(void)state;
	run("migcompatd --version");
	assert_status(0);
	assert_true(run_one_line(ran.out));
	assert_string_equal(ran.err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(argument_of_two_lines_is_reported_in_one),
		cmocka_unit_test(unknown_option_names_the_nearest),
		cmocka_unit_test(unknown_letter_is_refused),
		cmocka_unit_test(option_without_its_argument_is_refused),
		cmocka_unit_test(letter_without_its_argument_is_refused),
		cmocka_unit_test(standard_input_is_no_inventory_of_a_service),
		cmocka_unit_test(flag_with_an_argument_is_refused),
		cmocka_unit_test(mistake_beside_help_is_no_success),
		cmocka_unit_test(help_that_is_lost_is_an_error),
		cmocka_unit_test(help_to_a_closed_output_is_an_error),
		cmocka_unit_test(version_to_a_closed_output_is_an_error),
		cmocka_unit_test(version_is_printed),
	};

	return run_group(tests);
}
