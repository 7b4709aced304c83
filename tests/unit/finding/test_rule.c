/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparison rules and the texts of findings, as tables. */
#include "core/finding/result.h"
#include "tests/support/test.h"

#define N(value)                           \
	{                                  \
		MIGCOMPAT_VALUE_NUMBER, 0, \
		{                          \
			.number = (value)  \
		}                          \
	}
#define X(value)                          \
	{                                 \
		MIGCOMPAT_VALUE_HEX, 0,   \
		{                         \
			.number = (value) \
		}                         \
	}
#define V(a, b, c)                                           \
	{                                                    \
		MIGCOMPAT_VALUE_VERSION, 0,                  \
		{                                            \
			.number = MIGCOMPAT_VERSION(a, b, c) \
		}                                            \
	}
#define T(value)                                         \
	{                                                \
		MIGCOMPAT_VALUE_TEXT, sizeof(value) - 1, \
		{                                        \
			.text = (value)                  \
		}                                        \
	}
#define NOTHING   \
	{         \
		0 \
	}

struct row {
	struct migcompat_value source, target;
	bool holds;
	uint64_t extra;
};

static void run(uint32_t rule, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t extra = 0;

		if (rule_holds(rule, &rows[i].source, &rows[i].target, &extra) != rows[i].holds)
			fail_msg("%s: row %zu", rule_name(rule), i);
		assert_int_equal(extra, rows[i].extra);
	}
}

#define RUN(rule, ...)                                           \
	do {                                                     \
		static const struct row rows[] = __VA_ARGS__;    \
		run(rule, rows, sizeof(rows) / sizeof(rows[0])); \
	} while (0)

static void equal_takes_the_same_value_of_the_same_type(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_EQUAL, {
					  {N(2), N(2), true, 0},
					  {N(2), N(1), false, 0},
					  {T("a"), T("a"), true, 0},
					  {T("a"), T("ab"), false, 0},
					  {T("a"), T("b"), false, 0},
					  {N(2), X(2), false, 0},
					  {NOTHING, NOTHING, false, 0},
					  {T(""), T(""), true, 0},
				  });
}

static void superset_takes_a_target_with_every_bit(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_SUPERSET, {
					     {X(5), X(7), true, 1},
					     {X(5), X(5), true, 0},
					     {X(7), X(5), false, 0},
					     {X(0), X(0xff), true, 8},
					     {X(1), T("1"), false, 0},
					     {NOTHING, X(1), false, 0},
				     });
}

static void at_least_takes_as_much_or_more(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_AT_LEAST, {
					     {N(2), N(4), true, 2},
					     {N(2), N(2), true, 0},
					     {N(4), N(2), false, 0},
					     {N(2), NOTHING, false, 0},
					     {T("2"), N(4), false, 0},
				     });
}

static void version_follows_the_semantic_rule(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_VERSION, {
					    {V(2, 0, 1), V(2, 1, 1), true, 1},
					    {V(2, 1, 1), V(2, 0, 1), false, 0},
					    {V(2, 0, 0), V(3, 0, 0), false, 0},
					    {V(2, 0, 1), V(2, 0, 0), true, 1},
					    {V(2, 0, 0), V(2, 0, 0), true, 0},
					    {V(3, 0, 0), V(2, 0, 0), false, 0},
					    {N(2), N(2), false, 0},
					    {V(1, 0, 0), NOTHING, false, 0},
				    });
}

static void one_of_takes_a_member_of_the_list(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_ONE_OF, {
					   {T("b"), T("a,b,c"), true, 0},
					   {N(2), T("1,2"), true, 0},
					   {T("d"), T("a,b,c"), false, 0},
					   {T("a"), T("ab,c"), false, 0},
					   {T("a,b"), T("a,b"), false, 0},
					   {T("a"), N(1), false, 0},
					   {NOTHING, T(""), false, 0},
					   {T("c"), T("a,b,c"), true, 0},
				   });
}

static void range_takes_both_ends_and_between(void **state)
{
	(void)state;
	RUN(MIGCOMPAT_RULE_RANGE, {
					  {N(1), T("1-4"), true, 0},
					  {N(4), T("1-4"), true, 0},
					  {N(5), T("1-4"), false, 0},
					  {N(0), T("1-4"), false, 0},
					  {T("3"), T("1-4"), true, 0},
					  {T("x"), T("1-4"), false, 0},
					  {N(1), T("1"), false, 0},
					  {N(1), T("-"), false, 0},
					  {N(1), T("1-99999999999999999999"), false, 0},
					  {V(0, 0, 1), T("0-9"), false, 0},
				  });
}

static void an_unknown_rule_never_holds(void **state)
{
	struct migcompat_value value = N(1);

	(void)state;
	assert_false(rule_holds(MIGCOMPAT_RULE_INFO, &value, &value, NULL));
	assert_false(rule_holds(99, &value, &value, NULL));
}

static void values_are_rendered_by_type(void **state)
{
	static const struct {
		struct migcompat_value value;
		const char *text;
	} rows[] = {{N(42), "42"},
		    {X(0x5916), "0x5916"},
		    {V(1, 2, 3), "1.2.3"},
		    {T("abc"), "abc"},
		    {NOTHING, ""}};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value_render(&rows[i].value, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void a_finding_says_both_values_and_the_rule(void **state)
{
	struct finding finding = {.field = "ports",
				  .noun = "ports",
				  .source = N(2),
				  .target = N(1),
				  .status = MIGCOMPAT_STATUS_BAD};
	char text[256];

	(void)state;
	finding_render(&finding, text, sizeof(text));
	assert_string_equal(text, "source has 2, target has 1 (must be equal)");
	finding_render_reason(&finding, text, sizeof(text));
	assert_string_equal(text, "source has 2 ports, target has 1");
	finding.target = finding.source;
	finding.status = MIGCOMPAT_STATUS_OK;
	finding_render(&finding, text, sizeof(text));
	assert_string_equal(text, "both have 2");
	finding.text = "its own words";
	finding_render(&finding, text, sizeof(text));
	assert_string_equal(text, "its own words");
}

static void more_than_1024_findings_are_counted_and_still_decide(void **state)
{
	struct migcompat_result result = {0};

	(void)state;
	assert_int_equal(result_reset(&result), 0);
	for (int i = 0; i < 3000; i++)
		result_add_text(&result, "x", MIGCOMPAT_RULE_EQUAL,
				i == 2999 ? MIGCOMPAT_STATUS_BAD : MIGCOMPAT_STATUS_OK,
				MIGCOMPAT_LIMIT_RESOURCE, "a", "b", "c");
	assert_int_equal(result.count, RESULT_FINDINGS_MAX);
	assert_int_equal(result.truncated, 3000 - RESULT_FINDINGS_MAX);
	assert_int_equal(result.bad_count, 1);
	result_recount(&result);
	result_recount(&result);
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	result_free(&result);
}

static void a_flood_of_text_is_cut_and_the_findings_stay(void **state)
{
	struct migcompat_result result = {0};
	char *flood = malloc(100000);

	(void)state;
	memset(flood, 'x', 99999);
	flood[99999] = '\0';
	assert_int_equal(result_reset(&result), 0);
	for (int i = 0; i < 20; i++)
		result_add_text(&result, flood, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
				MIGCOMPAT_LIMIT_TYPE, flood, flood, flood);
	assert_int_equal(result.count, 20);
	assert_int_equal(result.bad_count, 20);
	assert_true(result.text_used <= RESULT_TEXT_MAX);
	free(flood);
	result_free(&result);
}

static void an_unknown_status_or_limit_is_bad(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_finding finding = {.struct_size = sizeof(finding),
					    .field = "x",
					    .status = 77,
					    .limit = 99,
					    .rule = 50};

	(void)state;
	assert_int_equal(result_reset(&result), 0);
	result_add(&result, &finding, false);
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(result.findings[0].limit, MIGCOMPAT_LIMIT_PARAMETER);
	result_free(&result);
}

static void no_availability_wins_and_its_first_reason_stays(void **state)
{
	struct migcompat_result result = {0};

	(void)state;
	assert_int_equal(result_reset(&result), 0);
	result_availability(&result, MIGCOMPAT_YES, NULL);
	result_availability(&result, MIGCOMPAT_NO, "taken");
	result_availability(&result, MIGCOMPAT_YES, "free");
	result_availability(&result, MIGCOMPAT_NO, "later");
	assert_int_equal(result.availability, MIGCOMPAT_NO);
	assert_string_equal(result.availability_text, "taken");
	result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_takes_the_same_value_of_the_same_type),
		cmocka_unit_test(superset_takes_a_target_with_every_bit),
		cmocka_unit_test(at_least_takes_as_much_or_more),
		cmocka_unit_test(version_follows_the_semantic_rule),
		cmocka_unit_test(one_of_takes_a_member_of_the_list),
		cmocka_unit_test(range_takes_both_ends_and_between),
		cmocka_unit_test(an_unknown_rule_never_holds),
		cmocka_unit_test(values_are_rendered_by_type),
		cmocka_unit_test(a_finding_says_both_values_and_the_rule),
		cmocka_unit_test(more_than_1024_findings_are_counted_and_still_decide),
		cmocka_unit_test(a_flood_of_text_is_cut_and_the_findings_stay),
		cmocka_unit_test(an_unknown_status_or_limit_is_bad),
		cmocka_unit_test(no_availability_wins_and_its_first_reason_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
