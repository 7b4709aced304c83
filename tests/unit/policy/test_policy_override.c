/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overrides, and the denials that no rule lifts: known-bad entries and mixed kinds. */
#include "tests/support/policy.h"

#define OVERRIDE(match, fields)                                             \
	"rules = ( { name = \"r\"; action = \"override\"; match = { " match \
	" }; fields = ( " fields " ); reason = \"tried\"; } );"
#define HOST_UNKNOWN "source = { host = \"lab-*\"; };"

static void bad_finding(struct bench *bench, const char *field, enum migcompat_limit limit)
{
	result_add_text(&bench->result, field, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD, limit,
			"1", "2", NULL);
}

/* ---------------------------------------------------------------- override */

static void override_accepts_named_fields_and_says_so(void **state)
{
	static const enum migcompat_limit limits[] = {
		MIGCOMPAT_LIMIT_HARDWARE, MIGCOMPAT_LIMIT_DRIVER, MIGCOMPAT_LIMIT_FIRMWARE,
		MIGCOMPAT_LIMIT_PARAMETER};
	struct bench *bench = *state;

	for (size_t i = 0; i < 4; i++) {
		result_reset(&bench->result);
		bad_finding(bench, "ports", limits[i]);
		assert_int_equal(outcome_of(bench, OVERRIDE("", "\"ports\"")), POLICY_NOTHING);
		assert_true(bench->forced);
		assert_int_equal(bench->result.bad_count, 0);
		assert_int_equal(bench->result.bad_limits, 0);
		assert_int_equal(bench->result.findings[0].status, MIGCOMPAT_STATUS_WARN);
		assert_int_equal(bench->result.findings[0].limit, limits[i]);
		assert_true(bench->result.findings[0].forced);
		assert_string_equal(last_text(bench), "source has 1, target has 2 (must be equal); "
						      "accepted by policy rule \"r\": tried");
	}
}

static void override_leaves_other_fields_alone(void **state)
{
	struct bench *bench = *state;

	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_HARDWARE);
	bad_finding(bench, "port", MIGCOMPAT_LIMIT_HARDWARE);
	result_add_text(&bench->result, "ports", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_OK,
			MIGCOMPAT_LIMIT_NONE, "1", "1", NULL);
	assert_int_equal(outcome_of(bench, OVERRIDE("", "\"ports\", \"none\"")), POLICY_NOTHING);
	assert_true(bench->forced);
	assert_int_equal(bench->result.bad_count, 1);
	assert_int_equal(bench->result.findings[1].status, MIGCOMPAT_STATUS_BAD);
	assert_int_equal(bench->result.findings[2].status, MIGCOMPAT_STATUS_OK);
	assert_false(bench->result.findings[2].forced);
}

static void override_never_accepts_the_other_limits(void **state)
{
	static const enum migcompat_limit limits[] = {
		MIGCOMPAT_LIMIT_FORMAT,   MIGCOMPAT_LIMIT_NAMESPACE, MIGCOMPAT_LIMIT_TYPE,
		MIGCOMPAT_LIMIT_RESOURCE, MIGCOMPAT_LIMIT_POLICY,    MIGCOMPAT_LIMIT_HOLD};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		result_reset(&bench->result);
		bad_finding(bench, "ports", limits[i]);
		assert_int_equal(outcome_of(bench, OVERRIDE("", "\"ports\"")), POLICY_NOTHING);
		assert_false(bench->forced);
		assert_int_equal(bench->result.bad_limits, 1u << limits[i]);
	}
}

static void override_does_not_match_what_is_not_known(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_HARDWARE);
	assert_int_equal(outcome_of(bench, OVERRIDE(HOST_UNKNOWN, "\"ports\"")), POLICY_NOTHING);
	assert_false(bench->forced);
	assert_int_equal(bench->result.bad_count, 1);
}

static void override_does_not_reach_findings_that_were_dropped(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < RESULT_FINDINGS_MAX + 5; i++)
		bad_finding(bench, "ports", MIGCOMPAT_LIMIT_HARDWARE);
	assert_int_equal(outcome_of(bench, "rules = ( { action = \"override\"; fields = ( "
					   "\"ports\" ); }, { action = \"override\"; fields "
					   "= ( \"ports\" ); } );"),
			 POLICY_NOTHING);
	assert_true(bench->forced);
	assert_int_equal(bench->result.bad_count, 5);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_HARDWARE);
}

static void override_names_its_rule_where_the_text_is_full(void **state)
{
	struct bench *bench = *state;
	struct policy *policy = policy_of(OVERRIDE("", "\"ports\""));

	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_HARDWARE);
	for (size_t used = RESULT_TEXT_MAX - 60; used <= RESULT_TEXT_MAX; used += 10) {
		bench->result.findings[0].status = MIGCOMPAT_STATUS_BAD;
		bench->result.findings[0].forced = false;
		bench->result.findings[0].text = NULL;
		bench->result.text_used = used;
		bench_apply(bench, policy, false);
		assert_string_equal(last_text(bench), "accepted by policy rule \"r\": tried");
		assert_true(bench->result.text_used <= RESULT_TEXT_MAX);
	}
	policy_free(policy);
}

static void second_override_sees_what_the_first_left(void **state)
{
	struct bench *bench = *state;
	struct policy *policy =
		policy_of("rules = ( { name = \"a\"; action = \"override\"; fields = ( \"x\" ); },"
			  "{ name = \"b\"; action = \"override\"; fields = [ \"x\", \"y\" ]; } );");

	bad_finding(bench, "x", MIGCOMPAT_LIMIT_DRIVER);
	bad_finding(bench, "y", MIGCOMPAT_LIMIT_DRIVER);
	bench_apply(bench, policy, false);
	assert_contains(bench->result.findings[0].text, "accepted by policy rule \"a\"");
	assert_null(strstr(bench->result.findings[0].text, "\"b\""));
	assert_contains(bench->result.findings[1].text, "accepted by policy rule \"b\"");
	assert_int_equal(bench->result.bad_count, 0);
	assert_int_equal(bench->napplied, 2);
	policy_free(policy);
}

static void override_does_not_end_the_rules(void **state)
{
	struct bench *bench = *state;

	bad_finding(bench, "x", MIGCOMPAT_LIMIT_DRIVER);
	assert_int_equal(outcome_of(bench, "rules = ( { action = \"override\"; fields = ( \"x\", "
					   "\"policy\" ); }, { action = \"deny\"; } );"),
			 POLICY_DENY);
	assert_true(bench->forced);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_POLICY);
}

/* ---------------------------------------------------------------- known-bad entries */

static void known_bad_version_denies(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome_of(bench, "known_bad = ( { namespace = \"aa\"; version = "
					   "\"aa:mdev:*\"; reason = \"loses data\"; } );"),
			 POLICY_DENY);
	assert_string_equal(last_text(bench), "policy denies what is known to be bad: source "
					      "version fits \"aa:mdev:*\": loses data");
	assert_int_equal(bench->napplied, 1);
	assert_string_equal(bench->applied[0], "known_bad");
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_POLICY);
}

static void known_bad_fact_denies(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench,
			   "known_bad = ( { fact = \"module/m/version\"; value = \"2.1.*\"; } );"),
		POLICY_DENY);
	assert_contains(last_text(bench), "target module/m/version fits \"2.1.*\"");
	assert_int_equal(
		outcome_of(bench, "known_bad = ( { fact = \"vendor\"; value = \"0x9*\"; } );"),
		POLICY_NOTHING);
	assert_int_equal(outcome_of(bench, "known_bad = ( { fact = \"none\"; value = \"*\"; } );"),
			 POLICY_NOTHING);
}

static void known_bad_looks_at_the_named_side_only(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench,
			   "known_bad = ( { version = \"aa:mdev:*\"; side = \"target\"; } );"),
		POLICY_NOTHING);
	assert_int_equal(
		outcome_of(bench,
			   "known_bad = ( { version = \"aa:mdev:*\"; side = \"source\"; } );"),
		POLICY_DENY);
	assert_int_equal(
		outcome_of(bench,
			   "known_bad = ( { version = \"aa:physical:*\"; side = \"any\"; } );"),
		POLICY_DENY);
}

static void known_bad_of_another_namespace_does_not_deny(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench, "known_bad = ( { namespace = \"bb\"; version = \"*\"; } );"),
		POLICY_NOTHING);
	bench_bare_string(bench);
	bench->source.version = NULL;
	assert_int_equal(
		outcome_of(bench, "known_bad = ( { namespace = \"bb\"; version = \"*\"; } );"),
		POLICY_NOTHING);
}

static void known_bad_matches_what_is_not_known(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	assert_int_equal(outcome_of(bench, "known_bad = ( { fact = \"vendor\"; value = \"never\"; "
					   "side = \"source\"; } );"),
			 POLICY_DENY);
	assert_contains(last_text(bench), "source fact vendor is not known");
	bench->target.version = NULL;
	assert_int_equal(outcome_of(bench, "known_bad = ( { version = \"never\"; } );"),
			 POLICY_DENY);
	assert_contains(last_text(bench), "target version is not known");
}

static void device_without_a_version_string_has_no_bad_one(void **state)
{
	struct bench *bench = *state;

	side_version(&bench->target, "");
	assert_int_equal(outcome_of(bench, "known_bad = ( { version = \"aa:x*\"; } );"),
			 POLICY_NOTHING);
}

static void allow_does_not_reach_what_is_known_bad(void **state)
{
	assert_int_equal(outcome_of(*state, "rules = ( { action = \"allow\"; } ); known_bad = ( { "
					    "version = \"aa:*\"; } );"),
			 POLICY_DENY);
}

static void override_does_not_reach_what_is_known_bad(void **state)
{
	struct bench *bench = *state;

	bad_finding(bench, "x", MIGCOMPAT_LIMIT_DRIVER);
	assert_int_equal(
		outcome_of(
			bench,
			OVERRIDE("",
				 "\"policy\", \"x\"") " known_bad = ( { version = \"aa:*\"; } );"),
		POLICY_DENY);
	assert_false(bench->forced);
	assert_true(bench->result.bad_limits & 1u << MIGCOMPAT_LIMIT_POLICY);
}

/* ---------------------------------------------------------------- mixed kinds */

static void mixed_kinds_are_allowed_by_default(void **state)
{
	assert_int_equal(outcome_of(*state, "mixed = true;"), POLICY_NOTHING);
}

static void mixed_kinds_are_denied_where_off(void **state)
{
	static const struct {
		const char *source, *target;
		enum policy_outcome outcome;
	} pairs[] = {
		{"mdev", "physical", POLICY_DENY},        {"physical", "mdev", POLICY_DENY},
		{"mdev-type", "physical", POLICY_DENY},   {"physical", "mdev-type", POLICY_DENY},
		{"mdev", "mdev", POLICY_NOTHING},         {"mdev", "mdev-type", POLICY_NOTHING},
		{"physical", "physical", POLICY_NOTHING}, {NULL, "mdev", POLICY_DENY},
		{"physical", NULL, POLICY_DENY},          {NULL, NULL, POLICY_DENY},
		{"virtual", "virtual", POLICY_DENY},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		bench->source.kind = pairs[i].source;
		bench->target.kind = pairs[i].target;
		assert_int_equal(outcome_of(bench, "mixed = false;"), pairs[i].outcome);
	}
}

static void denied_mix_says_both_kinds(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome_of(bench, "mixed = false; rules = ( { action = \"allow\"; } );"),
			 POLICY_DENY);
	assert_string_equal(last_text(bench),
			    "policy denies a mix of mediated and physical devices: source kind is "
			    "\"mdev\", target kind is \"physical\"");
	assert_string_equal(bench->applied[0], "mixed");
	bench->source.kind = NULL;
	assert_int_equal(outcome_of(bench, "mixed = false;"), POLICY_DENY);
	assert_contains(last_text(bench), "source kind is not known");
}

static void all_that_is_wrong_is_said_at_once(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome_of(bench, "mixed = false; known_bad = ( { version = \"aa:mdev*\"; "
					   "}, { version = \"aa:ph*\"; } );"),
			 POLICY_DENY);
	assert_int_equal(bench->result.count, 3);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH(override_accepts_named_fields_and_says_so),
		BENCH(override_leaves_other_fields_alone),
		BENCH(override_never_accepts_the_other_limits),
		BENCH(override_does_not_match_what_is_not_known),
		BENCH(override_does_not_reach_findings_that_were_dropped),
		BENCH(override_names_its_rule_where_the_text_is_full),
		BENCH(second_override_sees_what_the_first_left),
		BENCH(override_does_not_end_the_rules),
		BENCH(known_bad_version_denies),
		BENCH(known_bad_fact_denies),
		BENCH(known_bad_looks_at_the_named_side_only),
		BENCH(known_bad_of_another_namespace_does_not_deny),
		BENCH(known_bad_matches_what_is_not_known),
		BENCH(device_without_a_version_string_has_no_bad_one),
		BENCH(allow_does_not_reach_what_is_known_bad),
		BENCH(override_does_not_reach_what_is_known_bad),
		BENCH(mixed_kinds_are_allowed_by_default),
		BENCH(mixed_kinds_are_denied_where_off),
		BENCH(denied_mix_says_both_kinds),
		BENCH(all_that_is_wrong_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
