/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat policy check, show and explain. */
#include "tests/support/run.h"

/*
 * $FOLDER/etc is what the project installs, with modes of its own, because those of a
 * clone depend on the umask.
 */
static void etc_copy(void)
{
	run("cp -r etc $FOLDER/ && chmod -R go-w $FOLDER/etc");
	assert_status(0);
}

static void check_says_ok_of_each_file(void **state)
{
	(void)state;
	etc_copy();
	run("cd $FOLDER && migcompat policy check etc/migcompat.conf "
	    "etc/conf.d/10-mixed.conf.example");
	assert_status(0);
	assert_string_equal(ran.out,
			    "etc/migcompat.conf: ok\netc/conf.d/10-mixed.conf.example: ok\n");
	assert_string_equal(ran.err, "");
}

static void check_takes_the_folder_in_force(void **state)
{
	(void)state;
	run("migcompat policy check");
	assert_status(0);
	assert_string_equal(ran.out, "no policy file here: ok, all defaults\n");
	etc_copy();
	run("cd $FOLDER && command migcompat --config etc/migcompat.conf policy check");
	assert_status(0);
	assert_contains(ran.out, "migcompat.conf: ok\n");
}

static void check_names_file_and_line_and_the_nearest_key(void **state)
{
	(void)state;
	folder_write(&ran.folder, "bad.conf", "mixed = true;\ntimeuot_ms = 5;\n");
	run("migcompat policy check $FOLDER/bad.conf");
	assert_trouble("bad.conf:2: ");
	assert_contains(ran.err, "\"timeuot_ms\"");
	assert_contains(ran.err, "\"timeout_ms\"");
}

static void bad_file(const char *text, const char *part)
{
	folder_write(&ran.folder, "bad.conf", text);
	run("migcompat policy check $FOLDER/bad.conf");
	assert_trouble(part);
	run("command migcompat --config $FOLDER/bad.conf " SERIAL "check " DUAL " " CARD_2);
	assert_trouble(part);
}

static void bad_policies_answer_nothing(void **state)
{
	(void)state;
	bad_file("rules = ( {", "bad.conf:");
	bad_file("mixed = \"yes\";\n", "bad.conf:1: ");
	bad_file("@include \"bad.conf\"\n", "bad.conf:1: ");
	bad_file("/* not closed\nmixed = true;\n", "bad.conf:");
	bad_file("mtty = { emit_fromat = 1; };\n", "emit_format");
	bad_file("i9l5 = { cross_device = true; };\n", "i915");
}

static void check_goes_on_behind_a_bad_file(void **state)
{
	(void)state;
	folder_write(&ran.folder, "bad.conf", "timeuot_ms = 5;\n");
	etc_copy();
	run("cd $FOLDER && migcompat policy check $FOLDER/bad.conf etc/migcompat.conf");
	assert_status(2);
	assert_string_equal(ran.out, "etc/migcompat.conf: ok\n");
	assert_true(run_one_line(ran.err));
}

static void check_tells_every_error_of_a_file(void **state)
{
	(void)state;
	folder_write(&ran.folder, "bad.conf",
		     "timeuot_ms = 5;\n"
		     "mixed = \"yes\";\n"
		     "rules = (\n"
		     "  { acton = \"deny\"; },\n"
		     "  { action = \"dney\"; reason = 7; },\n"
		     "  { action = \"deny\"; match = { sorce = { }; target = { knid = \"mdev\"; }; "
		     "}; }\n"
		     ");\n"
		     "mtty = { emit_fromat = 1; emit_format = \"x\"; };\n"
		     "i9l5 = { };\n");
	run("migcompat policy check $FOLDER/bad.conf 2>&1 | sed \"s|$FOLDER/||\"");
	assert_contains(ran.out, "migcompat: bad.conf:1: unknown key \"timeuot_ms\"");
	assert_contains(ran.out, "nearest is \"timeout_ms\"\nmigcompat: bad.conf:2: \"mixed\" is a "
				 "string, expected true or false\n");
	assert_contains(ran.out, "migcompat: bad.conf:4: unknown key \"acton\"");
	assert_contains(ran.out, "migcompat: bad.conf:4: the rule lacks \"action\"");
	assert_contains(ran.out, "migcompat: bad.conf:5: action is \"dney\"");
	assert_contains(ran.out,
			"migcompat: bad.conf:5: \"reason\" is a whole number, expected a string\n");
	assert_contains(ran.out, "migcompat: bad.conf:6: unknown key \"sorce\"");
	assert_contains(ran.out, "migcompat: bad.conf:6: unknown key \"knid\"");
	assert_contains(ran.out,
			"migcompat: bad.conf:8: unknown key \"emit_fromat\" of backend \"mtty\"");
	assert_contains(
		ran.out,
		"migcompat: bad.conf:8: \"emit_format\" is a string, expected a whole number\n");
	assert_contains(ran.out, "migcompat: bad.conf:9: unknown key \"i9l5\"");
	assert_null(strstr(ran.out, ": ok"));
	run("migcompat policy check $FOLDER/bad.conf 2>&1 >/dev/null | wc -l");
	assert_string_equal(ran.out, "11\n");
}

static void check_tells_the_errors_of_every_file_of_a_folder(void **state)
{
	(void)state;
	run("mkdir -p $FOLDER/several/conf.d $FOLDER/several/facts.d && cd $FOLDER/several && echo "
	    "'mixde = true;' > migcompat.conf && "
	    "echo 'mixed = true;' > conf.d/1.conf && echo 'mixed = ;' > conf.d/2.conf && echo "
	    "'timeout_ms = 0;' > conf.d/3.conf && "
	    "echo 'mixed = true;' > conf.d/4.conf && chmod 666 conf.d/4.conf && echo '[]' > "
	    "facts.d/a.json && echo '{' > facts.d/b.json");
	assert_status(0);
	run("cd $FOLDER && migcompat policy check several");
	assert_status(2);
	assert_string_equal(ran.out, "several/conf.d/1.conf: ok\n");
	assert_contains(ran.err, "migcompat: several/migcompat.conf:1: unknown key \"mixde\"");
	assert_contains(ran.err, "migcompat: several/conf.d/2.conf:1: syntax error\n");
	assert_contains(ran.err, "migcompat: several/conf.d/3.conf:1: \"timeout_ms\" is 0");
	assert_contains(ran.err, "migcompat: several/conf.d/4.conf can be written by others");
	assert_contains(ran.err, "migcompat: several/facts.d/a.json: ");
	assert_contains(ran.err, "migcompat: several/facts.d/b.json: ");
	run("cd $FOLDER && command migcompat --config several policy check 2>&1 >/dev/null | wc "
	    "-l");
	assert_string_equal(ran.out, "6\n");
}

static void check_holds_facts_against_each_other(void **state)
{
	(void)state;
	run("mkdir -p $FOLDER/facts/facts.d && cd $FOLDER/facts/facts.d && for v in a b; do echo "
	    "'{\"format\":\"migcompat-facts/1\","
	    "\"stated\":\"2026-11-21\",\"host\":{\"k\":\"'$v'\"}}' > $v.json; done; cd $FOLDER; "
	    "migcompat policy check facts");
	assert_status(2);
	assert_contains(ran.err, "expected one value");
}

static void check_lists_the_errors_of_each_file(void **state)
{
	json_t *document, *file;

	(void)state;
	folder_write(&ran.folder, "bad.conf", "timeuot_ms = 5;\nmixde = true;\n");
	folder_write(&ran.folder, "worse.conf", "rules = (\n");
	run("migcompat --json policy check $FOLDER/bad.conf $FOLDER/worse.conf");
	assert_status(2);
	document = run_json();
	file = json_array_get(json_object_get(document, "files"), 0);
	assert_contains(json_member(file, "reason"), "bad.conf:1: ");
	assert_int_equal(json_array_size(json_object_get(file, "errors")), 2);
	assert_contains(json_member(document, "reason"), "bad.conf:1: ");
	file = json_array_get(json_object_get(document, "files"), 1);
	assert_contains(json_member(file, "file"), "/worse.conf");
	assert_int_equal(json_array_size(json_object_get(file, "errors")), 1);
	json_decref(document);
}

static void check_takes_any_file_name(void **state)
{
	(void)state;
	run("cd $FOLDER; f=$(printf 'n\\377.conf'); echo 'mixde = true;' > \"$f\"; migcompat "
	    "--json policy check \"$f\"");
	assert_json_trouble("EINVAL", "n?.conf:1: unknown key");
}

static void check_is_a_document_too(void **state)
{
	json_t *document, *files;

	(void)state;
	folder_write(&ran.folder, "bad.conf", "timeuot_ms = 5;\n");
	etc_copy();
	run("cd $FOLDER && migcompat --json policy check etc/migcompat.conf");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "ok");
	json_decref(document);
	run("cd $FOLDER && migcompat --json policy check etc/migcompat.conf $FOLDER/bad.conf");
	assert_json_trouble("EINVAL", "bad.conf:1: ");
	document = run_json();
	files = json_object_get(document, "files");
	assert_string_equal(json_member(json_array_get(files, 0), "status"), "ok");
	assert_string_equal(json_member(json_array_get(files, 1), "status"), "error");
	json_decref(document);
}

static void absent_policy_that_was_named_is_an_error(void **state)
{
	(void)state;
	run("command migcompat --config /nonexistent policy show");
	assert_trouble("/nonexistent");
}

static void show_prints_what_could_be_loaded_again(void **state)
{
	(void)state;
	etc_copy();
	run("cd $FOLDER && command migcompat --config etc/conf.d/60-override.conf.example policy "
	    "show > $FOLDER/shown.conf && migcompat policy check "
	    "$FOLDER/shown.conf");
	assert_status(0);
	run("migcompat --json policy show | jq -e .");
	assert_status(0);
}

static void show_does_not_load_backends(void **state)
{
	(void)state;
	run("migcompat --plugin-dir /nonexistent policy show");
	assert_status(0);
}

/* ---------------------------------------------------------------- explain */

#define RULES                                                                                      \
	"rules = ( { name = \"elsewhere\"; match = { target = { host = \"other\"; }; }; action = " \
	"\"deny\"; },\n"                                                                           \
	"          { name = \"here\"; match = { target = { host = \"serial-b\"; }; }; action = "   \
	"\"deny\"; reason = \"because\"; } );\n"

static void explain_shows_each_rule_and_the_outcome(void **state)
{
	(void)state;
	folder_write(&ran.folder, "rules.conf", RULES);
	run("command migcompat --config $FOLDER/rules.conf " SERIAL "policy explain " DUAL
	    " " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "elsewhere deny   no ");
	assert_contains(ran.out, "here      deny   yes ");
	assert_contains(ran.out, "rules.conf:2");
	assert_contains(ran.out, "outcome: incompatible (policy): ");
}

static void explain_is_a_document_too(void **state)
{
	json_t *document, *rules, *rule;
	size_t i, matched = 0;

	(void)state;
	folder_write(&ran.folder, "rules.conf", RULES);
	run("command migcompat --config $FOLDER/rules.conf --json " SERIAL "policy explain " DUAL
	    " " CARD_2);
	assert_status(1);
	document = run_json();
	rules = json_object_get(document, "rules");
	json_array_foreach (rules, i, rule)
		matched += json_is_true(json_object_get(rule, "matched"));
	assert_int_equal(matched, 1);
	assert_string_equal(json_member(json_object_get(document, "verdict"), "errno"), "EPERM");
	json_decref(document);
}

static void explain_changes_no_verdict(void **state)
{
	(void)state;
	run("migcompat --json " SERIAL "check " DUAL " " CARD_1
	    " > $FOLDER/a; migcompat --json " SERIAL "policy explain " DUAL " " CARD_1
	    " | jq -c .verdict | cmp - $FOLDER/a");
	assert_status(0);
}

static void explain_says_where_the_policy_was_not_asked(void **state)
{
	(void)state;
	run("echo i915:mdev:x:1 | migcompat " SERIAL_B "policy explain - " CARD_2);
	assert_status(1);
	assert_string_equal(ran.out,
			    "the policy was not evaluated\noutcome: incompatible (namespace): "
			    "the string is the backend i915's, the target is "
			    "served by mtty\n");
}

static void explain_of_what_cannot_be_told_is_an_error(void **state)
{
	(void)state;
	run("migcompat " SERIAL "policy explain " DUAL " nosuch");
	assert_trouble("no device \"nosuch\"");
	run("migcompat " SERIAL "-i tests/hosts/broken.json --json policy explain " DUAL " nosuch");
	assert_json_trouble("ENOENT", "no device \"nosuch\"");
}

static void show_that_is_lost_says_why(void **state)
{
	(void)state;
	run("migcompat policy show >/dev/full");
	assert_trouble("standard output could not be written: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_says_ok_of_each_file),
		cmocka_unit_test(check_takes_the_folder_in_force),
		cmocka_unit_test(check_names_file_and_line_and_the_nearest_key),
		cmocka_unit_test(bad_policies_answer_nothing),
		cmocka_unit_test(check_goes_on_behind_a_bad_file),
		cmocka_unit_test(check_tells_every_error_of_a_file),
		cmocka_unit_test(check_tells_the_errors_of_every_file_of_a_folder),
		cmocka_unit_test(check_holds_facts_against_each_other),
		cmocka_unit_test(check_lists_the_errors_of_each_file),
		cmocka_unit_test(check_takes_any_file_name),
		cmocka_unit_test(check_is_a_document_too),
		cmocka_unit_test(absent_policy_that_was_named_is_an_error),
		cmocka_unit_test(show_prints_what_could_be_loaded_again),
		cmocka_unit_test(show_does_not_load_backends),
		cmocka_unit_test(explain_shows_each_rule_and_the_outcome),
		cmocka_unit_test(explain_is_a_document_too),
		cmocka_unit_test(explain_changes_no_verdict),
		cmocka_unit_test(explain_says_where_the_policy_was_not_asked),
		cmocka_unit_test(explain_of_what_cannot_be_told_is_an_error),
		cmocka_unit_test(show_that_is_lost_says_why),
	};

	return run_group(tests);
}
