/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force is shown, as text that loads to the same policy again, and as JSON.
 */
#include "tests/support/policy.h"

#include <fcntl.h>

#include <jansson.h>

static const char everything[] =
	"backend_dir = \"/opt/b\"; timeout_ms = 7; mixed = false; mechanism = \"require\"; "
	"stale_after = 3600;\n"
	"generic = \"equal\"; prefer = ( { key = \"a-b:pci:v1*\"; backend = \"one\"; }, { key = "
	"\"c\"; backend = \"two\"; } );\n"
	"known_bad = ( { version = \"x:\\\\*\\\"*\"; reason = \"a \\\\ b\"; }, { namespace = "
	"\"n\"; fact = \"module/m/version\"; value = "
	"\"1\"; side = \"target\"; },\n"
	"              { fact = \"module/m/version\"; value = \"[!a]\"; scope = \"device\"; } );\n"
	"rules = ( { action = \"deny\"; }, { name = \"ä \\\"quoted\\\" # name\"; action = "
	"\"require\"; reason = \"why\";\n"
	"  match = { source = { namespace = \"n\"; type = \"t*\"; kind = \"mdev-type\"; host = "
	"\"h\"; facts = ( { fact = \"a\"; value = "
	"\"1\"; "
	"},\n"
	"            { fact = \"kernel/release\"; value = \"6*\"; } ); }; target = { facts = ( { "
	"fact = \"b\"; value = \"?\"; scope = "
	"\"host\"; } ); }; };\n"
	"  require = { side = \"source\"; fact = \"c\"; rule = \"superset\"; value = 0xf0; }; },\n"
	"  { action = \"override\"; fields = [ \"x\", \"y\" ]; }, { action = \"allow\"; match = { "
	"}; } );\n"
	"card = { yes = true; no = false; n = -3; big = 5000000000L; small = -5000000000L; text = "
	"\"a b\"; }; empty = { };\n";

static char *shown(const struct policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(policy_show(policy, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The policy as JSON text, without the files and lines that it is from. */
static char *meaning(const struct policy *policy)
{
	json_t *json = policy_json(policy), *rule, *setting, *section;
	const char *name, *key;
	size_t i;
	char *text;

	assert_non_null(json);
	assert_int_equal(json_object_del(json, "hash") | json_object_del(json, "files"), 0);
	json_array_foreach (json_object_get(json, "rules"), i, rule)
		assert_int_equal(json_object_del(rule, "where"), 0);
	json_array_foreach (json_object_get(json, "known_bad"), i, rule)
		assert_int_equal(json_object_del(rule, "where"), 0);
	json_array_foreach (json_object_get(json, "prefer"), i, rule)
		assert_int_equal(json_object_del(rule, "where"), 0);
	json_object_foreach (json_object_get(json, "sections"), name, section)
		json_object_foreach (section, key, setting)
			assert_int_equal(json_object_del(setting, "where"), 0);
	text = json_dumps(json, JSON_SORT_KEYS);
	json_decref(json);
	assert_non_null(text);
	return text;
}

static void check_shown_again(const char *text)
{
	struct policy *first = policy_of(text), *second;
	char *written = shown(first), *one = meaning(first), *two;

	second = policy_of(written);
	two = meaning(second);
	assert_string_equal(one, two);
	free(one);
	free(two);
	free(written);
	policy_free(first);
	policy_free(second);
}

static void shown_policy_loads_to_the_same_policy(void **state)
{
	(void)state;
	check_shown_again(everything);
}

static void shown_default_policy_loads_to_the_same_policy(void **state)
{
	(void)state;
	check_shown_again("");
}

static void shown_policy_says_where_each_part_comes_from(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;
	char *text;

	temp_write(temp, "etc/migcompat.conf",
		   "\ntimeout_ms = 3;\nrules = (\n { action = \"deny\"; } );\n");
	temp_write(temp, "usr/v.conf", "aa = {\n x = 1; };");
	policy = temp_load(temp);
	text = shown(policy);
	assert_contains(text, "etc/migcompat.conf:2\ntimeout_ms = 3;\n");
	assert_contains(text, "etc/migcompat.conf:4\n\t{\n");
	assert_contains(text, "usr/v.conf:2\n\tx = 1;\n");
	assert_contains(text, "# default\nmixed = true;\n");
	free(text);
	policy_free(policy);
}

/* Otherwise a file's name could add a rule. */
static void file_names_cannot_leave_their_comment(void **state)
{
	struct policy *policy = NULL, *again;
	char *text;

	(void)state;
	assert_int_equal(policy_load_text("/a\nmixed = false;\n#\xff", "timeout_ms = 1;", 15,
					  &policy_parser, &policy, NULL),
			 0);
	text = shown(policy);
	assert_null(strstr(text, "\nmixed = false"));
	for (char *c = text; *c; c++)
		if (*c == '\xff')
			*c = '?';
	again = policy_of(text);
	assert_true(again->mixed);
	free(text);
	policy_free(again);
	policy_free(policy);
}

static void write_error_is_reported(void **state)
{
	struct policy *policy = policy_of(everything);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(policy_show(policy, full), -ENOSPC);
	fclose(full);
	policy_free(policy);
}

static void json_holds_the_whole_policy(void **state)
{
	struct policy *policy = policy_of(everything);
	json_t *json = policy_json(policy);
	const json_t *rule = json_array_get(json_object_get(json, "rules"), 1);
	const json_t *source = json_object_get(json_object_get(rule, "match"), "source");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "format")),
			    "migcompat-policy/1");
	assert_int_equal(strlen(json_string_value(json_object_get(json, "hash"))), 16);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "files"), 0)),
			    "/p/test.conf");
	assert_string_equal(json_string_value(json_object_get(json, "backend_dir")), "/opt/b");
	assert_int_equal(json_integer_value(json_object_get(json, "timeout_ms")), 7);
	assert_true(json_is_false(json_object_get(json, "mixed")));
	assert_string_equal(json_string_value(json_object_get(json, "mechanism")), "require");
	assert_string_equal(json_string_value(json_object_get(json, "generic")), "equal");
	assert_int_equal(json_integer_value(json_object_get(json, "stale_after")), 3600);
	assert_int_equal(json_array_size(json_object_get(json, "prefer")), 2);
	assert_int_equal(json_array_size(json_object_get(json, "known_bad")), 3);
	assert_int_equal(json_array_size(json_object_get(json, "rules")), 4);
	assert_string_equal(json_string_value(json_object_get(rule, "where")), "/p/test.conf:5");
	assert_string_equal(json_string_value(json_object_get(source, "kind")), "mdev-type");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(rule, "require"), "value")),
		"240");
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(json_object_get(json, "sections"), "card"),
					"big"),
			"value")),
		"5000000000");
	json_decref(json);
	policy_free(policy);
}

static void json_of_the_default_policy_has_its_settings(void **state)
{
	struct policy *policy = policy_of("");
	json_t *json = policy_json(policy);

	(void)state;
	assert_true(json_is_null(json_object_get(json, "backend_dir")));
	assert_int_equal(json_integer_value(json_object_get(json, "timeout_ms")), 5000);
	assert_true(json_is_true(json_object_get(json, "mixed")));
	assert_int_equal(json_array_size(json_object_get(json, "rules")), 0);
	json_decref(json);
	policy_free(policy);
}

static void json_survives_paths_that_are_no_text(void **state)
{
	struct policy *policy = NULL;
	json_t *json;

	(void)state;
	assert_int_equal(
		policy_load_text("/a\xff", "timeout_ms = 1;", 15, &policy_parser, &policy, NULL),
		0);
	json = policy_json(policy);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "files"), 0)),
			    "/a?");
	json_decref(json);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_policy_loads_to_the_same_policy),
		cmocka_unit_test(shown_default_policy_loads_to_the_same_policy),
		cmocka_unit_test_setup_teardown(shown_policy_says_where_each_part_comes_from,
						temp_setup, temp_teardown),
		cmocka_unit_test(file_names_cannot_leave_their_comment),
		cmocka_unit_test(write_error_is_reported),
		cmocka_unit_test(json_holds_the_whole_policy),
		cmocka_unit_test(json_of_the_default_policy_has_its_settings),
		cmocka_unit_test(json_survives_paths_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
