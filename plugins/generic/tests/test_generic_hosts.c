/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recorded hosts: drivers that never migrate, functions that no backend serves, and
 * the policy.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/row.h"
#include "tests/support/test.h"

#define PLAIN "generic-a//0000:41:00.2"
#define OWN_DRIVER "generic-a//0000:3b:02.0"
#define UNBOUND "generic-a//0000:3b:02.1"
#define ACME "generic-a//0000:60:00.1"
#define ACME_HALF "generic-a//0000:60:00.2"
#define REPLACED "generic-a//0000:60:00.3"
#define SAMPLE "generic-a//9b2f6a10-4c1e-4d57-8f03-5a7e21c40701"
#define SAMPLE_TYPE "generic-a//mbochs/mbochs-small"
#define OTHER_ACME "generic-b//0000:81:00.1"
#define ACME_BY_MODALIAS "generic-b//0000:81:00.2"
#define ACME_REVISION "generic-b//0000:81:00.3"
#define CCW "generic-s390//90c6c135-ad44-41d0-b1b7-bae47de40801"
#define CCW_TYPE "generic-s390//0.0.0026/vfio_ccw-io"
#define ISM "generic-s390//0001:00:00.0"
#define SERIAL "serial-b//0000:00:03.0"

struct hosts {
	struct engine engine;
	struct migcompat_verdict verdict;
	char folder[64];
};

static int start(void **state, const char *policy)
{
	static const char *const names[] = {"generic-a", "generic-b", "generic-s390", "serial-b"};
	struct hosts *hosts = calloc(1, sizeof(*hosts));
	struct engine_options options = {.backend_dir = TEST_BACKENDS,
					 .worker = TEST_BUILD "/migcompat-worker",
					 .in_process = true};
	struct error err = {0};
	char path[4096];

	assert_non_null(hosts);
	*state = hosts;
	strcpy(hosts->folder, "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(hosts->folder));
	options.config = hosts->folder;
	if (policy) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/migcompat.conf", hosts->folder);
		file = fopen(path, "we");
		assert_non_null(file);
		assert_true(fputs(policy, file) >= 0);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(chmod(path, 0644), 0);
	}
	if (engine_start(&hosts->engine, &options, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), TEST_SOURCE "/tests/hosts/%s.json", names[i]);
		if (engine_add_file(&hosts->engine, path, &err))
			fail_msg("%s", err.text);
	}
	if (engine_ready(&hosts->engine, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int setup(void **state)
{
	return start(state, NULL);
}

static int setup_equal(void **state)
{
	return start(state, "generic = \"equal\";\n");
}

static int teardown(void **state)
{
	struct hosts *hosts = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/migcompat.conf", hosts->folder);
	unlink(path);
	rmdir(hosts->folder);
	verdict_clear(&hosts->verdict);
	engine_stop(&hosts->engine);
	free(hosts);
	return 0;
}

static const struct device *find(const struct hosts *hosts, const char *name)
{
	const struct device *device = NULL;
	struct error err = {0};

	if (inventory_find(&hosts->engine.inventory, name, &device, &err))
		fail_msg("%s", err.text);
	return device;
}

/* Returns the reason. The verdict is in hosts. */
static const char *check(struct hosts *hosts, const char *source, const char *target)
{
	static char text[2048];

	assert_int_equal(check_devices(&hosts->engine, find(hosts, source), find(hosts, target),
				       &hosts->verdict),
			 0);
	return verdict_reason(&hosts->verdict, text, sizeof(text));
}

static void assert_error(const struct hosts *hosts, int error)
{
	assert_int_equal(hosts->verdict.code, MIGCOMPAT_ERROR);
	assert_int_equal(hosts->verdict.error, error);
	assert_int_equal(verdict_status(&hosts->verdict), 2);
}

static void assert_never(const struct hosts *hosts)
{
	assert_int_equal(hosts->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_int_equal(hosts->verdict.error, -ENODEV);
	assert_int_equal(verdict_status(&hosts->verdict), 1);
}

static struct row row(const struct hosts *hosts, const char *name, struct arena *arena)
{
	struct row ret;

	assert_int_equal(row_make(&hosts->engine, find(hosts, name), arena, &ret), 0);
	return ret;
}

/* ---------------------------------------------------------------- never */

static void drivers_that_never_migrate_are_told_as_source_and_as_target(void **state)
{
	static const char *const names[] = {PLAIN, SAMPLE, SAMPLE_TYPE, CCW, CCW_TYPE, ISM};
	struct hosts *hosts = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_contains(check(hosts, names[i], SERIAL), "source ");
		assert_never(hosts);
		assert_contains(check(hosts, SERIAL, names[i]), "target ");
		assert_never(hosts);
	}
}

static void the_reason_names_the_driver_to_bind(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, PLAIN, PLAIN), "vfio-pci moves no device state");
	assert_contains(check(hosts, PLAIN, PLAIN), "bind it to mlx5_vfio_pci");
}

static void the_mechanism_is_told_by_the_table_of_drivers(void **state)
{
	struct hosts *hosts = *state;
	const struct mechanism *mechanism = &hosts->verdict.source.mechanism;
	struct arena arena = {0};
	struct row plain = row(hosts, PLAIN, &arena);

	check(hosts, PLAIN, ACME);
	assert_int_equal(mechanism->state, MIGCOMPAT_NO);
	assert_int_equal(mechanism->source, MECHANISM_DRIVER);
	assert_contains(mechanism->text, "bind it to mlx5_vfio_pci");
	assert_int_equal(plain.mechanism.state, MIGCOMPAT_NO);
	assert_int_equal(plain.mechanism.source, MECHANISM_DRIVER);
	arena_free(&arena);
}

static void a_known_no_wins_over_a_side_that_nobody_serves(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, PLAIN, ACME), "vfio-pci");
	assert_never(hosts);
	assert_contains(check(hosts, ACME, PLAIN), "vfio-pci");
	assert_never(hosts);
	assert_contains(check(hosts, OWN_DRIVER, PLAIN), "vfio-pci");
	assert_never(hosts);
}

static void the_list_shows_who_says_no(void **state)
{
	struct hosts *hosts = *state;
	struct arena arena = {0};
	struct row plain = row(hosts, PLAIN, &arena);

	assert_string_equal(plain.backend, "generic");
	assert_string_equal(row_migratable(&plain), "no");
	assert_null(plain.type);
	assert_contains(plain.reason, "vfio-pci");
	arena_free(&arena);
}

static void a_card_of_another_backend_stays_its_own(void **state)
{
	struct hosts *hosts = *state;
	struct arena arena = {0};

	assert_string_equal(row(hosts, SERIAL, &arena).backend, "mtty");
	arena_free(&arena);
}

/* ---------------------------------------------------------------- unserved */

static void what_the_kernel_can_migrate_and_nobody_knows_is_both_told(void **state)
{
	struct hosts *hosts = *state;
	const char *reason = check(hosts, ACME, OTHER_ACME);

	assert_error(hosts, -ENOTCONN);
	assert_contains(reason, "the kernel can migrate device \"0000:60:00.1\"");
	assert_contains(reason, "no backend knows the rules of its driver");
	assert_contains(reason, "(module acme_vfio_pci, modalias "
				"pci:v00001E4Bd00001002sv00001E4Bsd00000100bc12sc00i00)");
}

static void a_state_file_alone_is_the_kernels_yes(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, ACME_HALF, ACME_HALF), "the kernel can migrate");
	assert_error(hosts, -ENOTCONN);
}

static void the_kernels_yes_wins_over_the_table(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, REPLACED, REPLACED), "the kernel can migrate");
	assert_contains(check(hosts, REPLACED, REPLACED), "module vfio_pci");
	assert_error(hosts, -ENOTCONN);
}

static void without_the_kernels_word_nobody_serves_it(void **state)
{
	struct hosts *hosts = *state;
	struct arena arena = {0};
	struct row unbound = row(hosts, UNBOUND, &arena);

	assert_contains(check(hosts, OWN_DRIVER, OWN_DRIVER),
			"no backend serves device \"0000:3b:02.0\" (module iavf, modalias "
			"pci:v00008086d0000154C");
	assert_error(hosts, -ENOTCONN);
	assert_contains(unbound.reason, "(no module, modalias pci:v00008086d0000154C");
	assert_null(unbound.backend);
	assert_string_equal(row_migratable(&unbound), "unknown");
	arena_free(&arena);
}

/* ------------------------------------------------------- the policy generic = "equal" */

static void equal_functions_fit_and_the_verdict_warns(void **state)
{
	struct hosts *hosts = *state;

	check(hosts, ACME, OTHER_ACME);
	assert_int_equal(hosts->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(hosts->verdict.grade, GRADE_IDENTICAL);
	assert_string_equal(hosts->verdict.source.type, "generic:pci-1e4b-1002");
	check(hosts, ACME, ACME_BY_MODALIAS);
	assert_int_equal(hosts->verdict.code, MIGCOMPAT_COMPATIBLE);
	for (size_t i = 0; i < hosts->verdict.result.count; i++)
		if (strcmp(hosts->verdict.result.findings[i].field, "rules") == 0)
			return;
	fail_msg("no warning");
}

static void functions_that_differ_are_refused(void **state)
{
	struct hosts *hosts = *state;

	assert_string_equal(check(hosts, ACME, ACME_REVISION),
			    "revision: source has 0x1, target has 0x2");
	assert_int_equal(hosts->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	check(hosts, ACME, REPLACED);
	assert_int_equal(hosts->verdict.limit, MIGCOMPAT_LIMIT_DRIVER);
}

static void a_missing_fact_could_not_be_told(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, ACME_HALF, OTHER_ACME), "\"physfn/revision\" is missing");
	assert_error(hosts, -ENOENT);
	check(hosts, OTHER_ACME, ACME_HALF);
	assert_error(hosts, -ENOENT);
}

static void what_never_migrates_still_does_not(void **state)
{
	struct hosts *hosts = *state;

	check(hosts, PLAIN, PLAIN);
	assert_never(hosts);
	check(hosts, CCW, CCW);
	assert_never(hosts);
}

static void without_the_kernels_yes_nothing_is_compared(void **state)
{
	struct hosts *hosts = *state;

	assert_contains(check(hosts, OWN_DRIVER, OWN_DRIVER), "no backend serves");
	assert_error(hosts, -ENOTCONN);
	check(hosts, ACME, OWN_DRIVER);
	assert_error(hosts, -ENOTCONN);
}

static void a_choice_is_one_of_equal_functions(void **state)
{
	struct hosts *hosts = *state;
	struct answer answer;
	struct error err = {0};

	assert_int_equal(ask_targets(&hosts->engine,
				     &(struct ask_question){.source = find(hosts, ACME)}, &answer,
				     &err),
			 0);
	assert_int_equal(answer.nchoices, 2);
	assert_string_equal(answer.choices[0].device->id, "0000:81:00.1");
	assert_string_equal(answer.choices[1].device->id, "0000:81:00.2");
	answer_free(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_EQUAL(name) cmocka_unit_test_setup_teardown(name, setup_equal, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drivers_that_never_migrate_are_told_as_source_and_as_target),
		TEST(the_reason_names_the_driver_to_bind),
		TEST(the_mechanism_is_told_by_the_table_of_drivers),
		TEST(a_known_no_wins_over_a_side_that_nobody_serves),
		TEST(the_list_shows_who_says_no),
		TEST(a_card_of_another_backend_stays_its_own),
		TEST(what_the_kernel_can_migrate_and_nobody_knows_is_both_told),
		TEST(a_state_file_alone_is_the_kernels_yes),
		TEST(the_kernels_yes_wins_over_the_table),
		TEST(without_the_kernels_word_nobody_serves_it),
		TEST_EQUAL(equal_functions_fit_and_the_verdict_warns),
		TEST_EQUAL(functions_that_differ_are_refused),
		TEST_EQUAL(a_missing_fact_could_not_be_told),
		TEST_EQUAL(what_never_migrates_still_does_not),
		TEST_EQUAL(without_the_kernels_yes_nothing_is_compared),
		TEST_EQUAL(a_choice_is_one_of_equal_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
