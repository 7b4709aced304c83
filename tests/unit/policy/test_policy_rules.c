/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy is applied: the effect of each action, the order of rules, and what no rule
 * lifts.
 */
#include "tests/support/policy.h"

#define RULE(action, match, more) \
	"rules = ( { name = \"r\"; action = \"" action "\"; match = { " match " }; " more " } );"
#define REQUIRE(match, require) RULE("require", match, "require = { " require " };")
#define OVERRIDE(match, fields) \
	RULE("override", match, "fields = ( " fields " ); reason = \"tried\";")
#define HOST_UNKNOWN "source = { host = \"lab-*\"; };"
#define NO_MATCH "source = { host = \"other\"; };"

static void bad_finding(struct bench *bench, const char *field, enum migcompat_limit limit)
{
	result_add_text(&bench->result, field, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD, limit,
			"1", "2", NULL);
}

/* ---------------------------------------------------------------- no rule */

static void default_policy_does_nothing(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome_of(bench, ""), POLICY_NOTHING);
	assert_false(bench->forced);
	assert_int_equal(bench->napplied, 0);
	assert_int_equal(bench->result.count, 0);
}

static void rule_that_does_not_match_does_nothing(void **state)
{
	static const char *const texts[] = {
		RULE("deny", NO_MATCH, ""),
		REQUIRE(NO_MATCH, "fact = \"none\"; rule = \"equal\"; value = \"1\";"),
		RULE("allow", NO_MATCH, ""),
		OVERRIDE(NO_MATCH, "\"ports\""),
	};
	struct bench *bench = *state;

	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_PARAMETER);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(outcome_of(bench, texts[i]), POLICY_NOTHING);
		assert_int_equal(bench->napplied, 0);
		assert_false(bench->forced);
		assert_int_equal(bench->result.count, 1);
		assert_int_equal(bench->result.bad_count, 1);
	}
}

/* ---------------------------------------------------------------- deny */

static void deny_adds_a_bad_finding_of_limit_policy(void **state)
{
	struct bench *bench = *state;
	const struct finding *finding = bench->result.findings;

	assert_int_equal(outcome_of(bench, RULE("deny", HOST_UNKNOWN, "reason = \"keep apart\";")),
			 POLICY_DENY);
	assert_int_equal(bench->result.count, 1);
	assert_string_equal(finding->field, "policy");
	assert_int_equal(finding->status, MIGCOMPAT_STATUS_BAD);
	assert_int_equal(finding->limit, MIGCOMPAT_LIMIT_POLICY);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_POLICY);
	assert_string_equal(last_text(bench), "policy rule \"r\" denies it: keep apart");
}

static void deny_matches_what_is_not_known(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	assert_int_equal(outcome_of(bench, RULE("deny", HOST_UNKNOWN, "reason = \"keep apart\";")),
			 POLICY_DENY);
	assert_string_equal(last_text(bench),
			    "policy rule \"r\" denies it: source host is not known: keep apart");
	assert_int_equal(
		outcome_of(bench,
			   RULE("deny",
				"source = { facts = ( { fact = \"vendor\"; value = \"1\"; } ); };",
				"")),
		POLICY_DENY);
}

static void deny_needs_a_fact_that_is_there(void **state)
{
	assert_int_equal(
		outcome_of(*state,
			   RULE("deny",
				"source = { facts = ( { fact = \"none\"; value = \"*\"; } ); };",
				"")),
		POLICY_NOTHING);
}

/* ---------------------------------------------------------------- require */

static void requirement_that_is_met_goes_on(void **state)
{
	struct bench *bench = *state;
	struct policy *policy =
		policy_of("rules = ("
			  "{ name = \"first\"; action = \"require\"; require = { fact = "
			  "\"revision\"; rule = \"at-least\"; value = 2; }; },"
			  "{ name = \"second\"; action = \"deny\"; } );");

	bench_apply(bench, policy, false);
	assert_int_equal(bench->outcome, POLICY_DENY);
	assert_int_equal(bench->napplied, 2);
	assert_string_equal(bench->applied[0], "first");
	assert_string_equal(bench->applied[1], "second");
	assert_int_equal(bench->result.count, 1);
	policy_free(policy);
}

static void requirement_that_is_not_met_denies(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench,
			   REQUIRE("", "fact = \"revision\"; rule = \"at-least\"; value = 3;")),
		POLICY_DENY);
	assert_string_equal(last_text(bench), "policy rule \"r\" is not met: target revision is "
					      "\"2\", at-least \"3\" is required");
	assert_int_equal(bench->result.findings[0].limit, MIGCOMPAT_LIMIT_POLICY);
}

static void requirement_may_be_of_the_source_and_its_host(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench, REQUIRE("", "side = \"source\"; fact = \"module/m/version\"; "
					      "rule = \"version\"; value = \"2.0\";")),
		POLICY_NOTHING);
	assert_int_equal(
		outcome_of(bench, REQUIRE("", "side = \"source\"; fact = \"module/m/version\"; "
					      "rule = \"version\"; value = \"2.1\";")),
		POLICY_DENY);
	assert_contains(last_text(bench),
			"source module/m/version is \"2.0.1\", version \"2.1\" is required");
}

static void requirement_of_a_missing_fact_denies(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench, REQUIRE("", "fact = \"none\"; rule = \"glob\"; value = \"*\";")),
		POLICY_DENY);
	assert_contains(last_text(bench), "target fact none is not there, glob \"*\" is required");
}

static void requirement_of_an_unknown_fact_denies(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	assert_int_equal(outcome_of(bench, REQUIRE("", "side = \"source\"; fact = \"vendor\"; rule "
						       "= \"glob\"; value = \"*\";")),
			 POLICY_DENY);
	assert_contains(last_text(bench),
			"source fact vendor is not known, glob \"*\" is required");
}

static void requirement_of_a_malformed_fact_denies(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome_of(bench, REQUIRE("", "side = \"source\"; fact = \"empty\"; rule "
						       "= \"at-least\"; value = 0;")),
			 POLICY_DENY);
	assert_contains(last_text(bench), "source empty is \"\", at-least \"0\" is required");
}

static void requirement_fails_where_it_is_not_known_whether_it_is_asked(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	assert_int_equal(
		outcome_of(bench, REQUIRE(HOST_UNKNOWN,
					  "fact = \"revision\"; rule = \"equal\"; value = \"2\";")),
		POLICY_DENY);
	assert_contains(last_text(bench), "source host is not known");
}

/* ---------------------------------------------------------------- allow */

static void allow_ends_the_rules(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		outcome_of(bench, "rules = ( { action = \"allow\"; }, { action = \"deny\"; } );"),
		POLICY_ALLOW);
	assert_int_equal(bench->result.count, 0);
	assert_int_equal(bench->napplied, 1);
}

static void allow_leaves_bad_findings_as_they_are(void **state)
{
	struct bench *bench = *state;

	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_HARDWARE);
	assert_int_equal(outcome_of(bench, RULE("allow", "", "")), POLICY_ALLOW);
	assert_int_equal(bench->result.bad_count, 1);
	assert_false(bench->forced);
}

static void allow_does_not_match_what_is_not_known(void **state)
{
	struct bench *bench = *state;

	bench_bare_string(bench);
	assert_int_equal(outcome_of(bench, RULE("allow", HOST_UNKNOWN, "")), POLICY_NOTHING);
	assert_int_equal(bench->napplied, 0);
}

/* ---------------------------------------------------------------- bounds */

static void applied_names_are_bounded(void **state)
{
	struct bench *bench = *state;
	struct policy *policy = policy_of("rules = ( { action = \"override\"; fields = ( \"a\" ); "
					  "}, { action = \"override\"; fields = ( \"a\" ); },"
					  "{ action = \"override\"; fields = ( \"a\" ); } );");
	const char *matched[2] = {NULL, "untouched"};
	struct policy_question question = {
		.source = &bench->source,
		.target = &bench->target,
		.result = &bench->result,
		.matched = matched,
		.matched_max = 1,
		.nmatched = 99,
	};

	assert_int_equal(policy_apply(policy, &question), POLICY_NOTHING);
	assert_int_equal(question.nmatched, 1);
	assert_string_equal(matched[1], "untouched");
	policy_free(policy);
}

/* ---------------------------------------------------------------- trace */

static void trace_shows_every_rule_in_order(void **state)
{
	static const char *const lines[] = {
		"known_bad|/p/test.conf:1|deny|no|target version is "
		"\"aa:physical:card-2port:1;ports=2\", rule wants \"zz\"",
		"mixed|default|deny|no|mediated and physical devices may be mixed",
		"one|/p/test.conf:3|deny|no|source kind is \"mdev\", rule wants \"physical\"",
		"two|/p/test.conf:4|require|yes|target revision is \"2\", equal \"2\" is required",
		"three|/p/test.conf:5|override|yes|accepted 1 finding; \"type\" is of limit type, "
		"which no override accepts",
		"four|/p/test.conf:6|override|yes|every condition holds, but no field that it "
		"names was refused",
		"five|/p/test.conf:7|allow|no|source host is not known",
		"six|/p/test.conf:8|deny|yes|source host is not known",
		"seven|/p/test.conf:9|allow|no|not asked: \"six\" ended it",
	};
	struct bench *bench = *state;
	struct policy *policy = policy_of(
		"known_bad = ( { version = \"zz\"; } );\n"
		"rules = (\n"
		"{ name = \"one\"; action = \"deny\"; match = { source = { kind = \"physical\"; }; "
		"}; },\n"
		"{ name = \"two\"; action = \"require\"; require = { fact = \"revision\"; rule = "
		"\"equal\"; value = \"2\"; }; },\n"
		"{ name = \"three\"; action = \"override\"; fields = ( \"ports\", \"type\" ); },\n"
		"{ name = \"four\"; action = \"override\"; fields = ( \"ports\" ); },\n"
		"{ name = \"five\"; action = \"allow\"; match = { source = { host = \"lab\"; }; }; "
		"},\n"
		"{ name = \"six\"; action = \"deny\"; match = { source = { host = \"lab\"; }; }; "
		"},\n"
		"{ name = \"seven\"; action = \"allow\"; } );");

	bench_bare_string(bench);
	bad_finding(bench, "ports", MIGCOMPAT_LIMIT_PARAMETER);
	bad_finding(bench, "type", MIGCOMPAT_LIMIT_TYPE);
	bench_apply(bench, policy, true);
	assert_int_equal(bench->outcome, POLICY_DENY);
	assert_int_equal(bench->ntrace, sizeof(lines) / sizeof(lines[0]));
	for (size_t i = 0; i < bench->ntrace; i++)
		assert_string_equal(bench->trace[i], lines[i]);
	policy_free(policy);
}

static void trace_changes_no_outcome(void **state)
{
	static const char *const texts[] = {
		"",
		"mixed = false;",
		"known_bad = ( { version = \"aa:*\"; } );",
		RULE("deny", HOST_UNKNOWN, ""),
		RULE("allow", HOST_UNKNOWN, ""),
		REQUIRE("", "fact = \"revision\"; rule = \"range\"; value = \"3-4\";"),
		OVERRIDE("", "\"ports\""),
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct policy *policy = policy_of(texts[i]);
		enum policy_outcome silent;
		size_t count, bad;

		result_reset(&bench->result);
		bad_finding(bench, "ports", MIGCOMPAT_LIMIT_PARAMETER);
		bench_apply(bench, policy, false);
		silent = bench->outcome;
		count = bench->result.count;
		bad = bench->result.bad_count;
		result_reset(&bench->result);
		bad_finding(bench, "ports", MIGCOMPAT_LIMIT_PARAMETER);
		bench_apply(bench, policy, true);
		assert_int_equal(bench->outcome, silent);
		assert_int_equal(bench->result.count, count);
		assert_int_equal(bench->result.bad_count, bad);
		assert_true(bench->ntrace >= 1);
		policy_free(policy);
	}
}

static void trace_says_that_a_denied_mix_ended_it(void **state)
{
	struct bench *bench = *state;
	struct policy *policy =
		policy_of("mixed = false;\nrules = ( { name = \"r\"; action = \"allow\"; } );");

	bench_apply(bench, policy, true);
	assert_string_equal(bench->trace[0], "mixed|/p/test.conf:1|deny|yes|source kind is "
					     "\"mdev\", target kind is \"physical\"");
	assert_string_equal(bench->trace[1],
			    "r|/p/test.conf:2|allow|no|not asked: \"mixed\" ended it");
	policy_free(policy);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH(default_policy_does_nothing),
		BENCH(rule_that_does_not_match_does_nothing),
		BENCH(deny_adds_a_bad_finding_of_limit_policy),
		BENCH(deny_matches_what_is_not_known),
		BENCH(deny_needs_a_fact_that_is_there),
		BENCH(requirement_that_is_met_goes_on),
		BENCH(requirement_that_is_not_met_denies),
		BENCH(requirement_may_be_of_the_source_and_its_host),
		BENCH(requirement_of_a_missing_fact_denies),
		BENCH(requirement_of_an_unknown_fact_denies),
		BENCH(requirement_of_a_malformed_fact_denies),
		BENCH(requirement_fails_where_it_is_not_known_whether_it_is_asked),
		BENCH(allow_ends_the_rules),
		BENCH(allow_leaves_bad_findings_as_they_are),
		BENCH(allow_does_not_match_what_is_not_known),
		BENCH(applied_names_are_bounded),
		BENCH(trace_shows_every_rule_in_order),
		BENCH(trace_changes_no_outcome),
		BENCH(trace_says_that_a_denied_mix_ended_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
