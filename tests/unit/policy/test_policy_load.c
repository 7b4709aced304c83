/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files make the policy, in which order, and which files are refused. */
#include "tests/support/policy.h"

#include "core/facts/owner.h"
#include "core/policy/source.h"

#define RULE(name) "rules = ( { name = \"" name "\"; action = \"allow\"; } );\n"

static void no_file_is_the_default_policy(void **state)
{
	struct policy *policy = temp_load(*state);

	assert_null(policy_file(policy, 0));
	assert_null(policy_backend_dir(policy));
	assert_int_equal(policy_timeout_ms(policy), 5000);
	assert_true(policy->mixed);
	assert_int_equal(policy_mechanism(policy), POLICY_MECHANISM_REQUIRE);
	assert_false(policy_generic_equal(policy));
	assert_null(policy->rules);
	policy_free(policy);
}

static void missing_folders_are_the_default_policy(void **state)
{
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_load_folders("/nonexistent/etc", "/nonexistent/usr", &policy_parser,
					     &policy, NULL),
			 0);
	assert_null(policy_file(policy, 0));
	policy_free(policy);
}

static void given_folder_that_is_missing_is_an_error(void **state)
{
	struct policy *policy = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(policy_load("/nonexistent/etc", &policy_parser, &policy, &err), -ENOENT);
	assert_contains(err.text, "/nonexistent/etc: No such file");
}

static void installed_policy_loads_or_says_why(void **state)
{
	struct policy *policy = NULL;
	struct error err = {0};

	(void)state;
	if (policy_load(NULL, &policy_parser, &policy, &err) == 0)
		policy_free(policy);
	else
		assert_contains(err.text, "/migcompat");
}

static void rules_of_etc_come_before_those_of_usr(void **state)
{
	static const char *const names[] = {"main", "a", "b", "c", "d"};
	struct temp *temp = *state;
	struct policy *policy;
	const struct rule *rule;

	temp_write(temp, "usr/00-d.conf", RULE("d"));
	temp_write(temp, "usr/00-c.conf", RULE("c"));
	temp_write(temp, "etc/conf.d/20.conf", RULE("b"));
	temp_write(temp, "etc/conf.d/10.conf", RULE("a"));
	temp_write(temp, "etc/migcompat.conf", RULE("main"));
	policy = temp_load(temp);
	rule = policy->rules;
	for (size_t i = 0; i < 5; i++, rule = rule->next)
		assert_string_equal(rule->name, names[i]);
	assert_null(rule);
	assert_contains(policy_file(policy, 0), "etc/migcompat.conf");
	assert_contains(policy_file(policy, 1), "etc/conf.d/10.conf");
	assert_contains(policy_file(policy, 4), "usr/00-d.conf");
	assert_null(policy_file(policy, 5));
	policy_free(policy);
}

static void known_bad_of_etc_comes_before_that_of_usr(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "usr/a.conf", "known_bad = ( { version = \"vendor\"; } );");
	temp_write(temp, "etc/migcompat.conf", "known_bad = ( { version = \"admin\"; } );");
	policy = temp_load(temp);
	assert_string_equal(policy->known_bad->version, "admin");
	assert_string_equal(policy->known_bad->next->version, "vendor");
	policy_free(policy);
}

static void file_of_etc_hides_its_namesake_in_usr(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "usr/x.conf", RULE("hidden"));
	temp_write(temp, "usr/y.conf", RULE("shown"));
	temp_write(temp, "etc/conf.d/x.conf", "");
	policy = temp_load(temp);
	assert_string_equal(policy->rules->name, "shown");
	assert_null(policy->rules->next);
	policy_free(policy);
}

static void link_to_dev_null_switches_a_file_off(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "usr/x.conf", RULE("hidden"));
	assert_int_equal(symlink("/dev/null", temp_path(temp, "etc/conf.d/x.conf")), 0);
	policy = temp_load(temp);
	assert_null(policy->rules);
	policy_free(policy);
}

static void plain_setting_of_etc_wins_over_usr(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(
		temp, "usr/zz.conf",
		"timeout_ms = 3; mixed = false; mechanism = \"require\"; aa = { x = 3; y = 3; };");
	temp_write(temp, "etc/migcompat.conf", "timeout_ms = 1; aa = { x = 1; };");
	policy = temp_load(temp);
	assert_int_equal(policy_timeout_ms(policy), 1);
	assert_false(policy->mixed);
	assert_int_equal(policy_mechanism(policy), POLICY_MECHANISM_REQUIRE);
	assert_string_equal(policy_setting(policy, "aa", "x"), "1");
	assert_string_equal(policy_setting(policy, "aa", "y"), "3");
	policy_free(policy);
}

static void later_file_of_etc_wins_over_an_earlier_one(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "etc/migcompat.conf",
		   "timeout_ms = 1; backend_dir = \"/main\"; prefer = ( { key = \"k\"; backend = "
		   "\"one\"; } );");
	temp_write(temp, "etc/conf.d/a.conf", "timeout_ms = 2; backend_dir = \"/a\";");
	temp_write(temp, "etc/conf.d/b.conf",
		   "timeout_ms = 3; prefer = ( { key = \"k\"; backend = \"two\"; } );");
	policy = temp_load(temp);
	assert_int_equal(policy_timeout_ms(policy), 3);
	assert_string_equal(policy_backend_dir(policy), "/a");
	assert_string_equal(policy_prefer(policy, "k"), "two");
	assert_int_equal(policy->npreferences, 1);
	policy_free(policy);
}

static void only_conf_files_count(void **state)
{
	struct temp *temp = *state;
	struct policy *policy;

	temp_write(temp, "etc/conf.d/a.conf.example", "nonsense");
	temp_write(temp, "etc/conf.d/.hidden.conf", "nonsense");
	temp_write(temp, "etc/conf.d/README", "nonsense");
	temp_write(temp, "etc/conf.d/.conf", "nonsense");
	policy = temp_load(temp);
	assert_null(policy_file(policy, 0));
	policy_free(policy);
}

static void plain_file_is_taken_alone(void **state)
{
	struct temp *temp = *state;
	struct policy *policy = NULL;

	temp_write(temp, "etc/conf.d/a.conf", RULE("other"));
	temp_write(temp, "one.conf", RULE("alone"));
	assert_int_equal(policy_load(temp_path(temp, "one.conf"), &policy_parser, &policy, NULL),
			 0);
	assert_string_equal(policy->rules->name, "alone");
	assert_null(policy->rules->next);
	policy_free(policy);
}

static void given_folder_stands_for_etc(void **state)
{
	struct temp *temp = *state;
	struct policy *policy = NULL;

	temp_write(temp, "etc/migcompat.conf", RULE("main"));
	temp_write(temp, "etc/conf.d/a.conf", RULE("a"));
	assert_int_equal(policy_load(temp_path(temp, "etc"), &policy_parser, &policy, NULL), 0);
	assert_string_equal(policy->rules->name, "main");
	assert_string_equal(policy->rules->next->name, "a");
	policy_free(policy);
}

/* ---------------------------------------------------------------- what is refused */

static void one_bad_file_refuses_all(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", RULE("main"));
	temp_write(temp, "usr/x.conf", "\n\nmixd = true;\n");
	assert_contains(temp_refused(temp, -EINVAL), "usr/x.conf:3: unknown key \"mixd\"");
}

static void syntax_error_names_file_and_line(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "mixed = true;\ntimeout_ms == 3;\n");
	assert_contains(temp_refused(temp, -EINVAL), "etc/migcompat.conf:2: syntax error");
}

static void file_that_others_can_write_is_refused(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/conf.d/a.conf", RULE("a"));
	assert_int_equal(chmod(temp_path(temp, "etc/conf.d/a.conf"), 0646), 0);
	assert_contains(temp_refused(temp, -EPERM),
			"etc/conf.d/a.conf can be written by others (mode 0646)");
	assert_int_equal(chmod(temp_path(temp, "etc/conf.d/a.conf"), 0664), 0);
	assert_contains(temp_refused(temp, -EPERM), "mode 0664");
}

static void folder_that_others_can_write_is_refused(void **state)
{
	static const char *const folders[] = {"etc", "etc/conf.d", "usr"};
	struct temp *temp = *state;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chmod(temp_path(temp, folders[i]), 0777), 0);
		assert_contains(temp_refused(temp, -EPERM), "can be written by others (mode 0777)");
		assert_int_equal(chmod(temp_path(temp, folders[i]), 0755), 0);
	}
}

/*
 * In a sticky folder a user cannot replace a file, but can add one, or a link that hides
 * a vendor's file.
 */
static void sticky_folder_that_others_can_write_is_refused(void **state)
{
	static const char *const folders[] = {"etc", "etc/conf.d", "usr"};
	struct temp *temp = *state;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chmod(temp_path(temp, folders[i]), 01777), 0);
		assert_contains(temp_refused(temp, -EPERM), "can be written by others (mode 1777)");
		assert_int_equal(chmod(temp_path(temp, folders[i]), 0755), 0);
	}
}

static void folder_that_a_link_leads_to_is_checked_too(void **state)
{
	struct temp *temp = *state;
	char real[256];

	assert_int_equal(mkdir(temp_path(temp, "loose"), 0777), 0);
	assert_int_equal(chmod(temp_path(temp, "loose"), 0777), 0);
	temp_write(temp, "loose/a.conf", RULE("a"));
	snprintf(real, sizeof(real), "%s", temp_path(temp, "loose/a.conf"));
	assert_int_equal(symlink(real, temp_path(temp, "etc/conf.d/a.conf")), 0);
	assert_contains(temp_refused(temp, -EPERM), "loose can be written by others");
}

static void file_of_another_user_is_refused(void **state)
{
	struct stat st = {.st_mode = S_IFREG | 0600, .st_uid = geteuid() + 12345};
	struct error err = {0};

	(void)state;
	assert_int_equal(owner_check(&st, "/x/a.conf", OWNER_SINCE_VERDICTS, &err), -EPERM);
	assert_contains(err.text, "/x/a.conf belongs to user ");
	assert_contains(err.text, "expected root or the caller");
	st.st_uid = 0;
	assert_int_equal(owner_check(&st, "/x/a.conf", OWNER_SINCE_VERDICTS, &err), 0);
}

static void named_file_may_be_in_a_sticky_folder(void **state)
{
	struct temp *temp = *state;
	struct policy *policy = NULL;

	assert_int_equal(mkdir(temp_path(temp, "tmp"), 0755), 0);
	assert_int_equal(chmod(temp_path(temp, "tmp"), 01777), 0);
	temp_write(temp, "tmp/a.conf", RULE("a"));
	assert_int_equal(policy_load(temp_path(temp, "tmp/a.conf"), &policy_parser, &policy, NULL),
			 0);
	policy_free(policy);
}

static void fifo_is_refused_at_once(void **state)
{
	struct temp *temp = *state;

	assert_int_equal(mkfifo(temp_path(temp, "etc/conf.d/a.conf"), 0600), 0);
	assert_contains(temp_refused(temp, -EINVAL), "a.conf is no regular file");
}

static void included_fifo_is_refused_at_once(void **state)
{
	struct temp *temp = *state;

	assert_int_equal(mkfifo(temp_path(temp, "etc/fifo"), 0600), 0);
	temp_write(temp, "etc/migcompat.conf", "\n@include \"fifo\"\n");
	assert_contains(temp_refused(temp, -EINVAL), "etc/migcompat.conf:2: @include: ");
	assert_contains(temp_refused(temp, -EINVAL), "etc/fifo is no regular file");
}

static void folder_in_place_of_a_file_is_refused(void **state)
{
	struct temp *temp = *state;

	assert_int_equal(mkdir(temp_path(temp, "etc/conf.d/a.conf"), 0755), 0);
	assert_contains(temp_refused(temp, -EINVAL), "a.conf is no regular file");
}

static void file_in_place_of_a_folder_is_refused(void **state)
{
	struct temp *temp = *state;

	assert_int_equal(rmdir(temp_path(temp, "usr")), 0);
	temp_write(temp, "usr", "");
	assert_contains(temp_refused(temp, -ENOTDIR), "usr: Not a directory");
}

static void link_to_nowhere_is_an_error_not_a_missing_file(void **state)
{
	struct temp *temp = *state;

	assert_int_equal(symlink("nowhere", temp_path(temp, "etc/migcompat.conf")), 0);
	assert_contains(temp_refused(temp, -ENOENT), "migcompat.conf: No such file");
}

static void large_file_is_refused(void **state)
{
	struct temp *temp = *state;

	temp_write(temp, "etc/migcompat.conf", "");
	assert_int_equal(truncate(temp_path(temp, "etc/migcompat.conf"), (1 << 20) + 1), 0);
	assert_contains(temp_refused(temp, -EFBIG), "migcompat.conf is larger than 1048576 bytes");
}

static void zero_bytes_and_broken_text_are_refused(void **state)
{
	struct policy *policy = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(
		policy_load_text("t", "mixed = true;\0nonsense", 22, &policy_parser, &policy, &err),
		-EINVAL);
	assert_contains(err.text, "t is no UTF-8 text");
	assert_contains(policy_refused("# \xff\n"), "no UTF-8 text");
}

/* ---------------------------------------------------------------- hash */

static uint64_t hash_of(struct temp *temp)
{
	struct policy *policy = temp_load(temp);
	uint64_t hash = policy_hash(policy);

	policy_free(policy);
	return hash;
}

static void hash_changes_with_content_and_names(void **state)
{
	struct temp *temp = *state;
	uint64_t one, two;
	char from[256];

	temp_write(temp, "etc/conf.d/a.conf", "mixed = true;");
	one = hash_of(temp);
	assert_true(one == hash_of(temp));
	temp_write(temp, "etc/conf.d/a.conf", "mixed = true; ");
	two = hash_of(temp);
	assert_true(one != two);
	temp_write(temp, "etc/conf.d/a.conf", "mixed = true;");
	snprintf(from, sizeof(from), "%s", temp_path(temp, "etc/conf.d/a.conf"));
	assert_int_equal(rename(from, temp_path(temp, "etc/conf.d/b.conf")), 0);
	assert_true(one != hash_of(temp));
}

static void hash_changes_with_an_included_file(void **state)
{
	struct temp *temp = *state;
	uint64_t one;

	temp_write(temp, "etc/migcompat.conf", "@include \"more\"\n");
	temp_write(temp, "etc/more", "mixed = true;");
	one = hash_of(temp);
	temp_write(temp, "etc/more", "mixed = false;");
	assert_true(one != hash_of(temp));
}

#define TEMP(test) cmocka_unit_test_setup_teardown(test, temp_setup, temp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP(no_file_is_the_default_policy),
		TEMP(missing_folders_are_the_default_policy),
		TEMP(given_folder_that_is_missing_is_an_error),
		TEMP(installed_policy_loads_or_says_why),
		TEMP(rules_of_etc_come_before_those_of_usr),
		TEMP(known_bad_of_etc_comes_before_that_of_usr),
		TEMP(file_of_etc_hides_its_namesake_in_usr),
		TEMP(link_to_dev_null_switches_a_file_off),
		TEMP(plain_setting_of_etc_wins_over_usr),
		TEMP(later_file_of_etc_wins_over_an_earlier_one),
		TEMP(only_conf_files_count),
		TEMP(plain_file_is_taken_alone),
		TEMP(given_folder_stands_for_etc),
		TEMP(one_bad_file_refuses_all),
		TEMP(syntax_error_names_file_and_line),
		TEMP(file_that_others_can_write_is_refused),
		TEMP(folder_that_others_can_write_is_refused),
		TEMP(sticky_folder_that_others_can_write_is_refused),
		TEMP(folder_that_a_link_leads_to_is_checked_too),
		TEMP(file_of_another_user_is_refused),
		TEMP(named_file_may_be_in_a_sticky_folder),
		TEMP(fifo_is_refused_at_once),
		TEMP(included_fifo_is_refused_at_once),
		TEMP(folder_in_place_of_a_file_is_refused),
		TEMP(file_in_place_of_a_folder_is_refused),
		TEMP(link_to_nowhere_is_an_error_not_a_missing_file),
		TEMP(large_file_is_refused),
		TEMP(zero_bytes_and_broken_text_are_refused),
		TEMP(hash_changes_with_content_and_names),
		TEMP(hash_changes_with_an_included_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
