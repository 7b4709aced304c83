/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files in etc/: the default policy and the examples load as they are, and do what
 * they say.
 */
#include "tests/support/policy.h"

#include <dirent.h>

#define ETC TEST_SOURCE "/etc/"

static char *content_of(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

/*
 * Load the file as text: a checked-out tree has the permissions that the umask gave it.
 */
static struct policy *example(const char *name)
{
	char path[512];
	struct policy *policy;
	char *text;

	snprintf(path, sizeof(path), ETC "%s", name);
	text = content_of(path);
	policy = policy_of(text);
	free(text);
	return policy;
}

static enum policy_outcome outcome(struct bench *bench, const char *name)
{
	struct policy *policy = example(name);

	bench_apply(bench, policy, false);
	policy_free(policy);
	return bench->outcome;
}

static void default_policy_says_nothing(void **state)
{
	struct policy *policy = example("migcompat.conf");

	(void)state;
	assert_null(policy->rules);
	assert_null(policy->known_bad);
	assert_null(policy->sections);
	assert_null(policy->preferences);
	for (size_t i = 0; i < PLAIN_COUNT; i++)
		assert_null(policy->plain_where[i]);
	policy_free(policy);
}

/*
 * Uncomment the settings: remove each "#" at the start of a line if no blank follows it.
 */
static void commented_out_parts_of_the_default_policy_load(void **state)
{
	char *text = content_of(ETC "migcompat.conf"), *to = text;
	struct policy *policy;

	(void)state;
	for (char *from = text; *from; from++)
		if (!(*from == '#' && (from == text || from[-1] == '\n') && from[1] != ' ' &&
		      from[1] != '\n'))
			*to++ = *from;
	*to = '\0';
	policy = policy_of(text);
	for (size_t i = 0; i < PLAIN_COUNT; i++)
		assert_non_null(policy->plain_where[i]);
	assert_int_equal(policy_timeout_ms(policy), 5000);
	assert_true(policy->mixed);
	assert_int_equal(policy_mechanism(policy), POLICY_MECHANISM_REQUIRE);
	assert_non_null(policy->rules);
	assert_non_null(policy->known_bad);
	assert_non_null(policy->preferences);
	assert_string_equal(policy_setting(policy, "i915", "cross_device"), "false");
	assert_string_equal(policy_setting(policy, "vfio_ap", "master_keys"), "warn");
	assert_string_equal(policy_setting(policy, "mtty", "emit_format"), "1");
	policy_free(policy);
	free(text);
}

static void every_example_loads(void **state)
{
	DIR *folder = opendir(ETC "conf.d");
	const struct dirent *entry;
	size_t count = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		char name[300];

		if (entry->d_name[0] == '.')
			continue;
		/* An example must not be in force before somebody renames it. */
		assert_contains(entry->d_name, ".conf.example");
		snprintf(name, sizeof(name), "conf.d/%s", entry->d_name);
		policy_free(example(name));
		count++;
	}
	closedir(folder);
	assert_int_equal(count, 10);
}

static void installed_folder_loads(void **state)
{
	struct temp temp = {.folder = "/tmp/test-policy-XXXXXX"};
	char command[512];
	struct policy *policy = NULL;
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(temp.folder));
	snprintf(command, sizeof(command), "cp -r " ETC ". %s && chmod -R u=rwX,go=rX %s",
		 temp.folder, temp.folder);
	assert_int_equal(system(command), 0);
	if (policy_load(temp.folder, &policy_parser, &policy, &err))
		fail_msg("%s", err.text);
	assert_contains(policy_file(policy, 0), "/migcompat.conf");
	assert_null(policy_file(policy, 1));
	policy_free(policy);
	snprintf(command, sizeof(command), "rm -rf %s", temp.folder);
	assert_int_equal(system(command), 0);
}

static void generic_example_lets_the_fallback_compare(void **state)
{
	struct policy *policy = example("conf.d/85-generic.conf.example");

	(void)state;
	assert_true(policy_generic_equal(policy));
	policy_free(policy);
}

static void mixed_example_denies_a_mix(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome(bench, "conf.d/10-mixed.conf.example"), POLICY_DENY);
	bench->target.kind = "mdev-type";
	assert_int_equal(outcome(bench, "conf.d/10-mixed.conf.example"), POLICY_NOTHING);
}

static void known_bad_example_denies_releases_and_formats(void **state)
{
	static const char name[] = "conf.d/20-known-bad.conf.example";
	struct bench *bench = *state;

	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench->source.namespace = "mtty";
	side_version(&bench->source, "mtty:mdev:serial-2port:0;ports=2");
	assert_int_equal(outcome(bench, name), POLICY_DENY);
	side_version(&bench->source, "mtty:mdev:serial-2port:1;ports=2");
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench->source.namespace = bench->target.namespace = "i915";
	facts_of(bench, &bench->host_facts[0],
		 (const char *[]){"module/kvmgt/version", "0.9.1", NULL});
	facts_of(bench, &bench->host_facts[1],
		 (const char *[]){"module/kvmgt/version", "0.8", NULL});
	assert_int_equal(outcome(bench, name), POLICY_DENY);
	facts_of(bench, &bench->host_facts[1],
		 (const char *[]){"module/kvmgt/version", "1.0", NULL});
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
}

static void deny_example_keeps_the_laboratory_apart(void **state)
{
	static const char name[] = "conf.d/30-deny-by-host.conf.example";
	struct bench *bench = *state;

	assert_int_equal(outcome(bench, name), POLICY_DENY);
	bench->source.host = "prod-2";
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench_bare_string(bench);
	assert_int_equal(outcome(bench, name), POLICY_DENY);
	bench->target.host = "lab-99";
	bench->target.namespace = "mtty";
	bench->target.type = "serial-1port";
	assert_int_equal(outcome(bench, name), POLICY_DENY);
	bench->target.type = "serial-2port";
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
}

static void require_example_asks_for_kernel_and_revision(void **state)
{
	static const char name[] = "conf.d/40-require-a-fact.conf.example";
	struct bench *bench = *state;

	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench->target.namespace = "vfio_ap";
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench->target.host_facts = &bench->host_facts[0];
	assert_int_equal(outcome(bench, name), POLICY_DENY);
	bench->target.namespace = "mtty";
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	bench->target.facts = &bench->facts[0];
	assert_int_equal(outcome(bench, name), POLICY_DENY);
}

static void allow_example_ends_the_rules_inside_the_laboratory(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(outcome(bench, "conf.d/50-allow.conf.example"), POLICY_NOTHING);
	bench->target.host = "lab-2";
	assert_int_equal(outcome(bench, "conf.d/50-allow.conf.example"), POLICY_ALLOW);
}

static void override_example_accepts_one_field_between_two_machines(void **state)
{
	static const char name[] = "conf.d/60-override.conf.example";
	struct bench *bench = *state;

	result_add_text(&bench->result, "pci_device", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_HARDWARE, "1", "2", NULL);
	bench->source.namespace = "i915";
	bench->source.host = "spare-1";
	bench->target.host = "spare-2";
	facts_of(bench, &bench->facts[1], (const char *[]){"parent/vendor", "0x1b36", NULL});
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	assert_false(bench->forced);
	facts_of(bench, &bench->facts[1], (const char *[]){"parent/vendor", "0x8086", NULL});
	assert_int_equal(outcome(bench, name), POLICY_NOTHING);
	assert_true(bench->forced);
	assert_int_equal(bench->result.bad_count, 0);
}

static void section_example_sets_what_backends_take(void **state)
{
	struct policy *policy = example("conf.d/70-backend-sections.conf.example");

	(void)state;
	assert_string_equal(policy_setting(policy, "i915", "cross_device"), "true");
	assert_string_equal(policy_setting(policy, "vfio_ap", "master_keys"), "require");
	assert_string_equal(policy_setting(policy, "vfio_ap", "emit_format"), "1");
	policy_free(policy);
}

static void prefer_example_picks_a_backend(void **state)
{
	struct policy *policy = example("conf.d/80-prefer.conf.example");

	(void)state;
	assert_string_equal(policy_prefer(policy, "vfio_pci:pci:v00001B36d*"), "mtty");
	policy_free(policy);
}

static void limits_example_sets_plain_settings(void **state)
{
	struct policy *policy = example("conf.d/90-limits.conf.example");

	(void)state;
	assert_string_equal(policy_backend_dir(policy), "/opt/vendor/backends");
	assert_int_equal(policy_timeout_ms(policy), 30000);
	assert_int_equal(policy_mechanism(policy), POLICY_MECHANISM_PROVE);
	policy_free(policy);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_policy_says_nothing),
		cmocka_unit_test(commented_out_parts_of_the_default_policy_load),
		cmocka_unit_test(every_example_loads),
		cmocka_unit_test(installed_folder_loads),
		cmocka_unit_test(generic_example_lets_the_fallback_compare),
		BENCH(mixed_example_denies_a_mix),
		BENCH(known_bad_example_denies_releases_and_formats),
		BENCH(deny_example_keeps_the_laboratory_apart),
		BENCH(require_example_asks_for_kernel_and_revision),
		BENCH(allow_example_ends_the_rules_inside_the_laboratory),
		BENCH(override_example_accepts_one_field_between_two_machines),
		cmocka_unit_test(section_example_sets_what_backends_take),
		cmocka_unit_test(prefer_example_picks_a_backend),
		cmocka_unit_test(limits_example_sets_plain_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
