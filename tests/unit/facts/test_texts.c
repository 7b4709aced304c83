/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts: interning, UTF-8, messages, names of errors, base64. */
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/base64.h"
#include "core/facts/error.h"
#include "core/facts/intern.h"
#include "core/facts/macros.h"
#include "core/facts/utf8.h"

static void intern_keeps_one_copy_of_each_text(void **state)
{
	struct arena arena = {0};
	struct intern intern;
	const char *kept[500];
	char text[32];

	(void)state;
	intern_init(&intern, &arena);
	for (size_t i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "key-%zu", i);
		kept[i] = intern_text(&intern, text);
	}
	for (size_t i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "key-%zu", i);
		assert_ptr_equal(intern_text(&intern, text), kept[i]);
		assert_string_equal(kept[i], text);
	}
	assert_int_equal(intern.count, 500);
	intern_free(&intern);
	assert_string_equal(kept[7], "key-7");
	arena_free(&arena);
}

static void utf8_accepts_what_is_well_formed(void **state)
{
	static const char *const good[] = {"",
					   "abcdefgh",
					   "grün",
					   "abcdefgh€",
					   "\xf0\x9f\x98\x80",
					   "\xed\x9f\xbf",
					   "\xf4\x8f\xbf\xbf",
					   "\xc2\x80"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
}

static void utf8_refuses_what_is_not(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xff",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80", /* overlong */
		"\xed\xa0\x80",
		"\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80",
		"\xe2\x82", /* surrogate, too large, cut */
		"\xc3",
		"\xc3(",
		"abcdefgh\xc3",
		"abcdefg\xff",
		"\xe2(\xa1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

static void clean_texts_have_no_control_characters(void **state)
{
	(void)state;
	assert_true(utf8_clean("grün ok~", strlen("grün ok~")));
	assert_false(utf8_clean("a\nb", 3));
	assert_false(utf8_clean("a\x7f", 2));
	assert_false(utf8_clean("a\xc2\x9b", 3));
	assert_false(utf8_clean("a\xff", 2));
	assert_false(utf8_clean("a\0b", 3));
}

static void what_turns_hides_or_parts_text_is_a_control_character(void **state)
{
	static const char *const controls[] = {
		"\xc2\xad",                         /* U+00AD, soft hyphen */
		"\xd8\x9c",                         /* U+061C */
		"\xe2\x80\x8b",     "\xe2\x80\x8f", /* U+200B, U+200F */
		"\xe2\x80\xa8",     "\xe2\x80\xae", /* U+2028, U+202E */
		"\xe2\x81\xa0",     "\xe2\x81\xa9", /* U+2060, U+2069 */
		"\xe3\x85\xa4",                     /* U+3164, a letter without a shape */
		"\xef\xbb\xbf",                     /* U+FEFF */
		"\xf3\xa0\x80\x81",                 /* U+E0001 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++)
		assert_false(utf8_clean(controls[i], strlen(controls[i])));
}

static void what_stands_beside_a_control_character_is_none(void **state)
{
	static const char *const texts[] = {
		"\xc2\xa0",
		"\xe2\x80\x8a",
		"\xe2\x80\x90",
		"\xe2\x80\xa7",
		"\xe2\x80\xaf",
		"\xe2\x81\xb0",
		"\xef\xb8\x8f",
		"\xef\xbf\xbd",
		/* U+05E9, a letter of a script from right to left */
		"\xf0\x9f\x98\x80",
		"\xd7\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_true(utf8_clean(texts[i], strlen(texts[i])));
}

/* Plain text is skipped eight bytes at a time, so each byte is tried at each offset. */
static void what_is_not_clean_is_found_wherever_it_stands(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 24; at++) {
			char text[24];

			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			assert_int_equal(utf8_clean(text, sizeof(text)),
					 byte >= 0x20 && byte <= 0x7e);
			utf8_mend(text, sizeof(text));
			assert_int_equal(text[at], byte >= 0x20 && byte <= 0x7e ? (char)byte : '?');
			assert_true(utf8_clean(text, sizeof(text)));
		}
	}
}

static void mending_replaces_byte_by_byte_and_leaves_the_rest(void **state)
{
	char text[] = "a\tb\0c\xff\xc2\x9b\xe2\x82\xac and much more\x1b[2J\xe2\x82";

	(void)state;
	utf8_mend(text, sizeof(text) - 1);
	assert_string_equal(text, "a?b?c???\xe2\x82\xac and much more?[2J??");
	utf8_mend(text, 0);
}

static void error_replaces_what_could_steer_a_terminal(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, -EINVAL, "%s",
				   "a\x1b[2Jb\xc2\x9b"
				   "c\xff"
				   "d\x7f"
				   "ü"),
			 -EINVAL);
	assert_string_equal(err.text, "a?[2Jb??c?d?ü");
	assert_int_equal(error_set(NULL, -EIO, "nobody asks"), -EIO);
}

static void error_is_utf8_even_where_it_is_cut(void **state)
{
	struct error err;
	char text[2 * ERROR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "€", 4);
	error_set(&err, -EINVAL, "%s", text);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_true(utf8_valid(err.text, strlen(err.text)));
	error_set(&err, -EINVAL, ".%s", text);
	assert_true(utf8_valid(err.text, strlen(err.text)));
}

static void errors_have_names_both_ways(void **state)
{
	(void)state;
	assert_string_equal(error_name(-EACCES), "EACCES");
	assert_int_equal(error_number("EACCES"), EACCES);
	assert_int_equal(error_number("EOPNOTSUPP"), EOPNOTSUPP);
	assert_int_equal(error_number("ENOTSUP"), EOPNOTSUPP);
	assert_int_equal(error_number("EWOULDBLOCK"), EAGAIN);
	for (int code = 1; code <= 4095; code++)
		assert_int_equal(error_number(error_name(code)), code);
}

static void unknown_error_names_have_no_number(void **state)
{
	static const char *const bad[] = {"",       "0",     "E",     "EWHATEVER",
					  "eacces", "E5",    "E0",    "E4096",
					  "E-524",  "E+524", "E524x", "E99999999999"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(error_number(bad[i]), 0);
}

static void base64_is_the_same_both_ways(void **state)
{
	unsigned char bytes[256], back[300];
	char text[400];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		base64_encode(bytes, size, text);
		assert_int_equal(strlen(text), BASE64_SIZE(size));
		assert_int_equal(base64_decode(text, strlen(text), back, &len), 0);
		assert_int_equal(len, size);
		assert_memory_equal(back, bytes, size);
	}
	base64_encode("foobar", 5, text);
	assert_string_equal(text, "Zm9vYmE=");
}

static void base64_refuses_what_is_not_exact(void **state)
{
	static const char *const bad[] = {"A",     "AA",    "AAA",      "AA=A", "=AAA",
					  "A===",  "====",  "AB==",     "AAB=", "AA-_",
					  "AAA\n", "AAAAA", "AA==AAAA", "AA A"};
	char back[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), back, &len), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intern_keeps_one_copy_of_each_text),
		cmocka_unit_test(utf8_accepts_what_is_well_formed),
		cmocka_unit_test(utf8_refuses_what_is_not),
		cmocka_unit_test(clean_texts_have_no_control_characters),
		cmocka_unit_test(what_turns_hides_or_parts_text_is_a_control_character),
		cmocka_unit_test(what_stands_beside_a_control_character_is_none),
		cmocka_unit_test(what_is_not_clean_is_found_wherever_it_stands),
		cmocka_unit_test(mending_replaces_byte_by_byte_and_leaves_the_rest),
		cmocka_unit_test(error_replaces_what_could_steer_a_terminal),
		cmocka_unit_test(error_is_utf8_even_where_it_is_cut),
		cmocka_unit_test(errors_have_names_both_ways),
		cmocka_unit_test(unknown_error_names_have_no_number),
		cmocka_unit_test(base64_is_the_same_both_ways),
		cmocka_unit_test(base64_refuses_what_is_not_exact),
	};

	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
