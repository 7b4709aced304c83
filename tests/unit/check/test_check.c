/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole questions in one process: verdict, limit, errno and findings. */
#include "tests/support/check_bench.h"

static void an_mdev_fits_a_card_of_equal_ports(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:04.0");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(bench->verdict.grade, GRADE_IDENTICAL);
	assert_int_equal(bench->verdict.error, 0);
	assert_string_equal(bench->verdict.source.type, bench->verdict.target.type);
	assert_int_equal(verdict_status(&bench->verdict), 0);
}

static void other_types_are_refused_and_the_backend_still_tells_why(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:03.0");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_int_equal(bench->verdict.error, -EINVAL);
	assert_string_equal(reason(bench), "source has 2 ports, target has 1");
	assert_true(bench->verdict.result.bad_count >= 2);
	assert_int_equal(verdict_status(&bench->verdict), 1);
}

static void more_at_the_target_is_a_superset(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, EIGHT);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(bench->verdict.grade, GRADE_SUPERSET);
}

static void a_device_without_a_backend_could_not_be_told(void **state)
{
	struct bench *bench = *state;

	check(bench, STRANGE, TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
	assert_int_equal(bench->verdict.error, -ENOTCONN);
	assert_contains(reason(bench), "no backend serves");
	assert_int_equal(verdict_status(&bench->verdict), 2);
}

static void a_missing_fact_could_not_be_told(void **state)
{
	struct bench *bench = *state;

	check(bench, LOST, TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
	check(bench, TWO, LOST);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
	assert_contains(reason(bench), "mdev_type");
}

static void an_unknown_card_is_not_migratable_in_any_role(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:09.0");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_int_equal(bench->verdict.error, -ENODEV);
	check(bench, "0000:00:09.0", TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_int_equal(verdict_status(&bench->verdict), 1);
}

static void an_error_is_worse_than_not_migratable(void **state)
{
	struct bench *bench = *state;

	check(bench, "0000:00:09.0", LOST);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
}

static void malformed_strings_are_incompatible_by_format(void **state)
{
	static const char *const bad[] = {"\n",
					  "x",
					  "mtty:mdev:serial-2port:",
					  "mtty:mdev:serial-2port:9;x=1;",
					  "mtty:mdev: serial:1",
					  "::::"};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_bytes(bench, bad[i], strlen(bad[i]), TWO);
		assert_int_equal(bench->verdict.code, MIGCOMPAT_INCOMPATIBLE);
		assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_FORMAT);
		assert_int_equal(bench->verdict.error, -EINVAL);
		assert_true(strlen(reason(bench)) > 10);
	}
}

static void a_string_that_is_too_long_is_e2big(void **state)
{
	struct bench *bench = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	memcpy(text, "mtty:mdev:t:", 12);
	check_bytes(bench, text, sizeof(text), TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_FORMAT);
	assert_int_equal(bench->verdict.error, -E2BIG);
}

static void a_foreign_string_is_refused_at_once_and_its_owner_named(void **state)
{
	struct bench *bench = *state;

	check_bytes(bench, "other:mdev:t:1;", 15, TWO);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_NAMESPACE);
	assert_contains(reason(bench), "other");
	assert_int_equal(bench->verdict.result.count, 1);
}

static void version_of(struct bench *bench, const char *name, char *string, size_t size)
{
	struct opened *opened = NULL;
	struct error err = {0};

	assert_int_equal(engine_open(&bench->engine, device(bench, name), &opened, &err), 0);
	assert_true(check_version(opened, string, size, &err) > 0);
	opened_close(opened);
}

static void a_string_gives_the_verdict_that_its_device_gives(void **state)
{
	struct bench *bench = *state;
	char string[MIGCOMPAT_STRING_MAX + 1];

	version_of(bench, TWO, string, sizeof(string));
	check_bytes(bench, string, strlen(string), "0000:00:04.0");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_null(bench->verdict.source.device);
	check_bytes(bench, string, strlen(string), "0000:00:03.0");
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
}

static void availability_stands_beside_the_verdict(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "b//mtty/mtty-2");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_YES);
	check(bench, TWO, "a//mtty/mtty-2");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_NO);
	check(bench, TWO, "0000:00:04.0");
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_UNKNOWN);
}

static void the_kernels_word_on_mechanism_goes_before_the_backends(void **state)
{
	struct bench *bench = *state;
	const char *side = NULL;

	check(bench, TWO, AP);
	assert_int_equal(bench->verdict.target.mechanism.state, MIGCOMPAT_NO);
	assert_int_equal(bench->verdict.target.mechanism.source, MECHANISM_KERNEL);
	assert_int_equal(verdict_mechanism(&bench->verdict, &side)->state, MIGCOMPAT_NO);
	assert_string_equal(side, "target");
	assert_string_equal(bench->verdict.target.mechanism.features, "p2p");
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_int_equal(bench->verdict.error, -ENODEV);
}

static void a_policy_may_have_it_reported_only(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "mechanism = \"report\";\n");
	check(&bench, TWO, AP);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_COMPATIBLE);
	check(&bench, TWO, EIGHT);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_COMPATIBLE);
	stop(&bench);
}

static void a_known_no_wins_over_a_device_that_nobody_serves(void **state)
{
	struct bench *bench = *state;

	check(bench, STRANGE, AP);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	check(bench, AP, STRANGE);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	check(bench, "0000:00:09.0", STRANGE);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	check(bench, LOST, AP);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
}

static void a_doubt_does_not(void **state)
{
	struct bench *bench = *state;

	bench->engine.mode = POLICY_MECHANISM_PROVE;
	check(bench, STRANGE, TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
	assert_int_equal(bench->verdict.error, -ENOTCONN);
}

static void a_device_that_nobody_serves_is_judged_by_the_kernels_no(void **state)
{
	struct bench *bench = *state;

	check(bench, MUTE, TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_contains(reason(bench), "source " MUTE ": driver and kernel cannot move its state");
	check(bench, TWO, MUTE);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	bench->engine.mode = POLICY_MECHANISM_REPORT;
	check(bench, TWO, MUTE);
	assert_int_equal(bench->verdict.error, -ENOTCONN);
}

static void of_two_sides_that_cannot_move_the_source_is_told(void **state)
{
	struct bench *bench = *state;

	check(bench, AP, MUTE);
	assert_contains(reason(bench), "source " AP ": ");
	check(bench, MUTE, AP);
	assert_contains(reason(bench), "source " MUTE ": ");
	check(bench, AP, AP);
	assert_contains(reason(bench), "source " AP ": ");
}

static void the_kernels_yes_lifts_no_backends_no(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, REFUSED);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_int_equal(bench->verdict.target.mechanism.state, MIGCOMPAT_YES);
	check(bench, REFUSED, TWO);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
}

static void a_source_that_cannot_move_gives_no_string(void **state)
{
	struct bench *bench = *state;
	char string[MIGCOMPAT_STRING_MAX + 1];
	struct error err = {0};

	assert_int_equal(
		check_source(&bench->engine, device(bench, AP), string, sizeof(string), &err),
		-ENODEV);
	assert_contains(err.text, "cannot move its state");
	bench->engine.mode = POLICY_MECHANISM_REPORT;
	assert_true(check_source(&bench->engine, device(bench, AP), string, sizeof(string), &err) >
		    0);
}

static void a_denied_move_is_eperm_by_policy(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"no-b\"; match = { target = { host = \"b\"; }; }; "
		      "action = \"deny\"; reason = \"in maintenance\"; } );\n");
	check(&bench, TWO, "0000:00:04.0");
	assert_int_equal(bench.verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_POLICY);
	assert_int_equal(bench.verdict.error, -EPERM);
	assert_contains(reason(&bench), "in maintenance");
	stop(&bench);
}

static void an_override_is_forced_and_has_no_grade(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"old-ok\"; match = { source = { namespace = \"mtty\"; "
		      "}; }; action = \"override\"; fields = ( \"state_version\" ); } );\n");
	check(&bench, EIGHT, TWO);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_true(bench.verdict.forced);
	assert_int_equal(bench.verdict.grade, GRADE_NONE);
	assert_string_equal(bench.verdict.rules[0], "old-ok");
	/* An unserved device does not hide that the other one can never move. */
	check(&bench, EIGHT, AP);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_false(bench.verdict.forced);
	stop(&bench);
}

static void an_override_never_accepts_another_type(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"all\"; match = { source = { namespace = \"mtty\"; }; "
		      "}; action = \"override\"; fields = ( \"ports\", \"type\" ); } );\n");
	check(&bench, TWO, ONE);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_false(bench.verdict.forced);
	stop(&bench);
}

static void mixed_off_refuses_an_mdev_to_a_card(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "mixed = false;\n");
	check(&bench, TWO, "0000:00:04.0");
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_POLICY);
	check(&bench, TWO, EIGHT);
	assert_int_equal(bench.verdict.code, MIGCOMPAT_COMPATIBLE);
	stop(&bench);
}

static void a_fingerprint_changes_with_compared_facts_and_policy_alone(void **state)
{
	struct bench *bench = *state;
	struct bench other = {0};
	char first[FINGERPRINT_SIZE];

	check(bench, TWO, "b//mtty/mtty-2");
	memcpy(first, bench->verdict.target.fingerprint, sizeof(first));
	assert_int_equal(strlen(first), 32);
	/* Only available_instances differs. */
	check(bench, TWO, "a//mtty/mtty-2");
	assert_string_equal(bench->verdict.target.fingerprint, first);
	check(bench, TWO, ONE);
	assert_string_not_equal(bench->verdict.target.fingerprint, first);
	start(&other, "mixed = false;\n");
	check(&other, TWO, "b//mtty/mtty-2");
	assert_string_not_equal(other.verdict.target.fingerprint, first);
	stop(&other);
}

static void a_target_held_open_answers_many_strings(void **state)
{
	struct bench *bench = *state;
	char two[MIGCOMPAT_STRING_MAX + 1], one[MIGCOMPAT_STRING_MAX + 1];
	struct target target;
	struct error err = {0};

	version_of(bench, TWO, two, sizeof(two));
	version_of(bench, ONE, one, sizeof(one));
	assert_int_equal(target_open(&bench->engine, device(bench, TWO), &target, &err), 0);
	for (int i = 0; i < 1000; i++) {
		const char *string = i % 3 ? two : one;

		assert_int_equal(
			check_string(&target, NULL, string, strlen(string), &bench->verdict), 0);
		assert_int_equal(bench->verdict.code,
				 i % 3 ? MIGCOMPAT_COMPATIBLE : MIGCOMPAT_INCOMPATIBLE);
	}
	target_close(&target);
}

static void a_bad_backend_folder_is_named(void **state)
{
	struct engine_options options = {.backend_dir = "/nonexistent/backends",
					 .in_process = true};
	struct engine engine;
	struct error err = {0};

	(void)state;
	assert_int_equal(engine_start(&engine, &options, &err), -ENOENT);
	assert_contains(err.text, "/nonexistent/backends");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_mdev_fits_a_card_of_equal_ports),
		TEST(other_types_are_refused_and_the_backend_still_tells_why),
		TEST(more_at_the_target_is_a_superset),
		TEST(a_device_without_a_backend_could_not_be_told),
		TEST(a_missing_fact_could_not_be_told),
		TEST(an_unknown_card_is_not_migratable_in_any_role),
		TEST(an_error_is_worse_than_not_migratable),
		TEST(malformed_strings_are_incompatible_by_format),
		TEST(a_string_that_is_too_long_is_e2big),
		TEST(a_foreign_string_is_refused_at_once_and_its_owner_named),
		TEST(a_string_gives_the_verdict_that_its_device_gives),
		TEST(availability_stands_beside_the_verdict),
		TEST(the_kernels_word_on_mechanism_goes_before_the_backends),
		cmocka_unit_test(a_policy_may_have_it_reported_only),
		TEST(a_known_no_wins_over_a_device_that_nobody_serves),
		TEST(a_doubt_does_not),
		TEST(a_device_that_nobody_serves_is_judged_by_the_kernels_no),
		TEST(of_two_sides_that_cannot_move_the_source_is_told),
		TEST(the_kernels_yes_lifts_no_backends_no),
		TEST(a_source_that_cannot_move_gives_no_string),
		cmocka_unit_test(a_denied_move_is_eperm_by_policy),
		cmocka_unit_test(an_override_is_forced_and_has_no_grade),
		cmocka_unit_test(an_override_never_accepts_another_type),
		cmocka_unit_test(mixed_off_refuses_an_mdev_to_a_card),
		TEST(a_fingerprint_changes_with_compared_facts_and_policy_alone),
		TEST(a_target_held_open_answers_many_strings),
		cmocka_unit_test(a_bad_backend_folder_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
