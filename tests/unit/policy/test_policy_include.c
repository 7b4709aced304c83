/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy files as text: @include, unclosed parts, and the lines that messages name. */
#include "tests/support/policy.h"

static void included_file_counts_in_place(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "etc/migcompat.conf",
		   "rules = (\n  { name = \"a\"; action = \"allow\"; },\n@include \"sub/b\"\n  { "
		   "name = \"c\"; action = \"deny\"; } );\n");
	assert_int_equal(mkdir(temp_path(temp, "etc/sub"), 0755), 0);
	temp_write(temp, "etc/sub/b", "\n{ name = \"b\"; action = \"allow\"; },");
	policy = temp_load(temp);
	assert_string_equal(policy->rules->name, "a");
	assert_string_equal(policy->rules->next->name, "b");
	assert_string_equal(policy->rules->next->next->name, "c");
	assert_contains(policy->rules->where, "etc/migcompat.conf:2");
	assert_contains(policy->rules->next->where, "etc/sub/b:2");
	assert_contains(policy->rules->next->next->where, "etc/migcompat.conf:4");
	assert_contains(policy_file(policy, 1), "etc/sub/b");
	policy_free(policy);
}

static void relative_name_is_looked_for_beside_the_including_file(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	assert_int_equal(mkdir(temp_path(temp, "etc/sub"), 0755), 0);
	temp_write(temp, "etc/migcompat.conf", "\t @include\t\"sub/one\" # why\n");
	temp_write(temp, "etc/sub/one", "@include \"two\"");
	temp_write(temp, "etc/sub/two", "timeout_ms = 2;");
	policy = temp_load(temp);
	assert_int_equal(policy_timeout_ms(policy), 2);
	policy_free(policy);
}

static void absolute_name_is_taken_as_it_is(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;
	char line[256];

	temp_write(temp, "usr/one", "timeout_ms = 7;");
	snprintf(line, sizeof(line), "@include \"%s/usr/one\"\n", temp->folder);
	temp_write(temp, "etc/migcompat.conf", line);
	policy = temp_load(temp);
	assert_int_equal(policy_timeout_ms(policy), 7);
	policy_free(policy);
}

static void error_in_an_included_file_names_it(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "@include \"one\"\nmixed = 3;\n");
	temp_write(temp, "etc/one", "\n\ntimeout_ms = \"soon\";");
	assert_contains(temp_refused(temp, -EINVAL), "etc/one:3: \"timeout_ms\" is a string");
	temp_write(temp, "etc/one", "timeout_ms = 1;\n\n= 3;");
	assert_contains(temp_refused(temp, -EINVAL), "etc/one:3: syntax error");
	temp_write(temp, "etc/one", "\n\n");
	assert_contains(temp_refused(temp, -EINVAL),
			"etc/migcompat.conf:2: \"mixed\" is a whole number");
}

static void missing_included_file_is_an_error(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "\n@include \"none\"\n");
	assert_contains(temp_refused(temp, -ENOENT), "etc/migcompat.conf:2: @include: ");
	assert_contains(temp_refused(temp, -ENOENT), "etc/none: No such file");
}

static void included_file_that_others_can_write_is_refused(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "@include \"one\"\n");
	temp_write(temp, "etc/one", "mixed = true;");
	assert_int_equal(chmod(temp_path(temp, "etc/one"), 0666), 0);
	assert_contains(temp_refused(temp, -EPERM), "etc/one can be written by others");
}

static void circle_is_one_sentence(void **state)
{
	struct temp *temp = *state;
	const char *said;

	temp_write(temp, "etc/migcompat.conf", "mixed = true;\n@include \"b\"\n");
	temp_write(temp, "etc/b", "@include \"migcompat.conf\"\n");
	said = temp_refused(temp, -EINVAL);
	assert_contains(said, "etc/b:1: @include forms a circle: ");
	assert_contains(said, "etc/migcompat.conf includes ");
	assert_contains(said, "etc/b includes ");
}

static void file_that_includes_itself_is_a_circle(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "@include \"../etc/migcompat.conf\"\n");
	assert_contains(temp_refused(temp, -EINVAL), "migcompat.conf:1: @include forms a circle");
}

static void nesting_is_bounded(void **state)
{
	struct temp *temp = *state;
	char name[32], line[32];

	temp_write(temp, "etc/migcompat.conf", "@include \"0\"\n");
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "etc/%d", i);
		snprintf(line, sizeof(line), "@include \"%d\"\n", i + 1);
		temp_write(temp, name, line);
	}
	assert_contains(temp_refused(temp, -EINVAL), "@include is nested deeper than 10 files");
}

/* Ten files that each include the next one ten times would make 10^10 texts. */
static void many_includes_are_bounded(void **state)
{
	struct temp *temp = *state;

	temp_write(
		temp, "etc/migcompat.conf",
		"@include \"a\"\n@include \"a\"\n@include \"a\"\n@include \"a\"\n@include \"a\"\n");
	temp_write(
		temp, "etc/a",
		"@include \"b\"\n@include \"b\"\n@include \"b\"\n@include \"b\"\n@include \"b\"\n");
	temp_write(
		temp, "etc/b",
		"@include \"c\"\n@include \"c\"\n@include \"c\"\n@include \"c\"\n@include \"c\"\n");
	temp_write(
		temp, "etc/c",
		"@include \"d\"\n@include \"d\"\n@include \"d\"\n@include \"d\"\n@include \"d\"\n");
	temp_write(temp, "etc/d", "# nothing\n");
	assert_contains(temp_refused(temp, -EFBIG), "includes more than 256 files");
}

static void large_includes_are_bounded(void **state)
{
	struct temp *temp = *state;
	char *blanks = malloc(1 << 20);

	memset(blanks, ' ', (1 << 20) - 1);
	blanks[(1 << 20) - 1] = '\0';
	temp_write(temp, "etc/a", blanks);
	free(blanks);
	temp_write(
		temp, "etc/migcompat.conf",
		"@include \"a\"\n@include \"a\"\n@include \"a\"\n@include \"a\"\n@include \"a\"\n");
	assert_contains(temp_refused(temp, -EFBIG),
			"is larger than 4194304 bytes with its included files");
}

static void include_in_comment_or_string_is_none(void **state)
{
	struct policy *policy = policy_of(
		"# @include \"x\"\n// @include \"x\"\n/*\n@include \"x\"\n*/\n"
		"rules = ( { action = \"deny\"; name = \"a\\\" # \"\n\"@include /* \"; } ); # end");

	(void)state;
	assert_string_equal(policy->rules->name, "a\" # @include /* ");
	policy_free(policy);
}

static void malformed_includes_are_syntax_errors(void **state)
{
	static const char *const texts[][2] = {
		{"mixed = true; @include \"x\"\n", ":1: syntax error: \"@\""},
		{"\n@includes \"x\"\n", ":2: syntax error: @include"},
		{"@include x\n", ":1: syntax error: @include"},
		{"@include", ":1: syntax error"},
		{"@include \"x\n\"", ":1: the name after @include is not closed"},
		{"@include \"x", ":1: the name after @include is not closed"},
		{"@include \"\"\n", ":1: the name after @include is empty"},
		{"@include \"a\\b\"\n", ":1: the name after @include has a backslash"},
		{"@include \"x\" @include \"y\"\n", ":1: @include: /p/x: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct policy *policy = NULL;
		struct error err = {0};

		assert_true(policy_load_text("/p/test.conf", texts[i][0], strlen(texts[i][0]),
					     &policy_parser, &policy, &err) < 0);
		assert_contains(err.text, texts[i][1]);
	}
}

static void name_after_include_has_a_length(void **state)
{
	char text[6000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "@include \"", 10);
	strcpy(text + sizeof(text) - 3, "\"\n");
	assert_contains(policy_refused(text), "the name after @include is too long");
}

static void unclosed_comment_does_not_swallow_the_rules(void **state)
{
	(void)state;
	assert_contains(
		policy_refused("mixed = true;\n/* note\nrules = ( { action = \"deny\"; } );\n"),
		"test.conf:2: the comment is not closed");
}

static void unclosed_string_is_named_where_it_begins(void **state)
{
	(void)state;
	assert_contains(policy_refused("\nbackend_dir = \"/x;\nmixed = true;\n"),
			"test.conf:2: the string is not closed");
}

static void comment_may_end_the_file(void **state)
{
	(void)state;
	policy_free(policy_of("mixed = true; # no newline after it"));
	policy_free(policy_of("#"));
	policy_free(policy_of("// x"));
}

static void stray_strings_are_syntax_errors(void **state)
{
	static const char *const texts[] = {
		"\"x\"",
		"mixed \"x\"",
		"mixed = true, \"x\"",
		"rules = ( 1 \"x\" )",
		"aa = { \"x\" }",
		"aa = { b = 1, \"x\" }",
		"rules = ( { }, \"x\" ) \"y\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_contains(policy_refused(texts[i]),
				"test.conf:1: syntax error: a string where none is expected");
}

static void numbers_that_would_be_cut_are_refused(void **state)
{
	static const char *const bad[] = {
		"\naa = { x = 4294967297; };",
		"\naa = { x = 2147483648; };",
		"\naa = { x = -2147483649; };",
		"\naa = { x = 0xfffffffff; };",
		"\naa = { x = 9223372036854775808L; };",
		"\naa = { x = 99999999999999999999999999999999999; };",
		"\naa = { x = 0x80000000; };",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_contains(policy_refused(bad[i]), "test.conf:2: a number is too l");
	policy_free(policy_of("aa = { a = 2147483647; b = -2147483648; c = 0x7fffffff; d = "
			      "9223372036854775807L; e-1 = 3; f5000000000 = +4; };"));
}

static void deep_nesting_is_refused(void **state)
{
	char text[128] = "aa = ";

	(void)state;
	memset(text + 5, '(', 80);
	assert_contains(policy_refused(text), "test.conf:1: brackets are nested too deep");
}

static void syntax_errors_are_named_by_line(void **state)
{
	static const char *const texts[] = {"\nmixed = ;",
					    "\nmixed true",
					    "\nrules = ( { )",
					    "\n)",
					    "\nmixed = true; mixed = false;",
					    "\naa = [ 1, \"a\" ];",
					    "\n\x01",
					    "\nthis is no policy"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_contains(policy_refused(texts[i]), "test.conf:2: ");
}

#define TEMP(test) cmocka_unit_test_setup_teardown(test, temp_setup, temp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP(included_file_counts_in_place),
		TEMP(relative_name_is_looked_for_beside_the_including_file),
		TEMP(absolute_name_is_taken_as_it_is),
		TEMP(error_in_an_included_file_names_it),
		TEMP(missing_included_file_is_an_error),
		TEMP(included_file_that_others_can_write_is_refused),
		TEMP(circle_is_one_sentence),
		TEMP(file_that_includes_itself_is_a_circle),
		TEMP(nesting_is_bounded),
		TEMP(many_includes_are_bounded),
		TEMP(large_includes_are_bounded),
		cmocka_unit_test(include_in_comment_or_string_is_none),
		cmocka_unit_test(malformed_includes_are_syntax_errors),
		cmocka_unit_test(name_after_include_has_a_length),
		cmocka_unit_test(unclosed_comment_does_not_swallow_the_rules),
		cmocka_unit_test(unclosed_string_is_named_where_it_begins),
		cmocka_unit_test(comment_may_end_the_file),
		cmocka_unit_test(stray_strings_are_syntax_errors),
		cmocka_unit_test(numbers_that_would_be_cut_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(syntax_errors_are_named_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
