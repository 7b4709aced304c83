/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mistakes of a backend in a comparison: findings, fields that are not judged, values. */
#include "tests/support/worker_slips.h"

static void without_a_mistake_the_fields_decide(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct error err = {0};

		assert_int_equal(run(sides[side], "", COMPARE, "2", &err), 0);
		assert_int_equal(result.bad_count, 0);
		assert_int_equal(run(sides[side], "", COMPARE, "3", &err), 0);
		assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
		assert_int_equal(run(sides[side], "parameter", PARAMETERS, "3", &err), 0);
		assert_int_equal(run(sides[side], "", CANDIDATES, "3", &err), 0);
		assert_int_equal(run(sides[side], "", PREPARE, "3", &err), 0);
	}
}

static void an_invalid_finding_is_an_error(void **state)
{
	(void)state;
	SLIPS({"size 0", "compare of x: a finding has struct_size 0, expected at least 88",
	       COMPARE},
	      {"size 8", "compare of x: a finding has struct_size 8, expected at least 88",
	       COMPARE},
	      {"no field", "compare of x: a finding has no field", COMPARE},
	      {"null finding", "compare of x: a finding, or its result, is NULL", COMPARE},
	      {"status 9", "compare of x: the finding \"card\" has the status 9, expected 0 to 3",
	       COMPARE},
	      {"finding rule 9",
	       "compare of x: the finding \"card\" has the rule 9, expected 0 to 6", COMPARE},
	      {"value of type 9",
	       "compare of x: the source's value of the finding \"card\" is of no known type",
	       COMPARE},
	      {"null text",
	       "compare of x: the target's value of the finding \"card\" is a text that is NULL",
	       COMPARE},
	      {"long text",
	       "compare of x: the text of the finding \"card\" has more than 2047 bytes", COMPARE},
	      {"availability", "compare of x: the availability is 9, expected 0 to 2", COMPARE});
}

static void a_limit_of_the_cores_own_is_refused(void **state)
{
	(void)state;
	SLIPS({"limit policy",
	       "compare of x: the finding \"card\" has the limit 9 (policy), which no backend may "
	       "use",
	       COMPARE},
	      {"limit hold",
	       "compare of x: the finding \"card\" has the limit 10 (hold), which no backend may "
	       "use",
	       COMPARE},
	      {"limit hypervisor",
	       "compare of x: the finding \"card\" has the limit 11 (hypervisor), which no backend "
	       "may use",
	       COMPARE},
	      {"limit 42",
	       "compare of x: the finding \"card\" has the limit 42 (unknown), which no backend "
	       "may use",
	       COMPARE},
	      {"table of hold",
	       "payload of x: it could not make the version string: the field \"count\" has the "
	       "limit 10 (hold), which no backend may use",
	       OPEN});
}

static void a_field_with_a_value_must_be_judged(void **state)
{
	(void)state;
	SLIPS({"custom forgotten",
	       "compare of x: it has no finding about the field \"card\", which has a value",
	       COMPARE},
	      {"card forgotten",
	       "compare of x: it has no finding about the field \"card\", which has a value",
	       COMPARE});
}

/* A verdict has findings of the core before its backend is asked. */
static void findings_of_the_core_do_not_count_for_the_backend(void **state)
{
	static const char *const hows[] = {"compares nothing", "custom forgotten"};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(hows); i++) {
		struct provider *provider = sides[i % 2];
		char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
		struct opened *opened;
		struct error err = {0};

		source_of(provider, "3", "", payload);
		opened = test_open(provider, device(hows[i / 2], "3"));
		assert_int_equal(result_reset(&result), 0);
		result_add_text(&result, "card", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_OK,
				MIGCOMPAT_LIMIT_NONE, NULL, NULL, NULL);
		if (opened_compare(opened, payload, strlen(payload), &result, &err) != -EIO)
			fail_msg("%s in %s", hows[i / 2], i % 2 ? "a worker" : "this process");
		opened_close(opened);
	}
}

static void a_field_that_only_the_target_has_must_be_judged(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
		struct opened *opened;
		struct error err = {0};

		source_of(sides[side], "1", "card absent", payload);
		opened = test_open(sides[side], device("custom forgotten", "2"));
		assert_int_equal(result_reset(&result), 0);
		assert_int_equal(opened_compare(opened, payload, strlen(payload), &result, &err),
				 -EIO);
		assert_contains(err.text, "no finding about the field \"card\"");
		opened_close(opened);
	}
}

static void a_field_may_be_covered_or_absent(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct error err = {0};

		assert_int_equal(run(sides[side], "covers", COMPARE, "2", &err), 0);
		assert_int_equal(run(sides[side], "card absent", COMPARE, "2", &err), 0);
		assert_int_equal(result.bad_count, 0);
	}
}

static void a_comparison_must_be_complete(void **state)
{
	(void)state;
	SLIPS({"swapped",
	       "compare of x: it gave record_compare the source's values as the target's", COMPARE},
	      {"swapped copies",
	       "compare of x: it gave record_compare the source's values as the target's", COMPARE},
	      {"never filled",
	       "compare of x: the optional field \"option\" has a value on neither side: it was "
	       "never filled, or is MIGCOMPAT_VALUE_ABSENT",
	       COMPARE},
	      {"no record_compare",
	       "compare of x: it has no finding about the field \"count\", which has a value",
	       COMPARE},
	      {"null values", "compare of x: it compares a record with NULL", COMPARE},
	      {"compares nothing", "compare of x: it compared nothing", COMPARE});
}

static void a_value_has_the_type_that_its_table_says(void **state)
{
	(void)state;
	SLIPS({"target type",
	       "compare of x: the target's value of the field \"mask\" is text, its rule "
	       "\"superset\" takes a hexadecimal number",
	       COMPARE},
	      {"source type",
	       "compare of x: the source's value of the field \"mask\" is a number, its table says "
	       "a hexadecimal number",
	       COMPARE},
	      {"range of a number",
	       "compare of x: the target's value of the field \"count\" is a number, its rule "
	       "\"range\" takes text",
	       COMPARE},
	      {"range of nonsense",
	       "compare of x: the target's value of the field \"count\" is \"1..\", expected "
	       "<min>-<max>",
	       COMPARE},
	      {"text for a number",
	       "payload of x: it could not make the version string: the value of the field "
	       "\"count\" is a number, its table says text",
	       OPEN},
	      {"wrong type",
	       "payload of x: it could not make the version string: the value of the field "
	       "\"mask\" is a number, its table says a "
	       "hexadecimal number",
	       OPEN},
	      {"missing",
	       "payload of x: it could not make the version string: the mandatory field \"mask\" "
	       "has no value",
	       OPEN},
	      {"format 7",
	       "payload of x: it could not make the version string: it writes format 7, its record "
	       "has 1 to 1",
	       OPEN});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_mistake_the_fields_decide),
		cmocka_unit_test(an_invalid_finding_is_an_error),
		cmocka_unit_test(a_limit_of_the_cores_own_is_refused),
		cmocka_unit_test(a_field_with_a_value_must_be_judged),
		cmocka_unit_test(findings_of_the_core_do_not_count_for_the_backend),
		cmocka_unit_test(a_field_that_only_the_target_has_must_be_judged),
		cmocka_unit_test(a_field_may_be_covered_or_absent),
		cmocka_unit_test(a_comparison_must_be_complete),
		cmocka_unit_test(a_value_has_the_type_that_its_table_says),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
