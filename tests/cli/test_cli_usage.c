/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands, options, and mistakes in them. */
#include "core/facts/macros.h"
#include "tests/support/run.h"

static void no_command_is_refused(void **state)
{
	(void)state;
	run("migcompat");
	assert_trouble("no command; see migcompat --help");
}

static void unknown_command_names_the_nearest(void **state)
{
	(void)state;
	run("migcompat chekc a b");
	assert_trouble("unknown command \"chekc\"; nearest is \"check\"");
}

static void prefix_is_no_command(void **state)
{
	(void)state;
	run("migcompat ver a");
	assert_trouble("unknown command \"ver\"; see migcompat --help");
}

static void family_alone_is_no_command(void **state)
{
	(void)state;
	run("migcompat policy");
	assert_trouble("\"policy\" is not a whole command; see migcompat policy --help");
}

static void word_that_is_near_to_nothing_names_nothing(void **state)
{
	(void)state;
	run("migcompat plan");
	assert_trouble("unknown command \"plan\"; see migcompat --help\n");
	run("migcompat diff a b");
	assert_trouble("unknown command \"diff\"; see migcompat --help\n");
	run("migcompat --frobnicate list");
	assert_trouble("unknown option \"--frobnicate\"; see migcompat --help\n");
}

static void unknown_member_of_a_family_names_the_nearest(void **state)
{
	(void)state;
	run("migcompat backend dmup x");
	assert_trouble("unknown command \"backend dmup\"; nearest is \"backend dump\"");
}

static void unknown_option_names_the_nearest(void **state)
{
	(void)state;
	run("migcompat list --jsno");
	assert_trouble("unknown option \"--jsno\"; nearest is \"--json\"");
}

static void unknown_letter_is_refused(void **state)
{
	(void)state;
	run("migcompat list -x");
	assert_trouble("unknown option \"-x\"");
}

static void option_without_its_argument_is_refused(void **state)
{
	(void)state;
	run("migcompat list -i");
	assert_trouble("--inventory expects FILE");
}

/* For a letter that two commands share, the message names both meanings. */
static void empty_arguments_are_refused(void **state)
{
	(void)state;
	run("migcompat list -i ''");
	assert_trouble("--inventory expects FILE, got an empty one");
	run("migcompat list --config=");
	assert_trouble("--config expects PATH, got an empty one");
	run("migcompat state save a -o ''");
	assert_trouble("-o expects COLUMNS or FILE, got an empty one");
	run("migcompat state save a -o");
	assert_trouble("-o expects COLUMNS or FILE");
	run("migcompat show ''");
	assert_trouble("show expects DEVICE, got an empty argument");
	run("migcompat backend dump '' --json");
	assert_json_trouble("EINVAL", "backend dump expects FILE, got an empty argument");
}

static void flag_with_an_argument_is_refused(void **state)
{
	(void)state;
	run("migcompat list --types=all");
	assert_trouble("--types takes no argument");
}

static void option_of_another_command_is_refused(void **state)
{
	(void)state;
	run("migcompat list --uuid x");
	assert_trouble("list takes no --uuid; see migcompat list --help");
}

static void missing_argument_is_refused(void **state)
{
	(void)state;
	run("migcompat check a");
	assert_trouble("check expects SOURCE TARGET, got 1 argument");
}

static void surplus_argument_is_refused(void **state)
{
	(void)state;
	run("migcompat list a");
	assert_trouble("list expects no argument, got 1 argument");
}

static void wrong_color_names_the_nearest(void **state)
{
	(void)state;
	run("migcompat --color=allways list");
	assert_trouble(
		"--color is \"allways\", expected auto, always or never; nearest is \"always\"");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	run("migcompat $'a\\033[31mb\\nc'");
	assert_trouble("unknown command \"a?[31mb c\"");
}

static void first_of_several_mistakes_is_the_one_told(void **state)
{
	(void)state;
	run("migcompat --first --second");
	assert_trouble("unknown option \"--first\"");
}

static void mistakes_are_a_document_too(void **state)
{
	(void)state;
	run("migcompat chekc --json");
	assert_json_trouble("EINVAL", "unknown command \"chekc\"");
	run("migcompat --jsno list --json");
	assert_json_trouble("EINVAL", "unknown option \"--jsno\"");
	run("migcompat --json check a");
	assert_json_trouble("EINVAL", "check expects SOURCE TARGET");
	run("migcompat --json");
	assert_json_trouble("EINVAL", "no command");
}

static void options_stand_before_and_behind_the_command(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "type " CARD_2);
	assert_status(0);
	run("migcompat type " CARD_2 " " SERIAL_B);
	assert_status(0);
	run("migcompat type " SERIAL_B CARD_2);
	assert_status(0);
	assert_string_equal(ran.out, "mtty:serial-2port\n");
}

static void environment_does_not_change_where_options_stand(void **state)
{
	(void)state;
	run("POSIXLY_CORRECT=1 migcompat type " CARD_2 " " SERIAL_B);
	assert_status(0);
}

static void behind_two_dashes_nothing_is_an_option(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "type -- --json");
	assert_trouble("no device \"--json\"");
}

static void version_is_the_release(void **state)
{
	(void)state;
	run("migcompat --version");
	assert_status(0);
	assert_true(strncmp(ran.out, "migcompat ", 10) == 0 && run_one_line(ran.out));
	assert_string_equal(ran.err, "");
}

static void version_and_help_load_nothing(void **state)
{
	(void)state;
	run("migcompat --version --plugin-dir /nonexistent -i /nonexistent");
	assert_status(0);
	run("migcompat check --help --plugin-dir /nonexistent -i /nonexistent");
	assert_status(0);
}

static void help_names_every_command_with_an_example(void **state)
{
	static const char *const names[] = {
		"list",         "show",         "type",        "version",       "check",
		"ask",          "params",       "prepare",     "inventory",     "backend list",
		"backend dump", "policy check", "policy show", "policy explain"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char part[64];

		run("migcompat --help");
		assert_status(0);
		snprintf(part, sizeof(part), "\n  %s ", names[i]);
		assert_contains(ran.out, part);
		run("migcompat %s --help", names[i]);
		assert_status(0);
		snprintf(part, sizeof(part), " %s", names[i]);
		assert_contains(ran.out, part);
		assert_contains(ran.out, "\nexample:\n  migcompat ");
	}
}

static void help_of_a_family_names_its_members(void **state)
{
	(void)state;
	run("migcompat policy --help");
	assert_status(0);
	assert_contains(ran.out, "\n  policy explain SOURCE TARGET");
	assert_null(strstr(ran.out, "backend list"));
}

/* Options that it would refuse are not listed. */
static void help_of_a_command_names_its_own_options_alone(void **state)
{
	(void)state;
	run("migcompat hold --help");
	assert_contains(ran.out, "--socket PATH");
	assert_null(strstr(ran.out, "--no-daemon"));
	run("migcompat prepare --help");
	assert_null(strstr(ran.out, "--daemon"));
	run("migcompat check --help");
	assert_contains(ran.out, "--no-daemon");
}

static void help_of_no_command_is_refused(void **state)
{
	(void)state;
	run("migcompat chekc --help");
	assert_trouble("unknown command \"chekc\"");
}

static void output_that_is_lost_is_no_yes(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_2 " >/dev/full");
	assert_trouble("standard output could not be written: No space left on device");
}

static void closed_standard_output_is_no_yes(void **state)
{
	static const char *const answers[] = {"check " DUAL " " CARD_2,
					      "check --json " DUAL " " CARD_2,
					      "list",
					      "version " DUAL,
					      "prepare " DUAL " " CARD_2,
					      "show " DUAL,
					      "--help",
					      "--version"};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		run("migcompat " SERIAL "%s >&-", answers[i]);
		assert_trouble("standard output could not be written: Bad file descriptor");
	}
	run("migcompat " SERIAL_A "inventory >&-");
	assert_trouble("standard output could not be written: Bad file descriptor");
}

static void other_closed_descriptors_hurt_nothing(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_2 " <&- 2>&-");
	assert_status(0);
	run("migcompat " SERIAL "check " DUAL " " CARD_1 " <&- 2>&-");
	assert_status(1);
	run("migcompat " SERIAL "check " DUAL " " CARD_2 " <&- >&- 2>&-");
	assert_status(2);
	run("migcompat " SERIAL "check - " CARD_1 " <&-");
	assert_trouble("standard input is empty");
}

#define LOST "b0000000-0000-4000-8000-037700000001" /* a device that lacks a fact */

static void every_command_that_fails_has_what_every_error_has(void **state)
{
	static const char *const lines[] = {
		"nonsense",
		"list -o x",
		"show x",
		"type x",
		"version x",
		"check x y",
		"ask x",
		"params x",
		"prepare x y",
		"inventory",
		"watch",
		"policy explain x y",
		"hold x --reason y",
		"release x",
		"backend dump /x",
		"policy check /x",
		"state inspect /x",
		"state check /x y",
		"state load /x y",
		"state save x -o /x/y",
		"check " DUAL " " LOST,
		"ask " LOST,
		"show " LOST,
		"params " LOST,
		"prepare " DUAL " " LOST,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		run("migcompat --json " SERIAL "-i tests/hosts/broken.json %s |"
		    " jq -c '[.verdict, ([.errno, .reason, .findings][] | type)]'",
		    lines[i]);
		if (strcmp(ran.out, "[\"error\",\"string\",\"string\",\"array\"]\n") != 0)
			fail_msg("%s: %s%s", lines[i], ran.out, ran.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_command_is_refused),
		cmocka_unit_test(unknown_command_names_the_nearest),
		cmocka_unit_test(prefix_is_no_command),
		cmocka_unit_test(family_alone_is_no_command),
		cmocka_unit_test(word_that_is_near_to_nothing_names_nothing),
		cmocka_unit_test(unknown_member_of_a_family_names_the_nearest),
		cmocka_unit_test(unknown_option_names_the_nearest),
		cmocka_unit_test(unknown_letter_is_refused),
		cmocka_unit_test(option_without_its_argument_is_refused),
		cmocka_unit_test(empty_arguments_are_refused),
		cmocka_unit_test(flag_with_an_argument_is_refused),
		cmocka_unit_test(option_of_another_command_is_refused),
		cmocka_unit_test(missing_argument_is_refused),
		cmocka_unit_test(surplus_argument_is_refused),
		cmocka_unit_test(wrong_color_names_the_nearest),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(first_of_several_mistakes_is_the_one_told),
		cmocka_unit_test(mistakes_are_a_document_too),
		cmocka_unit_test(every_command_that_fails_has_what_every_error_has),
		cmocka_unit_test(options_stand_before_and_behind_the_command),
		cmocka_unit_test(environment_does_not_change_where_options_stand),
		cmocka_unit_test(behind_two_dashes_nothing_is_an_option),
		cmocka_unit_test(version_is_the_release),
		cmocka_unit_test(version_and_help_load_nothing),
		cmocka_unit_test(help_names_every_command_with_an_example),
		cmocka_unit_test(help_of_a_family_names_its_members),
		cmocka_unit_test(help_of_a_command_names_its_own_options_alone),
		cmocka_unit_test(help_of_no_command_is_refused),
		cmocka_unit_test(output_that_is_lost_is_no_yes),
		cmocka_unit_test(closed_standard_output_is_no_yes),
		cmocka_unit_test(other_closed_descriptors_hurt_nothing),
	};

	return run_group(tests);
}
