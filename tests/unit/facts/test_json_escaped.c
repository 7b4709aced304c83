/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Documents have control characters only in escaped form, and a reader gets the same
 * text.
 */
#include "core/facts/json_escaped.h"

#include "core/facts/utf8.h"
#include "tests/support/test.h"

static void written_as(const char *text, const char *expected)
{
	json_t *value = json_string(text), *again;
	char *made = json_escaped(value, JSON_COMPACT);

	assert_non_null(made);
	assert_string_equal(made, expected);
	again = json_loads(made, JSON_DECODE_ANY, NULL);
	assert_true(json_equal(value, again));
	json_decref(again);
	json_decref(value);
	free(made);
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	written_as("grün, €, 😀, שלום", "\"grün, €, 😀, שלום\"");
	written_as("", "\"\"");
	written_as("a\nb\x1b\"\\", "\"a\\nb\\u001B\\\"\\\\\"");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
	(void)state;
	written_as("a\x7f\xc2\x9b"
		   "2Jb",
		   "\"a\\u007F\\u009B2Jb\"");
	written_as("\xc2\x80", "\"\\u0080\"");
}

static void what_cannot_be_seen_is_escaped(void **state)
{
	(void)state;
	written_as("a\xe2\x80\xae"
		   "b\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf",
		   "\"a\\u202Eb\\u200B\\u2028\\uFEFF\"");
}

static void a_character_beyond_16_bits_is_a_pair(void **state)
{
	(void)state;
	written_as("\xf3\xa0\x80\x81", "\"\\uDB40\\uDC01\"");
}

static void keys_and_layout_are_treated_alike(void **state)
{
	json_t *object = json_object();
	char *text;

	(void)state;
	json_object_set_new(object, "a\xc2\x9b", json_string("\xe2\x80\xae"));
	text = json_escaped(object, JSON_INDENT(2));
	assert_string_equal(text, "{\n  \"a\\u009B\": \"\\u202E\"\n}");
	json_decref(object);
	free(text);
}

static void nothing_gives_nothing(void **state)
{
	(void)state;
	assert_null(json_escaped(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(what_steers_a_terminal_is_escaped),
		cmocka_unit_test(what_cannot_be_seen_is_escaped),
		cmocka_unit_test(a_character_beyond_16_bits_is_a_pair),
		cmocka_unit_test(keys_and_layout_are_treated_alike),
		cmocka_unit_test(nothing_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
