/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check -: a version string from standard input as the source. */
#include "tests/support/run.h"

static void string_alone_gets_the_same_answer(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " DUAL " | migcompat " SERIAL_B "check - " CARD_2);
	assert_status(0);
	run("migcompat " SERIAL_A "version " DUAL " | migcompat " SERIAL_B "check - " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "ports: source has 2, target has 1 (must be equal)\n");
}

static void string_needs_no_newline(void **state)
{
	(void)state;
	run("printf %%s \"$(migcompat " SERIAL_A "version " DUAL ")\" | migcompat " SERIAL_B
	    "check - " CARD_2);
	assert_status(0);
}

static void empty_input_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "check - " CARD_2 " </dev/null");
	assert_trouble("standard input is empty, expected a version string");
	run("migcompat --json " SERIAL_B "check - " CARD_2 " </dev/null");
	assert_json_trouble("ENODATA", "standard input is empty");
}

static void unreadable_input_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "check - " CARD_2 " </");
	assert_trouble("standard input could not be read: Is a directory");
}

/* The string is incompatible, with this limit, and a reason that contains part. */
static void refused(const char *input, const char *limit, const char *number, const char *part)
{
	json_t *document;

	run("%s | migcompat --json " SERIAL_B "check - " CARD_2, input);
	assert_status(1);
	assert_string_equal(ran.err, "");
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), limit);
	assert_string_equal(json_member(document, "errno"), number);
	assert_contains(json_member(document, "reason"), part);
	json_decref(document);
}

static void malformed_strings_are_incompatible(void **state)
{
	(void)state;
	refused("echo", "format", "EINVAL", "the string is empty");
	refused("echo nonsense", "format", "EINVAL", "does not begin with a namespace");
	refused("echo 'mtty:mdev:serial-2port:1;a b'", "format", "EINVAL",
		"byte 27 of the string is 0x20");
	refused("printf 'mtty:mdev:serial-2port:1;\\001'", "format", "EINVAL", "0x01");
	refused("printf 'mtty:mdev:serial-2port:1;\\377'", "format", "EINVAL", "0xff");
	refused("printf 'mtty:mdev:serial-2port:1;\\0'", "format", "EINVAL", "0x00");
	refused("printf 'a:mdev:b:c\\na:mdev:b:c\\n'", "format", "EINVAL", "0x0a");
	refused("echo mtty:none:serial-2port:1", "format", "EINVAL", "no kind");
}

static void newer_payload_format_is_incompatible(void **state)
{
	(void)state;
	refused("echo 'mtty:mdev:serial-2port:7;ports=2;=0000000000000000'", "format", "EINVAL",
		"format");
}

static void string_that_was_cut_is_incompatible(void **state)
{
	(void)state;
	refused("migcompat " SERIAL_A "version " DUAL " | head -c 60", "format", "EINVAL", "");
}

static void too_long_strings_are_incompatible(void **state)
{
	(void)state;
	refused("printf 'mtty:mdev:serial-2port:%04072d' 0", "format", "E2BIG",
		"the string has more than 4094 bytes");
	refused("head -c 1000000 /dev/zero | tr '\\0' a", "format", "E2BIG",
		"the string has more than 4094 bytes");
}

static void foreign_string_is_incompatible_and_says_whose_it_is(void **state)
{
	(void)state;
	refused("echo i915:mdev:x:1", "namespace", "EINVAL",
		"the string is the backend i915's, the target is served by mtty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(string_alone_gets_the_same_answer),
		cmocka_unit_test(string_needs_no_newline),
		cmocka_unit_test(empty_input_cannot_be_answered),
		cmocka_unit_test(unreadable_input_cannot_be_answered),
		cmocka_unit_test(malformed_strings_are_incompatible),
		cmocka_unit_test(newer_payload_format_is_incompatible),
		cmocka_unit_test(string_that_was_cut_is_incompatible),
		cmocka_unit_test(too_long_strings_are_incompatible),
		cmocka_unit_test(foreign_string_is_incompatible_and_says_whose_it_is),
	};

	return run_group(tests);
}
