/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library as a management tool uses it: the shared object and its public header. */
#include "migcompat/migcompat.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/documents.h"
#include "tests/support/test.h"

#define HOSTS TEST_SOURCE "/tests/hosts/"
/* It has no policy, and others cannot write it, unlike perhaps a clone. */
#define CONFIG TEST_BUILD "/backends"
#define TWO "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

struct bench {
	struct migcompat *ctx;
	struct migcompat_verdict *verdict;
};

static void start(struct bench *bench, const char *in_process)
{
	assert_int_equal(migcompat_new(&bench->ctx), 0);
	assert_int_equal(migcompat_verdict_new(&bench->verdict), 0);
	assert_int_equal(migcompat_set_option(bench->ctx, MIGCOMPAT_OPTION_CONFIG, CONFIG), 0);
	assert_int_equal(migcompat_set_option(bench->ctx, MIGCOMPAT_OPTION_IN_PROCESS, in_process),
			 0);
	if (migcompat_add_inventory(bench->ctx, HOSTS "serial-a.json") != 0 ||
	    migcompat_add_inventory(bench->ctx, HOSTS "serial-b.json") != 0)
		fail_msg("%s", migcompat_message(bench->ctx));
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	start(bench, "false");
	*state = bench;
	return 0;
}

static int setup_in_process(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	start(bench, "true");
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	migcompat_verdict_free(bench->verdict);
	migcompat_free(bench->ctx);
	free(bench);
	return 0;
}

static const struct migcompat_device *find(struct bench *bench, const char *name)
{
	const struct migcompat_device *device = NULL;

	if (migcompat_find(bench->ctx, name, &device) != 0)
		fail_msg("%s", migcompat_message(bench->ctx));
	return device;
}

static void two_devices_are_compared(void **state)
{
	struct bench *bench = *state;
	char reason[256];

	assert_int_equal(migcompat_check_devices(bench->ctx, find(bench, TWO),
						 find(bench, "0000:00:04.0"), bench->verdict),
			 0);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_COMPATIBLE);
	assert_int_equal(migcompat_verdict_errno(bench->verdict), 0);
	assert_string_equal(migcompat_verdict_grade(bench->verdict), "identical");
	assert_int_equal(migcompat_check_devices(bench->ctx, find(bench, TWO),
						 find(bench, "0000:00:03.0"), bench->verdict),
			 0);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(migcompat_verdict_errno(bench->verdict), -EINVAL);
	assert_string_equal(migcompat_verdict_limit(bench->verdict), "type");
	migcompat_verdict_reason(bench->verdict, reason, sizeof(reason));
	assert_string_equal(reason, "source has 2 ports, target has 1");
}

static void every_reason_is_a_finding(void **state)
{
	struct bench *bench = *state;
	bool found = false;

	assert_int_equal(migcompat_check_devices(bench->ctx, find(bench, TWO),
						 find(bench, "0000:00:03.0"), bench->verdict),
			 0);
	for (size_t i = 0; i < migcompat_verdict_findings(bench->verdict); i++) {
		const char *status;
		char text[512];

		assert_true(migcompat_verdict_finding(bench->verdict, i, &status, text,
						      sizeof(text)) > 0);
		found |= strcmp(status, "bad") == 0 &&
			 strcmp(text, "ports: source has 2, target has 1 (must be equal)") == 0;
	}
	assert_true(found);
	assert_int_equal(migcompat_verdict_finding(bench->verdict, 10000, NULL, NULL, 0), -ENOENT);
}

static void a_string_read_at_the_source_is_taken_by_the_target(void **state)
{
	struct bench *bench = *state;
	struct migcompat_target *target = NULL;
	char string[4096];
	int len = migcompat_version(bench->ctx, find(bench, TWO), string, sizeof(string));

	assert_true(len > 0 && len == (int)strlen(string));
	assert_int_equal(migcompat_check_string(bench->ctx, string, (size_t)len,
						find(bench, "0000:00:04.0"), bench->verdict),
			 0);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_COMPATIBLE);
	assert_int_equal(migcompat_target_open(bench->ctx, find(bench, "0000:00:03.0"), &target),
			 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
			migcompat_target_check(target, string, (size_t)len, bench->verdict), 0);
		assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_INCOMPATIBLE);
	}
	assert_null(migcompat_target_close(target));
}

static void a_verdict_outlives_its_target(void **state)
{
	struct bench *bench = *state;
	struct migcompat_target *target = NULL;
	char *before = NULL, *after = NULL;

	assert_int_equal(migcompat_target_open(bench->ctx, find(bench, TWO), &target), 0);
	assert_int_equal(migcompat_target_check(target, "x", 1, bench->verdict), 0);
	assert_int_equal(migcompat_verdict_json(bench->verdict, &before), 0);
	assert_contains(before, "\"text\":\"target: mtty migrates");
	migcompat_target_close(target);
	assert_int_equal(migcompat_verdict_json(bench->verdict, &after), 0);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

static void a_buffer_that_is_too_small_is_refused(void **state)
{
	struct bench *bench = *state;
	char small[8];

	assert_int_equal(migcompat_version(bench->ctx, find(bench, TWO), small, sizeof(small)),
			 -ENOBUFS);
	assert_int_equal(migcompat_type(bench->ctx, find(bench, TWO), small, sizeof(small)),
			 -ENOBUFS);
}

static void the_type_is_comparable(void **state)
{
	struct bench *bench = *state;
	char mdev[131], card[131];

	assert_true(migcompat_type(bench->ctx, find(bench, TWO), mdev, sizeof(mdev)) > 0);
	assert_true(migcompat_type(bench->ctx, find(bench, "0000:00:04.0"), card, sizeof(card)) >
		    0);
	assert_string_equal(mdev, "mtty:serial-2port");
	assert_string_equal(mdev, card);
}

static void choices_are_listed_and_printed(void **state)
{
	struct bench *bench = *state;
	struct migcompat_choices *choices = NULL;
	char *json = NULL;

	assert_int_equal(migcompat_ask(bench->ctx, find(bench, TWO), NULL, 0, "serial-b", &choices),
			 0);
	assert_true(migcompat_choices_count(choices) >= 1);
	assert_string_equal(migcompat_device_host(migcompat_choices_at(choices, 0)), "serial-b");
	assert_null(migcompat_choices_at(choices, 1000));
	assert_int_equal(migcompat_choices_json(choices, &json), 0);
	documents_keep(json);
	assert_contains(json, "\"choices\":[{");
	free(json);
	assert_null(migcompat_choices_free(choices));
	assert_int_equal(migcompat_ask(bench->ctx, NULL, NULL, 0, NULL, &choices), -EINVAL);
}

static void the_verdict_is_printed_as_a_document(void **state)
{
	struct bench *bench = *state;
	char *json = NULL;

	assert_int_equal(migcompat_check_devices(bench->ctx, find(bench, TWO),
						 find(bench, "0000:00:04.0"), bench->verdict),
			 0);
	assert_int_equal(migcompat_verdict_json(bench->verdict, &json), 0);
	documents_keep(json);
	assert_contains(json, "\"verdict\":\"compatible\"");
	free(json);
}

static void devices_are_walked_and_found(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_device *device = NULL;
	long count = migcompat_device_count(bench->ctx);

	assert_true(count >= 6);
	assert_non_null(migcompat_device_at(bench->ctx, 0));
	assert_null(migcompat_device_at(bench->ctx, (size_t)count));
	assert_int_equal(migcompat_find(bench->ctx, "nothing", &device), -ENOENT);
	assert_contains(migcompat_message(bench->ctx), "nothing");
	assert_string_equal(migcompat_device_kind(find(bench, "0000:00:04.0")), "physical");
	assert_string_equal(migcompat_device_id(find(bench, "serial-a//" TWO)), TWO);
	assert_int_equal(migcompat_add_inventory(bench->ctx, HOSTS "serial-a.json"), -EBUSY);
	assert_int_equal(migcompat_set_option(bench->ctx, MIGCOMPAT_OPTION_CONFIG, "/x"), -EBUSY);
}

static void a_device_that_nothing_can_move_gives_no_string(void **state)
{
	static const struct {
		const char *mode; /* NULL: as the policy says */
		int version;
	} modes[] = {{NULL, -ENODEV}, {"require", -ENODEV}, {"report", 0}, {"prove", -ENODEV}};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct migcompat_device *device = NULL;
		struct migcompat *ctx = NULL;
		char string[4096];
		int r;

		assert_int_equal(migcompat_new(&ctx), 0);
		assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_CONFIG, CONFIG), 0);
		assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_IN_PROCESS, "true"), 0);
		assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_MECHANISM, "perhaps"),
				 -EINVAL);
		if (modes[i].mode)
			assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_MECHANISM,
							      modes[i].mode),
					 0);
		assert_int_equal(migcompat_add_inventory(ctx, HOSTS "serial-c.json"), 0);
		assert_int_equal(migcompat_find(ctx, "0000:00:04.0", &device), 0);
		r = migcompat_version(ctx, device, string, sizeof(string));
		assert_int_equal(r < 0 ? r : 0, modes[i].version);
		/* The type is printed in all modes. */
		assert_true(migcompat_type(ctx, device, string, sizeof(string)) > 0);
		migcompat_free(ctx);
	}
}

static void folder_of_inventories_is_added(void **state)
{
	struct migcompat *ctx = NULL;

	(void)state;
	assert_int_equal(migcompat_new(&ctx), 0);
	assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_CONFIG, CONFIG), 0);
	assert_int_equal(migcompat_add_inventory(ctx, CONFIG), -ENODATA);
	assert_contains(migcompat_message(ctx), "no *.json is in this folder");
	assert_int_equal(migcompat_add_inventory(ctx, HOSTS), 0);
	assert_true(migcompat_device_count(ctx) > 6);
	migcompat_free(ctx);
}

static void errors_come_with_a_sentence(void **state)
{
	struct migcompat *ctx = NULL;

	(void)state;
	assert_int_equal(migcompat_new(&ctx), 0);
	assert_string_equal(migcompat_message(ctx), "");
	assert_int_equal(migcompat_set_option(ctx, (enum migcompat_option)99, "x"), -EINVAL);
	assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_IN_PROCESS, "perhaps"),
			 -EINVAL);
	assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_CONFIG, CONFIG), 0);
	assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_BACKEND_DIR, "/nonexistent"),
			 0);
	assert_int_equal(migcompat_add_this_host(ctx), -ENOENT);
	assert_contains(migcompat_message(ctx), "/nonexistent");
	assert_null(migcompat_free(ctx));
	assert_null(migcompat_free(NULL));
}

static void a_fresh_verdict_is_no_yes(void **state)
{
	struct migcompat_verdict *verdict = NULL;

	(void)state;
	assert_int_equal(migcompat_verdict_new(&verdict), 0);
	assert_int_equal(migcompat_verdict_code(verdict), MIGCOMPAT_ERROR);
	assert_null(migcompat_verdict_free(verdict));
}

/* An old yes must not be read as the answer to a question that failed. */
static void a_question_that_fails_leaves_no_yes_behind(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_device *two = find(bench, TWO);

	assert_int_equal(migcompat_check_devices(bench->ctx, two, two, bench->verdict), 0);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_COMPATIBLE);
	assert_int_equal(migcompat_check_devices(bench->ctx, two, NULL, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_ERROR);
	assert_string_equal(migcompat_message(bench->ctx), "an argument is NULL");
}

static void null_is_an_error(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_device *two = find(bench, TWO), *device = NULL;
	struct migcompat_target *target = NULL;
	struct migcompat_choices *choices = NULL;
	struct migcompat *ctx = bench->ctx;
	char buffer[8], *json = NULL;

	assert_int_equal(migcompat_new(NULL), -EINVAL);
	assert_string_equal(migcompat_message(NULL), "no context was given");
	assert_int_equal(migcompat_set_option(NULL, MIGCOMPAT_OPTION_CONFIG, "x"), -EINVAL);
	assert_int_equal(migcompat_set_option(ctx, MIGCOMPAT_OPTION_CONFIG, NULL), -EINVAL);
	assert_int_equal(migcompat_add_inventory(NULL, "x"), -EINVAL);
	assert_int_equal(migcompat_add_inventory(ctx, NULL), -EINVAL);
	assert_int_equal(migcompat_add_this_host(NULL), -EINVAL);
	assert_int_equal(migcompat_device_count(NULL), -EINVAL);
	assert_null(migcompat_device_at(NULL, 0));
	assert_int_equal(migcompat_find(NULL, "x", &device), -EINVAL);
	assert_int_equal(migcompat_find(ctx, NULL, &device), -EINVAL);
	assert_int_equal(migcompat_find(ctx, TWO, NULL), -EINVAL);
	assert_null(migcompat_device_id(NULL));
	assert_null(migcompat_device_host(NULL));
	assert_null(migcompat_device_kind(NULL));
	assert_int_equal(migcompat_version(NULL, two, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(migcompat_version(ctx, NULL, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(migcompat_version(ctx, two, NULL, 0), -EINVAL);
	assert_int_equal(migcompat_type(NULL, two, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(migcompat_type(ctx, NULL, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(migcompat_type(ctx, two, NULL, 0), -EINVAL);
	assert_int_equal(migcompat_check_devices(NULL, two, two, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_check_devices(ctx, NULL, two, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_check_devices(ctx, two, two, NULL), -EINVAL);
	assert_int_equal(migcompat_check_string(NULL, "x", 1, two, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_check_string(ctx, NULL, 1, two, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_check_string(ctx, "x", 1, NULL, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_check_string(ctx, "x", 1, two, NULL), -EINVAL);
	assert_int_equal(migcompat_target_open(NULL, two, &target), -EINVAL);
	assert_int_equal(migcompat_target_open(ctx, NULL, &target), -EINVAL);
	assert_int_equal(migcompat_target_open(ctx, two, NULL), -EINVAL);
	assert_int_equal(migcompat_target_check(NULL, "x", 1, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_target_open(ctx, two, &target), 0);
	assert_int_equal(migcompat_target_check(target, NULL, 1, bench->verdict), -EINVAL);
	assert_int_equal(migcompat_target_check(target, "x", 1, NULL), -EINVAL);
	assert_null(migcompat_target_close(target));
	assert_null(migcompat_target_close(NULL));
	assert_int_equal(migcompat_ask(NULL, two, NULL, 0, NULL, &choices), -EINVAL);
	assert_int_equal(migcompat_ask(ctx, two, NULL, 0, NULL, NULL), -EINVAL);
	assert_int_equal(migcompat_choices_count(NULL), 0);
	assert_null(migcompat_choices_at(NULL, 0));
	assert_int_equal(migcompat_choices_json(NULL, &json), -EINVAL);
	assert_null(migcompat_choices_free(NULL));
}

static void no_verdict_is_an_error(void **state)
{
	struct bench *bench = *state;
	char *json = NULL;

	assert_int_equal(migcompat_verdict_new(NULL), -EINVAL);
	assert_int_equal(migcompat_verdict_code(NULL), MIGCOMPAT_ERROR);
	assert_int_equal(migcompat_verdict_errno(NULL), -EINVAL);
	assert_null(migcompat_verdict_grade(NULL));
	assert_null(migcompat_verdict_limit(NULL));
	assert_string_equal(migcompat_verdict_availability(NULL), "unknown");
	assert_int_equal(migcompat_verdict_reason(NULL, NULL, 0), -EINVAL);
	assert_int_equal(migcompat_verdict_reason(bench->verdict, NULL, 8), -EINVAL);
	assert_int_equal(migcompat_verdict_findings(NULL), 0);
	assert_int_equal(migcompat_verdict_finding(NULL, 0, NULL, NULL, 0), -EINVAL);
	assert_int_equal(migcompat_verdict_json(NULL, &json), -EINVAL);
	assert_int_equal(migcompat_verdict_json(bench->verdict, NULL), -EINVAL);
}

/* The number of functions that answer wrongly in a child process. */
static int use_carried(struct bench *bench, struct migcompat_target *target,
		       const struct migcompat_device *two)
{
	struct migcompat_target *other = NULL;
	struct migcompat_choices *choices = NULL;
	char buffer[4096];
	int wrong = 0;

	wrong += migcompat_check_devices(bench->ctx, two, two, bench->verdict) != -ECHILD;
	wrong += migcompat_verdict_code(bench->verdict) != MIGCOMPAT_ERROR;
	wrong += migcompat_target_check(target, "x", 1, bench->verdict) != -ECHILD;
	wrong += migcompat_verdict_errno(bench->verdict) != -ECHILD;
	wrong += migcompat_target_open(bench->ctx, two, &other) != -ECHILD;
	wrong += migcompat_version(bench->ctx, two, buffer, sizeof(buffer)) != -ECHILD;
	wrong += migcompat_type(bench->ctx, two, buffer, sizeof(buffer)) != -ECHILD;
	wrong += migcompat_ask(bench->ctx, two, NULL, 0, NULL, &choices) != -ECHILD;
	wrong += migcompat_device_count(bench->ctx) != -ECHILD;
	wrong += migcompat_device_at(bench->ctx, 0) != NULL;
	wrong += strstr(migcompat_message(bench->ctx), "a child process makes its own") == NULL;
	migcompat_target_close(target);
	migcompat_free(bench->ctx);
	return wrong;
}

static void a_context_that_was_carried_over_a_fork_answers_an_error(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_device *two = find(bench, TWO);
	struct migcompat_target *target = NULL;
	int status;
	pid_t pid;

	assert_int_equal(migcompat_target_open(bench->ctx, two, &target), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(use_carried(bench, target, two));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* The context of the parent still works, with its workers. */
	assert_int_equal(migcompat_check_devices(bench->ctx, two, two, bench->verdict), 0);
	assert_int_equal(migcompat_verdict_code(bench->verdict), MIGCOMPAT_COMPATIBLE);
	migcompat_target_close(target);
}

static void the_release_is_told(void **state)
{
	(void)state;
	assert_non_null(strchr(migcompat_release(), '.'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_devices_are_compared),
		cmocka_unit_test_setup_teardown(two_devices_are_compared, setup_in_process,
						teardown),
		TEST(every_reason_is_a_finding),
		TEST(a_string_read_at_the_source_is_taken_by_the_target),
		cmocka_unit_test_setup_teardown(a_string_read_at_the_source_is_taken_by_the_target,
						setup_in_process, teardown),
		TEST(a_verdict_outlives_its_target),
		TEST(a_buffer_that_is_too_small_is_refused),
		TEST(the_type_is_comparable),
		TEST(choices_are_listed_and_printed),
		TEST(the_verdict_is_printed_as_a_document),
		TEST(devices_are_walked_and_found),
		TEST(a_question_that_fails_leaves_no_yes_behind),
		TEST(null_is_an_error),
		TEST(no_verdict_is_an_error),
		TEST(a_context_that_was_carried_over_a_fork_answers_an_error),
		cmocka_unit_test(folder_of_inventories_is_added),
		cmocka_unit_test(errors_come_with_a_sentence),
		cmocka_unit_test(a_device_that_nothing_can_move_gives_no_string),
		cmocka_unit_test(a_fresh_verdict_is_no_yes),
		cmocka_unit_test(the_release_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
