/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of backends and preferences between backends, checked against declarations. */
#include "tests/support/policy.h"

static void preference_is_found_by_key_or_module(void **state)
{
	struct policy *policy = policy_of("prefer = ( { key = \"vfio-pci\"; backend = \"one\"; }, "
					  "{ key = \"vfio_pci:pci:v1-*\"; backend = \"two\"; } );");

	(void)state;
	assert_string_equal(policy_prefer(policy, "vfio_pci"), "one");
	assert_string_equal(policy_prefer(policy, "vfio-pci"), "one");
	assert_string_equal(policy_prefer(policy, "vfio_pci:pci:v2*"), "one");
	assert_string_equal(policy_prefer(policy, "vfio-pci:pci:v1-*"), "two");
	assert_string_equal(policy_prefer(policy, "vfio_pci:pci:v1_*"), "one");
	assert_null(policy_prefer(policy, "vfio"));
	assert_null(policy_prefer(policy, "vfio_pci_other"));
	policy_free(policy);
}

static void section_values_become_text(void **state)
{
	struct policy *policy = policy_of("aa = { yes = true; no = FALSE; number = 12; hex = 0x10; "
					  "large = 5000000000L; negative = -3; text = \"a b\"; };");

	(void)state;
	assert_string_equal(policy_setting(policy, "aa", "yes"), "true");
	assert_string_equal(policy_setting(policy, "aa", "no"), "false");
	assert_string_equal(policy_setting(policy, "aa", "number"), "12");
	assert_string_equal(policy_setting(policy, "aa", "hex"), "16");
	assert_string_equal(policy_setting(policy, "aa", "large"), "5000000000");
	assert_string_equal(policy_setting(policy, "aa", "negative"), "-3");
	assert_string_equal(policy_setting(policy, "aa", "text"), "a b");
	assert_null(policy_setting(policy, "aa", "other"));
	assert_null(policy_setting(policy, "bb", "yes"));
	policy_free(policy);
}

static const struct migcompat_setting settings[] = {
	{"wide", MIGCOMPAT_SETTING_BOOL, NULL, "false", "d"},
	{"level", MIGCOMPAT_SETTING_INT, "1-5", "1", "d"},
	{"offset", MIGCOMPAT_SETTING_INT, "-5--2", "-3", "d"},
	{"step", MIGCOMPAT_SETTING_INT, "1,2,4", "1", "d"},
	{"mode", MIGCOMPAT_SETTING_STRING, "ignore,warn,require", "warn", "d"},
	{"label", MIGCOMPAT_SETTING_STRING, NULL, "", "d"},
};
static const struct policy_backend backends[] = {{"card", settings, 6, false},
						 {"plain", NULL, 0, false}};

static const char *sections_said(const char *text, size_t nbackends)
{
	static struct error err;
	struct policy *policy = policy_of(text);

	err = (struct error){0};
	if (policy_check_sections(policy, backends, nbackends, NULL, &err) == 0)
		strcpy(err.text, "fine");
	policy_free(policy);
	return err.text;
}

static void good_sections_pass(void **state)
{
	(void)state;
	assert_string_equal(sections_said("", 2), "fine");
	assert_string_equal(sections_said("", 0), "fine");
	assert_string_equal(sections_said("prefer = ( { key = \"k\"; backend = \"plain\"; } );", 2),
			    "fine");
	assert_string_equal(sections_said("card = { wide = true; level = 5; offset = -2; step = 4; "
					  "mode = \"require\"; label = \"x\"; }; plain = { };",
					  2),
			    "fine");
}

static void bad_sections_are_refused(void **state)
{
	static const char *const texts[][2] = {
		{"\ncrad = { };",
		 "test.conf:2: unknown key \"crad\", expected backend_dir, generic, known_bad, "
		 "mechanism, mixed, prefer, rules, stale_after or "
		 "timeout_ms, or a loaded "
		 "backend's name (card or plain); nearest is \"card\""},
		{"rule = { };", "nearest is \"rules\""},
		{"card = {\nwyde = true; };",
		 "test.conf:2: unknown key \"wyde\" of backend \"card\", expected wide, level, "
		 "offset, step, mode or label; nearest is "
		 "\"wide\""},
		{"plain = { x = 1; };",
		 "unknown key \"x\", expected none, since backend \"plain\" has no settings"},
		{"card = { wide = 1; };", "\"wide\" is a whole number, expected true or false"},
		{"card = { wide = \"true\"; };", "\"wide\" is a string, expected true or false"},
		{"card = { level = true; };", "\"level\" is true, expected a whole number"},
		{"card = { label = 3; };", "\"label\" is a whole number, expected a string"},
		{"card = { level = 6; };", "level is 6, expected 1-5"},
		{"card = { level = -1; };", "level is -1, expected 1-5"},
		{"card = { offset = 0; };", "offset is 0, expected -5--2"},
		{"card = { step = 3; };", "step is \"3\", expected \"1\", \"2\" or \"4\""},
		{"\nprefer = ( { key = \"k\"; backend = \"crad\"; } );",
		 "test.conf:2: \"prefer\" names the backend \"crad\", expected card or plain; "
		 "nearest is \"card\""},
		{"card = { mode = \"wran\"; };", "mode is \"wran\", expected \"ignore\", \"warn\" "
						 "or \"require\"; nearest is \"warn\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_contains(sections_said(texts[i][0], 2), texts[i][1]);
	assert_contains(sections_said("card = { };", 0), "unknown key \"card\"");
}

static void the_section_of_a_backend_that_did_not_load_is_ignored(void **state)
{
	static const struct policy_backend lame[] = {{"card", NULL, 0, true}};
	struct policy *policy;
	struct error err = {0};

	(void)state;
	policy = policy_of("card = { whatever = 3; };\n");
	assert_int_equal(policy_check_sections(policy, lame, 1, NULL, &err), 0);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preference_is_found_by_key_or_module),
		cmocka_unit_test(section_values_become_text),
		cmocka_unit_test(good_sections_pass),
		cmocka_unit_test(bad_sections_are_refused),
		cmocka_unit_test(the_section_of_a_backend_that_did_not_load_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
