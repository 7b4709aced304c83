/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat ask: the choices and their order. */
#include "tests/support/run.h"

static void what_nothing_can_move_is_no_choice_and_has_none(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "ask --json " DUAL " | jq -c '[.choices[].device]'");
	assert_string_equal(ran.out, "[\"mtty/mtty-2\"]\n");
	run("migcompat " SERIAL_C "ask --mechanism report --json " DUAL
	    " | jq -c '[.choices[] | [.device, .mechanism.state]]'");
	assert_string_equal(ran.out, "[[\"mtty/mtty-2\",\"yes\"],[\"" CARD_2 "\",\"no\"]]\n");
	run("migcompat " SERIAL_C "ask " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "no choice: driver and kernel cannot move its state");
	run("migcompat " SERIAL_C "prepare " DUAL " " CARD_2);
	assert_status(1);
	assert_null(strstr(ran.out, "/sys/"));
}

static void ask_lists_the_choices_in_order(void **state)
{
	json_t *document, *choices, *available;

	(void)state;
	run("migcompat " SERIAL "ask " DUAL);
	assert_status(0);
	assert_contains(ran.out,
			"mtty/mtty-2  serial-a mdev-type mtty:serial-2port identical yes ");
	assert_null(strstr(ran.out, CARD_1));
	run("migcompat --json " SERIAL "ask " DUAL);
	assert_status(0);
	document = run_json();
	choices = json_object_get(document, "choices");
	assert_string_equal(json_member(json_object_get(document, "source"), "device"), DUAL);
	assert_int_equal(json_array_size(choices), 3);
	assert_string_equal(json_member(json_array_get(choices, 2), "device"), CARD_2);
	assert_string_equal(json_member(json_array_get(choices, 2), "grade"), "identical");
	available = json_object_get(json_array_get(choices, 2), "availability");
	assert_string_equal(json_member(available, "state"), "unknown");
	json_decref(document);
}

static void ask_keeps_to_a_host(void **state)
{
	(void)state;
	run("migcompat " SERIAL "ask " DUAL " --host serial-b");
	assert_status(0);
	assert_null(strstr(ran.out, "serial-a"));
}

static void ask_knows_no_other_hosts(void **state)
{
	(void)state;
	run("migcompat " SERIAL "ask " DUAL " --host serial-c");
	assert_trouble("no host \"serial-c\", there is \"serial-a\", \"serial-b\"");
}

static void ask_takes_a_string(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " SINGLE " | migcompat " SERIAL_B "ask -");
	assert_status(0);
	assert_contains(ran.out, CARD_1);
	assert_null(strstr(ran.out, CARD_2));
}

static void ask_without_a_choice_is_a_no(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL "ask " SINGLE " --host serial-b");
	assert_status(0);
	run("echo 'mtty:mdev:serial-8port:1;x=1' | migcompat " SERIAL_B "ask -");
	assert_status(1);
	assert_contains(ran.out, "no choice: ");
	run("echo 'other:mdev:x:1' | migcompat " SERIAL_B "ask - --json");
	assert_status(1);
	document = run_json();
	assert_int_equal(json_array_size(json_object_get(document, "choices")), 0);
	json_decref(document);
}

static void ask_with_what_is_no_string_is_a_no_with_its_reason(void **state)
{
	json_t *document;

	(void)state;
	run("echo nonsense | migcompat " SERIAL_B "ask -");
	assert_status(1);
	assert_contains(ran.out, "no choice: the string does not begin with a namespace");
	run("echo nonsense | migcompat " SERIAL_B "ask - --json");
	assert_status(1);
	document = run_json();
	assert_contains(json_member(document, "reason"),
			"the string does not begin with a namespace");
	json_decref(document);
	run("migcompat " SERIAL_B "ask - </dev/null");
	assert_trouble("standard input is empty");
}

static void ask_says_who_could_not_be_asked(void **state)
{
	(void)state;
	run("migcompat " SERIAL "-i tests/hosts/broken.json ask " DUAL);
	assert_status(0);
	assert_contains(ran.out, "could not be asked: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nothing_can_move_is_no_choice_and_has_none),
		cmocka_unit_test(ask_lists_the_choices_in_order),
		cmocka_unit_test(ask_keeps_to_a_host),
		cmocka_unit_test(ask_knows_no_other_hosts),
		cmocka_unit_test(ask_takes_a_string),
		cmocka_unit_test(ask_without_a_choice_is_a_no),
		cmocka_unit_test(ask_with_what_is_no_string_is_a_no_with_its_reason),
		cmocka_unit_test(ask_says_who_could_not_be_asked),
	};

	return run_group(tests);
}
