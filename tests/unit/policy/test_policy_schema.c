/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys and values of a policy, and the message about each wrong one. */
#include "tests/support/policy.h"

/* Each first text must be refused with a message that has the second one. */
static void check_refused(const char *const (*texts)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_contains(policy_refused(texts[i][0]), texts[i][1]);
}

#define CHECK_REFUSED(texts) check_refused(texts, sizeof(texts) / sizeof((texts)[0]))
#define IN_RULE(text) "rules = ( { action = \"deny\"; " text " } );"
#define IN_SOURCE(text) IN_RULE("match = { source = { " text " }; };")
#define IN_FACTS(text) IN_SOURCE("facts = ( " text " );")
#define REQUIRE(text) "rules = ( { action = \"require\"; require = { " text " }; } );"

static void unknown_keys_are_named_with_the_nearest(void **state)
{
	static const char *const texts[][2] = {
		{"mixd = true;",
		 "test.conf:1: unknown key \"mixd\", expected backend_dir, generic, known_bad, "
		 "mechanism, mixed, prefer, rules, stale_after or timeout_ms, or a "
		 "backend's name = { … }; nearest is \"mixed\""},
		{"\nrule = ( );", "test.conf:2: unknown key \"rule\""},
		{"timeout = 3;", "nearest is \"timeout_ms\""},
		{IN_RULE("denny = 1;"), "unknown key \"denny\", expected action, fields, match, "
					"name, reason or require; nearest is \"fields\""},
		{IN_RULE("match = { sourc = { }; };"),
		 "unknown key \"sourc\", expected source or target; nearest is \"source\""},
		{IN_SOURCE("nmespace = \"x\";"), "nearest is \"namespace\""},
		{IN_FACTS("{ fcat = \"x\"; }"),
		 "unknown key \"fcat\", expected fact, scope or value; nearest is \"fact\""},
		{REQUIRE("sid = \"x\";"), "nearest is \"side\""},
		{"known_bad = ( { versoin = \"x\"; } );", "nearest is \"version\""},
		{"prefer = ( { keys = \"x\"; } );", "nearest is \"key\""},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void unknown_words_are_named_with_the_nearest(void **state)
{
	static const char *const texts[][2] = {
		{"\nrules = (\n{\naction = \"denny\"; } );",
		 "test.conf:4: action is \"denny\", expected \"deny\", \"require\", \"allow\" or "
		 "\"override\"; nearest is \"deny\""},
		{"mechanism = \"required\";", "mechanism is \"required\", expected \"report\", "
					      "\"require\" or \"prove\"; nearest is \"require\""},
		{"generic = \"equals\";", "test.conf:1: generic is \"equals\", expected \"refuse\" "
					  "or \"equal\"; nearest is \"equal\""},
		{IN_SOURCE("kind = \"mdev-types\";"), "nearest is \"mdev-type\""},
		{IN_FACTS("{ fact = \"x\"; value = \"y\"; scope = \"hosts\"; }"),
		 "nearest is \"host\""},
		{REQUIRE("side = \"any\"; fact = \"x\"; rule = \"equal\"; value = \"1\";"),
		 "side is \"any\", expected \"source\" or \"target\""},
		{REQUIRE("fact = \"x\"; rule = \"at_least\"; value = \"1\";"),
		 "nearest is \"at-least\""},
		{"known_bad = ( { version = \"x\"; side = \"both\"; } );",
		 "expected \"source\", \"target\" or \"any\""},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void wrong_types_are_named_with_the_right_one(void **state)
{
	static const char *const texts[][2] = {
		{"mixed = \"yes\";", "test.conf:1: \"mixed\" is a string, expected true or false"},
		{"mixed = 1;", "\"mixed\" is a whole number, expected true or false"},
		{"mixed = { };", "\"mixed\" is a group, expected true or false"},
		{"generic = { emit_format = 1; };", "\"generic\" is a group, expected a string"},
		{"timeout_ms = 1.5;",
		 "\"timeout_ms\" is a fraction, expected a whole number of milliseconds"},
		{"timeout_ms = \"5\";", "\"timeout_ms\" is a string"},
		{"backend_dir = true;", "\"backend_dir\" is true or false, expected a string"},
		{"rules = { };", "\"rules\" is a group, expected a list"},
		{"rules = ( 3 );", "element 1 of \"rules\" is no group"},
		{"rules = [ \"deny\" ];", "element 1 of \"rules\" is no group"},
		{"rules = ( { action = 3; } );",
		 "\"action\" is a whole number, expected \"deny\", \"require\""},
		{IN_RULE("match = ( );"), "\"match\" is a list, expected a group"},
		{IN_SOURCE("facts = { vendor = \"x\"; };"),
		 "\"facts\" is a group, expected a list"},
		{IN_FACTS("\"vendor\""), "element 1 of \"facts\" is no group"},
		{"rules = ( { action = \"override\"; fields = ( 1 ); } );",
		 "\"fields\" is of a wrong type, expected a string"},
		{"rules = ( { action = \"override\"; fields = \"x\"; } );",
		 "\"fields\" is a string, expected a list of strings"},
		{"known_bad = \"x\";", "\"known_bad\" is a string, expected a list"},
		{"prefer = { };", "\"prefer\" is a group, expected a list"},
		{"aa = 3;", "unknown key \"aa\""},
		{"aa = { x = 1.5; };",
		 "\"x\" is of a wrong type, expected true or false, a whole number or a string"},
		{"aa = { x = { }; };", "\"x\" is of a wrong type"},
		{"aa = { x = ( 1 ); };", "\"x\" is of a wrong type"},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void values_out_of_range_are_refused(void **state)
{
	static const char *const texts[][2] = {
		{"timeout_ms = 0;", "\"timeout_ms\" is 0, expected 1 to 600000"},
		{"timeout_ms = -1;", "expected 1 to 600000"},
		{"timeout_ms = 600001;", "expected 1 to 600000"},
		{"timeout_ms = 4294972296L;", "\"timeout_ms\" is 4294972296, expected 1 to 600000"},
		{"backend_dir = \"backends\";",
		 "\"backend_dir\" is a relative path, expected an absolute one"},
		{"backend_dir = \"\";", "\"backend_dir\" is empty"},
		{IN_RULE("name = \"a\\nb\";"), "\"name\" holds a control character"},
		{IN_RULE("reason = \"\\x7f\";"), "\"reason\" holds a control character"},
		{IN_RULE("reason = \"\\xff\";"), "\"reason\" is no UTF-8 text"},
		{IN_SOURCE("namespace = \"Aa\";"),
		 "namespace is no namespace, expected 1 to 32 of a-z, 0-9 and _"},
		{IN_SOURCE("namespace = \"a*\";"), "expected 1 to 32"},
		{IN_SOURCE("type = \"aa:card\";"), "type has a \":\""},
		{IN_SOURCE("type = \"card[12\";"), "\"type\" is no glob: its \"[\" is not closed"},
		{IN_SOURCE("host = \"a\\\\\";"), "\"host\" is no glob: it ends in a backslash"},
		{IN_FACTS("{ fact = \"/sys/x\"; value = \"1\"; }"), "fact \"/sys/x\" is no key"},
		{IN_FACTS("{ fact = \"\"; value = \"1\"; }"), "\"fact\" is empty"},
		{"rules = ( { action = \"override\"; fields = ( ); } );",
		 "\"fields\" names 0 fields, expected 1 to 1024"},
		{"prefer = ( { key = \"k\"; backend = \"B\"; } );", "backend is no namespace"},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void lengths_are_bounded(void **state)
{
	char text[8192], value[5000];

	(void)state;
	memset(value, 'x', sizeof(value));
	value[129] = '\0';
	snprintf(text, sizeof(text), "rules = ( { action = \"deny\"; name = \"%s\"; } );", value);
	assert_contains(policy_refused(text), "\"name\" has 129 bytes, expected at most 128");
	value[129] = 'x';
	value[4097] = '\0';
	snprintf(text, sizeof(text),
		 "rules = ( { action = \"deny\"; match = { source = { host = \"%s\"; }; }; } );",
		 value);
	assert_contains(policy_refused(text), "\"host\" has 4097 bytes, expected at most 4096");
	value[256] = '\0';
	snprintf(text, sizeof(text), "known_bad = ( { fact = \"%s\"; value = \"x\"; } );", value);
	assert_contains(policy_refused(text), "\"fact\" has 256 bytes, expected at most 255");
}

/* Make a text: begin, count times unit, end. */
static char *repeated(const char *begin, const char *unit, size_t count, const char *end)
{
	size_t len = strlen(unit);
	char *text = malloc(strlen(begin) + len * count + strlen(end) + 1), *at = text;

	assert_non_null(text);
	at = stpcpy(at, begin);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, unit);
	strcpy(at, end);
	return text;
}

static void numbers_of_entries_are_bounded(void **state)
{
	static const struct {
		const char *begin, *unit;
		size_t most;
		const char *end, *said;
	} lists[] = {
		{"rules = (", "{action=\"deny\";},", 4096, "{action=\"deny\";});",
		 "there are 4097 of rules, expected at most 4096"},
		{"known_bad = (", "{version=\"a\";},", 4096, "{version=\"a\";});",
		 "there are 4097 of known_bad, expected at most 4096"},
		{"prefer = (", "{},", 1024, "{});",
		 "there are 1025 of prefer, expected at most 1024"},
		{"rules=({action=\"deny\";match={source={facts=(", "{},", 1024, "{});};};});",
		 "there are 1025 of facts, expected at most 1024"},
		{"rules=({action=\"override\";fields=(", "\"a\",", 1024, "\"a\");});",
		 "\"fields\" names 1025 fields"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char *text = repeated(lists[i].begin, lists[i].unit, lists[i].most, lists[i].end);

		assert_contains(policy_refused(text), lists[i].said);
		free(text);
	}
}

static void rules_of_all_files_together_are_bounded(void **state)
{
	char *text = repeated("rules = (", "{action=\"deny\";},", 4095, "{action=\"deny\";});");
	struct policy *policy = NULL;
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", text);
	free(text);
	policy = temp_load(temp);
	assert_int_equal(policy->nrules, 4096);
	policy_free(policy);
	temp_write(temp, "etc/conf.d/a.conf", "rules = ( { action = \"deny\"; } );");
	assert_contains(temp_refused(temp, -EINVAL), "a.conf:1: there are more than 4096 rules");
}

static void settings_of_all_sections_together_are_bounded(void **state)
{
	char *text = malloc(65536), *at = text;

	(void)state;
	assert_non_null(text);
	for (int section = 0; section < 2; section++) {
		at += sprintf(at, "s%d = {", section);
		for (int i = 0; i < 520; i++)
			at += sprintf(at, " k%d = 1;", i);
		at += sprintf(at, "};");
	}
	assert_contains(policy_refused(text), "there are more than 1024 settings of backends");
	free(text);
}

static void required_keys_are_asked_for(void **state)
{
	static const char *const texts[][2] = {
		{"rules = (\n{ name = \"x\"; } );",
		 "test.conf:2: the rule lacks \"action\", expected \"deny\", \"require\", "
		 "\"allow\" or \"override\""},
		{IN_FACTS("{ fact = \"x\"; }"), "the fact lacks \"value\", expected a string"},
		{IN_FACTS("{ value = \"x\"; }"), "the fact lacks \"fact\""},
		{REQUIRE("rule = \"equal\"; value = \"1\";"), "the requirement lacks \"fact\""},
		{REQUIRE("fact = \"x\"; value = \"1\";"), "the requirement lacks \"rule\""},
		{REQUIRE("fact = \"x\"; rule = \"equal\";"), "the requirement lacks \"value\""},
		{"prefer = ( { key = \"x\"; } );", "the preference lacks \"backend\""},
		{"prefer = ( { backend = \"x\"; } );", "the preference lacks \"key\""},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void keys_of_one_action_stand_with_it_only(void **state)
{
	static const char *const texts[][2] = {
		{"rules = ( { action = \"require\"; } );",
		 "the rule lacks \"require\", expected with action \"require\""},
		{"rules = ( { action = \"override\"; } );",
		 "the rule lacks \"fields\", expected with action \"override\""},
		{IN_RULE("fields = ( \"x\" );"),
		 "\"fields\" is in a rule of action \"deny\", expected only with \"override\""},
		{IN_RULE("require = { fact = \"x\"; rule = \"equal\"; value = \"1\"; };"),
		 "\"require\" is in a rule of action \"deny\""},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void known_bad_names_one_thing(void **state)
{
	static const char *const texts[] = {
		"known_bad = ( { } );",
		"known_bad = ( { namespace = \"x\"; } );",
		"known_bad = ( { fact = \"x\"; } );",
		"known_bad = ( { value = \"x\"; } );",
		"known_bad = ( { version = \"x\"; fact = \"x\"; value = \"x\"; } );",
		"known_bad = ( { version = \"x\"; value = \"x\"; } );",
		"known_bad = ( { version = \"x\"; scope = \"host\"; } );",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_contains(policy_refused(texts[i]),
				"needs either \"version\", or \"fact\" and \"value\"");
}

static void values_of_requirements_fit_their_rules(void **state)
{
	static const char *const texts[][2] = {
		{REQUIRE("fact = \"x\"; rule = \"at-least\"; value = \"many\";"),
		 "value is \"many\", expected a number (12 or 0xc), for rule \"at-least\""},
		{REQUIRE("fact = \"x\"; rule = \"superset\"; value = \"0x\";"),
		 "expected a number"},
		{REQUIRE("fact = \"x\"; rule = \"at-least\"; value = -1;"),
		 "value is \"-1\", expected a number"},
		{REQUIRE("fact = \"x\"; rule = \"version\"; value = \"new\";"),
		 "expected a version"},
		{REQUIRE("fact = \"x\"; rule = \"version\"; value = 6;"), "expected a version"},
		{REQUIRE("fact = \"x\"; rule = \"range\"; value = \"1-\";"), "expected a range"},
		{REQUIRE("fact = \"x\"; rule = \"range\"; value = \"1-2-3\";"), "expected a range"},
		{REQUIRE("fact = \"x\"; rule = \"range\"; value = \"3-1\";"), "expected a range"},
		{REQUIRE("fact = \"x\"; rule = \"range\"; value = \"3-99999999999999999999\";"),
		 "expected a range"},
		{REQUIRE("fact = \"x\"; rule = \"glob\"; value = \"[\";"),
		 "expected a well-formed glob"},
	};

	(void)state;
	CHECK_REFUSED(texts);
}

static void whole_rule_is_read(void **state)
{
	struct policy *policy =
		policy_of("rules = (\n{ name = \"n\"; reason = \"r\"; action = \"require\";\n"
			  "match = { source = { namespace = \"a_1\"; type = \"t*\"; kind = "
			  "\"mdev\"; host = \"h?\";\n"
			  "facts = ( { fact = \"vendor\"; value = \"0x*\"; }, { fact = "
			  "\"kernel/release\"; value = \"6*\"; } ); }; };\n"
			  "require = { side = \"source\"; fact = \"module/m/version\"; scope = "
			  "\"device\"; rule = \"at-least\"; value = "
			  "0x10; }; } );");
	const struct rule *rule = policy->rules;

	(void)state;
	assert_string_equal(rule->name, "n");
	assert_string_equal(rule->where, "/p/test.conf:2");
	assert_string_equal(rule->match[SIDE_SOURCE].kind, "mdev");
	assert_int_equal(rule->match[SIDE_SOURCE].nfacts, 2);
	assert_int_equal(rule->match[SIDE_SOURCE].facts[0].name.scope, SCOPE_DEVICE);
	assert_int_equal(rule->match[SIDE_SOURCE].facts[1].name.scope, SCOPE_HOST);
	assert_null(rule->match[SIDE_TARGET].host);
	assert_int_equal(rule->require->side, SIDE_SOURCE);
	assert_int_equal(rule->require->name.scope, SCOPE_DEVICE);
	assert_string_equal(rule->require->value, "16");
	policy_free(policy);
}

static void rule_without_a_name_is_called_by_its_place(void **state)
{
	struct policy *policy = policy_of("\nrules = ( { action = \"deny\"; } );");

	(void)state;
	assert_string_equal(policy->rules->name, "test.conf:2");
	policy_free(policy);
}

static void facts_that_rules_ask_for_are_listed(void **state)
{
	struct policy *policy = policy_of(
		"known_bad = ( { fact = \"module/m/version\"; value = \"1\"; }, { version = \"x\"; "
		"} );"
		"rules = ( { action = \"require\"; match = { target = { facts = ( { fact = "
		"\"vendor\"; value = \"x\"; } ); }; };"
		"require = { fact = \"revision\"; rule = \"equal\"; value = \"1\"; }; } );");
	const char *key = NULL;
	size_t hosts = 0, count = 0;
	bool host = false;

	(void)state;
	for (; policy_fact(policy, count, &key, &host); count++) {
		assert_int_equal(host, strcmp(key, "module/m/version") == 0);
		hosts += host;
	}
	assert_int_equal(count, 3);
	assert_int_equal(hosts, 1);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys_are_named_with_the_nearest),
		cmocka_unit_test(unknown_words_are_named_with_the_nearest),
		cmocka_unit_test(wrong_types_are_named_with_the_right_one),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(numbers_of_entries_are_bounded),
		cmocka_unit_test_setup_teardown(rules_of_all_files_together_are_bounded, temp_setup,
						temp_teardown),
		cmocka_unit_test(settings_of_all_sections_together_are_bounded),
		cmocka_unit_test(required_keys_are_asked_for),
		cmocka_unit_test(keys_of_one_action_stand_with_it_only),
		cmocka_unit_test(known_bad_names_one_thing),
		cmocka_unit_test(values_of_requirements_fit_their_rules),
		cmocka_unit_test(whole_rule_is_read),
		cmocka_unit_test(rule_without_a_name_is_called_by_its_place),
		cmocka_unit_test(facts_that_rules_ask_for_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
