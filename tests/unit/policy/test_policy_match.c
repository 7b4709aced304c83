/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Globs, requirements and conditions: what fits, what does not, and what is malformed. */
#include "core/policy/words.h"
#include "tests/support/policy.h"

/* ---------------------------------------------------------------- globs */

static void globs_that_fit(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"*", ""},
		{"*", "a/b\nc"},
		{"a", "a"},
		{"a*", "a"},
		{"*a", "bca"},
		{"a*c", "abbc"},
		{"*b*", "abc"},
		{"?", "x"},
		{"a?c", "a/c"},
		{"[abc]", "b"},
		{"[a-c]x", "bx"},
		{"[!a-c]", "d"},
		{"[^a-c]", "d"},
		{"[]]", "]"},
		{"[!]]", "a"},
		{"[a-]", "-"},
		{"[\\]]", "]"},
		{"\\*", "*"},
		{"\\\\", "\\"},
		{"[0-9a-f]*", "fz"},
		{"a*b*c", "a1b2b3c"},
		{"**", "x"},
		{"lab-[12]", "lab-2"},
		{"\xc3\xa4*", "\xc3\xa4x"},
		{"6.1[0-9].*", "6.12.3"},
		{"[*]", "*"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_null(policy_glob_check(pairs[i][0]));
		if (!policy_glob_match(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" does not fit \"%s\"", pairs[i][1], pairs[i][0]);
	}
}

static void globs_that_do_not_fit(void **state)
{
	static const char *const pairs[][2] = {
		{"", "a"},      {"a", ""},      {"a", "ab"},    {"ab", "a"},
		{"?", ""},      {"?", "ab"},    {"[abc]", "d"}, {"[!abc]", "a"},
		{"[a-c]", ""},  {"a*c", "abd"}, {"*a", "ab"},   {"\\*", "x"},
		{"[c-a]", "b"}, {"a?", "a"},    {"A", "a"},     {"*b*c", "cb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (policy_glob_match(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" fits \"%s\"", pairs[i][1], pairs[i][0]);
}

static void malformed_globs_are_named_and_fit_nothing(void **state)
{
	static const char *const globs[] = {"[", "[a", "[]", "[!]", "a[", "\\", "a\\", "[a\\"};

	(void)state;
	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		assert_non_null(policy_glob_check(globs[i]));
		assert_false(policy_glob_match(globs[i], "a"));
		assert_false(policy_glob_match(globs[i], "["));
		assert_false(policy_glob_match(globs[i], "ab"));
	}
}

/* A recursive matcher would need 2^32 steps. */
static void many_stars_end_soon(void **state)
{
	char glob[66], text[60001];

	(void)state;
	for (size_t i = 0; i < 64; i += 2)
		memcpy(glob + i, "*a", 2);
	memcpy(glob + 64, "b", 2);
	memset(text, 'a', 60000);
	text[60000] = '\0';
	assert_false(policy_glob_match(glob, text));
}

/* ---------------------------------------------------------------- requirements */

static void check_requirement(unsigned rule, const char *value, const char *const *holds,
			      const char *const *fails)
{
	struct requirement requirement = {.rule = rule, .value = value};

	assert_null(requirement_prepare(&requirement));
	for (; *holds; holds++)
		if (!requirement_holds(&requirement, *holds))
			fail_msg("\"%s\" does not meet %s %s", *holds, require_words[rule], value);
	for (; *fails; fails++)
		if (requirement_holds(&requirement, *fails))
			fail_msg("\"%s\" meets %s %s", *fails, require_words[rule], value);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void equal_is_the_same_text(void **state)
{
	(void)state;
	check_requirement(MIGCOMPAT_RULE_EQUAL, "0x10", TEXTS("0x10"),
			  TEXTS("16", "0x1", "0x100", "", " 0x10"));
}

static void at_least_is_a_number(void **state)
{
	(void)state;
	check_requirement(MIGCOMPAT_RULE_AT_LEAST, "16",
			  TEXTS("16", "17", "0x10", "018446744073709551615"),
			  TEXTS("15", "0xf", "", "many", "16 ", "16x", "-16", "0x",
				"18446744073709551616", "1e9"));
}

static void superset_has_every_bit(void **state)
{
	(void)state;
	check_requirement(MIGCOMPAT_RULE_SUPERSET, "0xC", TEXTS("12", "0xc", "0xff"),
			  TEXTS("8", "0xfff3", "c", ""));
}

static void version_has_the_same_major_and_no_older_minor(void **state)
{
	(void)state;
	check_requirement(
		MIGCOMPAT_RULE_VERSION, "6.10",
		TEXTS("6.10", "6.12.3", "6.10.0-9-amd64", "6.11-rc1", "6.10.", "6.10.1.2"),
		TEXTS("6.9", "7.10", "5.11", "6", "", "v6.11", "6.x", ".6.11", "6.9999999999",
		      "6."));
	check_requirement(MIGCOMPAT_RULE_VERSION, "2.1.1", TEXTS("2.1.0", "2.2"),
			  TEXTS("2.0.1", "3.1.1"));
}

static void one_of_is_a_word_of_the_list(void **state)
{
	(void)state;
	check_requirement(MIGCOMPAT_RULE_ONE_OF, "a,bc,4", TEXTS("a", "bc", "4"),
			  TEXTS("b", "a,bc", "", "5", "bcd"));
}

static void range_holds_both_ends(void **state)
{
	(void)state;
	check_requirement(MIGCOMPAT_RULE_RANGE, "2-10", TEXTS("2", "10", "0xa", "7"),
			  TEXTS("1", "11", "", "a", "2-10", "-3"));
}

static void glob_fits_text(void **state)
{
	(void)state;
	check_requirement(REQUIRE_GLOB, "CEX[78]*", TEXTS("CEX7", "CEX8P"),
			  TEXTS("CEX6", "XCEX7", ""));
}

/* ---------------------------------------------------------------- conditions */

static enum truth truth_of(struct bench *bench, const char *conditions, char *why)
{
	const struct policy_side *const sides[SIDE_COUNT] = {&bench->source, &bench->target};
	struct policy *policy;
	enum truth silent, said;
	char text[1024];

	snprintf(text, sizeof(text), "rules = ( { action = \"deny\"; match = { %s }; } );",
		 conditions);
	policy = policy_of(text);
	silent = match_sides(policy->rules->match, sides, NULL, 0);
	said = match_sides(policy->rules->match, sides, why, WHY_MAX);
	policy_free(policy);
	assert_int_equal(silent, said);
	return said;
}

static void conditions_that_hold(void **state)
{
	static const char *const texts[] = {
		"",
		"source = { }; target = { };",
		"source = { namespace = \"aa\"; };",
		"source = { kind = \"mdev\"; }; target = { kind = \"physical\"; };",
		"source = { type = \"card-?port\"; };",
		"source = { host = \"lab-*\"; }; target = { host = \"prod-1\"; };",
		"source = { facts = ( { fact = \"vendor\"; value = \"0x8086\"; } ); };",
		"source = { facts = ( { fact = \"empty\"; value = \"*\"; } ); };",
		"target = { facts = ( { fact = \"kernel/release\"; value = \"6.1[0-9].*\"; }, { "
		"fact = \"revision\"; value = \"2\"; } ); "
		"};",
	};
	char why[WHY_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(truth_of(*state, texts[i], why), TRUTH_YES);
		assert_string_equal(why, "every condition holds");
	}
}

static void conditions_that_do_not_hold_say_which(void **state)
{
	static const char *const texts[][2] = {
		{"source = { kind = \"physical\"; };",
		 "source kind is \"mdev\", rule wants \"physical\""},
		{"source = { namespace = \"a\"; };",
		 "source namespace is \"aa\", rule wants \"a\""},
		{"target = { type = \"card\"; };",
		 "target type is \"card-2port\", rule wants \"card\""},
		{"source = { host = \"lab-1\"; }; target = { host = \"lab-*\"; };",
		 "target host is \"prod-1\", rule wants \"lab-*\""},
		{"source = { facts = ( { fact = \"vendor\"; value = \"0x1*\"; } ); };",
		 "source fact vendor is \"0x8086\", rule wants \"0x1*\""},
		{"source = { facts = ( { fact = \"revision\"; value = \"*\"; } ); };",
		 "source fact revision is not there"},
		{"source = { facts = ( { fact = \"kernel/release\"; value = \"7*\"; } ); };",
		 "source host fact kernel/release is \"6.1.0-9\", rule wants \"7*\""},
		{"source = { facts = ( { fact = \"vendor\"; value = \"*\"; scope = \"host\"; } ); "
		 "};",
		 "source host fact vendor is not there"},
	};
	char why[WHY_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(truth_of(*state, texts[i][0], why), TRUTH_NO);
		assert_string_equal(why, texts[i][1]);
	}
}

static void what_is_not_known_is_neither(void **state)
{
	static const char *const texts[][2] = {
		{"source = { host = \"*\"; };", "source host is not known"},
		{"source = { kind = \"mdev\"; };", "source kind is not known"},
		{"source = { type = \"*\"; };", "source type is not known"},
		{"source = { namespace = \"aa\"; };", "source namespace is not known"},
		{"source = { facts = ( { fact = \"vendor\"; value = \"*\"; } ); };",
		 "source fact vendor is not known"},
		{"source = { facts = ( { fact = \"kernel/release\"; value = \"*\"; } ); };",
		 "source host fact kernel/release is not known"},
	};
	struct bench *bench = *state;
	char why[WHY_MAX];

	bench->source = (struct policy_side){0};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(truth_of(bench, texts[i][0], why), TRUTH_UNKNOWN);
		assert_string_equal(why, texts[i][1]);
	}
}

static void facts_that_could_not_be_read_are_not_known(void **state)
{
	struct bench *bench = *state;
	struct factset_builder builder;
	struct factset facts;
	char why[WHY_MAX];

	factset_builder_init(&builder, &bench->arena);
	assert_int_equal(factset_builder_add_error(&builder, "vendor", EACCES), 0);
	assert_int_equal(factset_builder_add_binary(&builder, "vpd", "\1\2", 2), 0);
	assert_int_equal(factset_builder_finish(&builder, &facts, NULL), 0);
	bench->source.facts = &facts;
	assert_int_equal(
		truth_of(bench, "source = { facts = ( { fact = \"vendor\"; value = \"*\"; } ); };",
			 why),
		TRUTH_UNKNOWN);
	assert_string_equal(why, "source fact vendor could not be read (EACCES)");
	assert_int_equal(truth_of(bench,
				  "source = { facts = ( { fact = \"vpd\"; value = \"*\"; } ); };",
				  why),
			 TRUTH_UNKNOWN);
	assert_string_equal(why, "source fact vpd is no text");
}

static void facts_that_were_not_collected_are_not_known(void **state)
{
	const char *const globs[] = {"v*", "sub/x"};
	const struct wanted wanted = {.globs = globs, .count = 2};
	struct bench *bench = *state;
	char why[WHY_MAX];

	bench->source.wanted = &wanted;
	assert_int_equal(truth_of(bench,
				  "source = { facts = ( { fact = \"other\"; value = \"*\"; } ); };",
				  why),
			 TRUTH_UNKNOWN);
	assert_string_equal(why, "source fact other was not collected");
	assert_int_equal(truth_of(bench,
				  "source = { facts = ( { fact = \"vpd\"; value = \"*\"; } ); };",
				  why),
			 TRUTH_NO);
	assert_int_equal(
		truth_of(bench, "source = { facts = ( { fact = \"vendor\"; value = \"*\"; } ); };",
			 why),
		TRUTH_YES);
	bench->target.host_wanted = &wanted;
	assert_int_equal(
		truth_of(bench,
			 "target = { facts = ( { fact = \"module/x\"; value = \"*\"; } ); };", why),
		TRUTH_UNKNOWN);
	assert_string_equal(why, "target host fact module/x was not collected");
}

static void no_wins_over_not_known(void **state)
{
	struct bench *bench = *state;
	char why[WHY_MAX];

	bench->source.host = NULL;
	assert_int_equal(truth_of(bench,
				  "source = { host = \"x\"; facts = ( { fact = \"vendor\"; value = "
				  "\"1\"; } ); };",
				  why),
			 TRUTH_NO);
	assert_contains(why, "source fact vendor is");
	assert_int_equal(
		truth_of(bench, "source = { host = \"x\"; }; target = { host = \"x\"; };", why),
		TRUTH_NO);
	assert_contains(why, "target host is");
	assert_int_equal(
		truth_of(bench, "source = { host = \"x\"; }; target = { host = \"*\"; };", why),
		TRUTH_UNKNOWN);
	assert_contains(why, "source host is not known");
}

static void long_and_odd_values_are_shown_in_one_short_line(void **state)
{
	struct bench *bench = *state;
	char host[400], why[WHY_MAX];

	memset(host, 'h', sizeof(host));
	memcpy(host, "a\n\x1b", 3);
	memcpy(host + 90, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 8);
	host[399] = '\0';
	bench->source.host = host;
	assert_int_equal(truth_of(bench, "source = { host = \"x\"; };", why), TRUTH_NO);
	assert_true(strlen(why) < 200);
	assert_true(utf8_valid(why, strlen(why)));
	assert_contains(why, "source host is \"a  hhh");
	assert_contains(why, "…\", rule wants \"x\"");
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_that_fit),
		cmocka_unit_test(globs_that_do_not_fit),
		cmocka_unit_test(malformed_globs_are_named_and_fit_nothing),
		cmocka_unit_test(many_stars_end_soon),
		cmocka_unit_test(equal_is_the_same_text),
		cmocka_unit_test(at_least_is_a_number),
		cmocka_unit_test(superset_has_every_bit),
		cmocka_unit_test(version_has_the_same_major_and_no_older_minor),
		cmocka_unit_test(one_of_is_a_word_of_the_list),
		cmocka_unit_test(range_holds_both_ends),
		cmocka_unit_test(glob_fits_text),
		BENCH(conditions_that_hold),
		BENCH(conditions_that_do_not_hold_say_which),
		BENCH(what_is_not_known_is_neither),
		BENCH(facts_that_could_not_be_read_are_not_known),
		BENCH(facts_that_were_not_collected_are_not_known),
		BENCH(no_wins_over_not_known),
		BENCH(long_and_odd_values_are_shown_in_one_short_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
