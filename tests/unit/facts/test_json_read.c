/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON is read and written as by jansson, whole or not at all: each allocation of
 * json_read.c and json_write.c fails once.
 */
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/json_source.h"
#include "core/facts/json_write.h"
#include "core/facts/macros.h"

#define TEXT_MAX 65536u

static unsigned failing; /* the number of the realloc that fails, from 1; 0: none */
static unsigned taken;   /* calls since then */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
	return ++taken == failing ? NULL : __real_realloc(memory, size);
}

static void fail_at(unsigned number)
{
	failing = number;
	taken = 0;
}

static int read_text(const char *text, json_t **ret, struct error *err)
{
	return json_source_text(&(struct json_text){.name = "text",
						    .what = "value",
						    .bytes = text,
						    .len = strlen(text),
						    .max = TEXT_MAX},
				ret, err);
}

static void reads_as_jansson_does(const char *text)
{
	json_t *theirs = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL),
	       *ours = NULL;
	struct error err = {{0}};
	int r = read_text(text, &ours, &err);

	if (r == 0 && !json_equal(ours, theirs))
		fail_msg("\"%s\" is read otherwise than by jansson", text);
	if (r != 0 && (theirs || r != -EINVAL || !*err.text))
		fail_msg("\"%s\": %d: %s", text, r, err.text);
	json_decref(theirs);
	json_decref(ours);
}

static const char *const good_texts[] = {
	"{}",
	"[]",
	"\"\"",
	" [ 1 , 2 ]\n",
	"{\"a\":{\"b\":[null,true,false]},\"c\":\"\"}",
	"0",
	"-0",
	"-1",
	"9223372036854775807",
	"-9223372036854775808",
	"1.5",
	"-0.25e+3",
	"1E-2",
	"1e300",
	"5e-324",
	"1e-400",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"\"\\u00e4\\u20AC\"",
	"\"\\ud83d\\ude00\"",
	"\"\\u007f\x7f\"",
	"\"€😀ü\"",
	"{\"\":1}",
	"{\"ä\":\"ö\",\"a\\u0062\":1}",
	"\t\r\n 7 ",
};

static const char *const bad_texts[] = {
	"[",
	"]",
	"{",
	"}",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{a:1}",
	"{1:1}",
	"{\"a\":1,\"a\":1}",
	"{\"a\":1,\"\\u0061\":2}",
	"tru",
	"truex",
	"True",
	"nul",
	"+1",
	"01",
	"-",
	"-x",
	"1.",
	".5",
	"1e",
	"1e+",
	"1.e1",
	"0x10",
	"NaN",
	"9223372036854775808",
	"-9223372036854775809",
	"1e999",
	"-1e999",
	"\"",
	"\"a",
	"\"\\\"",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u123g\"",
	"\"\\ud800\"",
	"\"\\ud800x\"",
	"\"\\ud800\\n\"",
	"\"\\ud800\\ud800\"",
	"\"\\udc00\"",
	"\"\\u0000\"",
	"\"\n\"",
	"\"\x01\"",
	"\"\xff\"",
	"\"\xc3\"",
	"\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"",
	"\xff",
	"ä",
	"[1 2]",
	"1 2",
	"[1}",
	"{\"a\":1]",
	"//",
	"'a'",
	"[\x7f]",
};

static void texts_are_read_as_by_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_texts); i++)
		reads_as_jansson_does(good_texts[i]);
	for (size_t i = 0; i < COUNT(bad_texts); i++)
		reads_as_jansson_does(bad_texts[i]);
}

static void wrong_byte_is_named_with_its_line(void **state)
{
	struct error err;
	json_t *value = NULL;

	(void)state;
	assert_int_equal(read_text("{\"a\":1,\n\"b\" 2}", &value, &err), -EINVAL);
	assert_string_equal(err.text, "text: line 2: value: bad JSON: ':' expected near '2'");
	assert_int_equal(read_text("[1,\n\n", &value, &err), -EINVAL);
	assert_string_equal(err.text, "text: line 3: value: bad JSON: the text ends within it");
}

static void depth_is_bounded_as_by_jansson(void **state)
{
	static char text[2 * 2049 + 1];
	struct error err;
	json_t *value = NULL;

	(void)state;
	memset(text, '[', 2048);
	memset(text + 2048, ']', 2048);
	assert_int_equal(read_text(text, &value, &err), 0);
	json_decref(value);
	memset(text, '[', 2049);
	memset(text + 2049, ']', 2049);
	assert_int_equal(read_text(text, &value, &err), -EINVAL);
	assert_contains(err.text, "maximum parsing depth reached");
}

/* Tokens of all lengths, so that each growth of a buffer can fail. */
static void no_byte_is_lost_to_a_failed_allocation(void **state)
{
	char text[1200], *again;

	(void)state;
	for (size_t len = 1; len < 1100; len++) {
		struct error err = {{0}};
		json_t *value = NULL;
		int r;

		snprintf(text, sizeof(text), "[\"%0*d\",-%0*d.5]", (int)len, 0, 1, 1);
		for (unsigned at = 1; fail_at(at), (r = read_text(text, &value, &err)) != 0; at++)
			assert_int_equal(r, -ENOMEM);
		assert_true(taken < failing);
		fail_at(0);
		again = json_write(value, JSON_COMPACT);
		assert_string_equal(again, text);
		free(again);
		json_decref(value);
	}
}

static void document_is_written_whole_or_not_at_all(void **state)
{
	json_t *document = json_object();
	char *text, *expected;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[32];

		snprintf(name, sizeof(name), "member %d", i);
		json_object_set_new(document, name,
				    json_pack("[i,s,{s:b}]", i, "text", "flag", i % 2));
	}
	expected = json_dumps(document, JSON_INDENT(1));
	for (unsigned at = 1; fail_at(at), !(text = json_write(document, JSON_INDENT(1))); at++)
		;
	assert_true(failing > 2);
	fail_at(0);
	assert_string_equal(text, expected);
	assert_null(json_write(NULL, 0));
	free(text);
	free(expected);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_as_by_jansson),
		cmocka_unit_test(wrong_byte_is_named_with_its_line),
		cmocka_unit_test(depth_is_bounded_as_by_jansson),
		cmocka_unit_test(no_byte_is_lost_to_a_failed_allocation),
		cmocka_unit_test(document_is_written_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
