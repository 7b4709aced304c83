/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backends of tests/backends that misbehave in a call. The error is one sentence, never a
 * yes, and other backends are not affected.
 */
#include "tests/support/worker_bench.h"

#define HANG_MS 2000 /* long enough for loading */

static void open_fails(struct bench *bench, const char *name, unsigned timeout_ms, int code,
		       const char *sentence)
{
	struct provider *provider = worker_make(name, timeout_ms);
	struct opened *opened = NULL;
	struct error err = {0};

	assert_null(provider->info.error);
	assert_int_equal(provider_open(provider, plain_device(bench), &opened, &err), code);
	assert_string_equal(err.text, sentence);
	assert_null(opened);
	provider_free(provider);
}

/*
 * Check how a sentence begins: a worker that closed its socket may be in the call or not.
 */
static void assert_begins(const char *text, const char *beginning)
{
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, beginning);
}

/* dies: each further call fails alike; otherwise the backend works on. */
static void compare_fails(struct bench *bench, const char *name, unsigned timeout_ms, int code,
			  const char *sentence, bool dies)
{
	struct provider *provider = worker_make(name, timeout_ms);
	struct opened *opened;
	struct error err = {0};

	assert_null(provider->info.error);
	opened = test_open(provider, plain_device(bench));
	assert_int_equal(result_reset(&bench->result), 0);
	assert_int_equal(opened_compare(opened, "1;plain", 7, &bench->result, &err), code);
	assert_begins(err.text, sentence);
	assert_int_equal(bench->result.count, 0);
	if (dies) {
		struct migcompat_sink sink = {0};
		struct opened *other = NULL;

		err = (struct error){0};
		assert_int_equal(provider_open(provider, opened->device, &other, &err), -EIO);
		assert_begins(err.text, sentence);
		assert_int_equal(opened_compare(opened, "1;plain", 7, &bench->result, &err), -EIO);
		assert_int_equal(
			opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, &err),
			-EOPNOTSUPP);
		provider->info.operations = "candidates";
		assert_int_equal(
			opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, &err), -EIO);
		assert_null(other);
	}
	opened_close(opened);
	provider_free(provider);
}

static void a_hang_on_opening_ends_in_time(void **state)
{
	open_fails(*state, "hang_open", HANG_MS, -ETIMEDOUT,
		   "backend hang_open: its worker gave no answer in 2000 ms in open of x");
}

static void a_hang_in_a_comparison_ends_in_time(void **state)
{
	compare_fails(*state, "hang_compare", HANG_MS, -ETIMEDOUT,
		      "backend hang_compare: its worker gave no answer in 2000 ms in compare of x",
		      true);
}

static void findings_without_end_end_in_time(void **state)
{
	compare_fails(*state, "endless", HANG_MS, -ETIMEDOUT,
		      "backend endless: its worker gave no answer in 2000 ms in compare of x",
		      true);
}

static void moody_open_fails(struct bench *bench, const char *mood, unsigned timeout_ms, int code,
			     const char *sentence)
{
	const char *facts[] = {"plain", mood, NULL};
	struct provider *provider = worker_make("moody", timeout_ms);
	struct opened *opened = NULL;
	struct error err = {0};

	assert_null(provider->info.error);
	assert_int_equal(provider_open(provider,
				       test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "x", facts),
				       &opened, &err),
			 code);
	assert_string_equal(err.text, sentence);
	assert_null(opened);
	provider_free(provider);
}

static void each_way_to_misbehave_in_open_is_an_error(void **state)
{
	moody_open_fails(*state, "exit", WORKER_TIMEOUT_MS, -EIO,
			 "backend moody: its worker ended (exit status 0) in open of x");
	moody_open_fails(*state, "garbage", WORKER_TIMEOUT_MS, -EIO,
			 "backend moody: its answer made no sense");
	moody_open_fails(*state, "spin", HANG_MS, -ETIMEDOUT,
			 "backend moody: its worker gave no answer in 2000 ms in open of x");
}

static void a_crash_in_open_is_reported_with_its_signal(void **state)
{
	open_fails(*state, "crash_open", WORKER_TIMEOUT_MS, -EIO,
		   "backend crash_open: its worker was killed by signal 11 (Segmentation fault) in "
		   "open of x");
}

static void a_crash_after_a_yes_is_no_yes(void **state)
{
	compare_fails(*state, "crash_compare", WORKER_TIMEOUT_MS, -EIO,
		      "backend crash_compare: its worker was killed by signal 11 (Segmentation "
		      "fault) in compare of x",
		      true);
}

static void an_exit_after_a_yes_is_no_yes(void **state)
{
	compare_fails(*state, "exit_compare", WORKER_TIMEOUT_MS, -EIO,
		      "backend exit_compare: its worker ended (exit status 0) in compare of x",
		      true);
}

static void garbage_on_the_socket_is_no_answer(void **state)
{
	compare_fails(*state, "garbage", WORKER_TIMEOUT_MS, -EIO,
		      "backend garbage: its answer made no sense", true);
}

static void half_a_reply_is_no_answer(void **state)
{
	compare_fails(*state, "half", WORKER_TIMEOUT_MS, -EIO,
		      "backend half: its worker ended (exit status 0) in compare of x", true);
}

#ifdef TEST_CONFINED
static void a_socket_that_is_not_its_own_cannot_be_closed(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("closer");
	struct opened *opened = test_open(provider, plain_device(bench));

	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(opened);
	provider_free(provider);
}
#else
static void a_closed_socket_is_no_answer(void **state)
{
	compare_fails(*state, "closer", WORKER_TIMEOUT_MS, -EIO,
		      "backend closer: its worker closed its connection", true);
}
#endif

static void a_comparison_of_nothing_is_no_answer(void **state)
{
	compare_fails(*state, "silent", WORKER_TIMEOUT_MS, -EIO,
		      "backend silent: compare of x: it compared nothing", false);
}

static void an_unwanted_fact_is_the_backends_error(void **state)
{
	open_fails(*state, "nosy", WORKER_TIMEOUT_MS, -EIO,
		   "backend nosy: open of x: it asked for the fact \"serial_number\", which it had "
		   "not declared");
}

static void a_payload_that_is_too_long_is_the_backends_error(void **state)
{
	open_fails(*state, "overlong", WORKER_TIMEOUT_MS, -EIO,
		   "backend overlong: payload of x: the version string has 3966 bytes, expected 1 "
		   "to 3965");
}

#ifndef TEST_SANITIZED
static void memory_in_a_call_is_limited(void **state)
{
	open_fails(*state, "greedy", WORKER_TIMEOUT_MS, -EIO,
		   "backend greedy: open of x: it failed: Cannot allocate memory (its share of "
		   "memory is used up; does it leak?)");
}
#endif

static void a_bad_finding_that_was_dropped_still_decides(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("flood");
	struct opened *opened = test_open(provider, plain_device(bench));

	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.count, RESULT_FINDINGS_MAX);
	assert_int_equal(bench->result.truncated, 5001 - RESULT_FINDINGS_MAX);
	assert_int_equal(bench->result.bad_count, 1);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_PARAMETER);
	opened_close(opened);
	provider_free(provider);
}

static void control_characters_are_replaced(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("rude");
	struct opened *opened = test_open(provider, plain_device(bench));

	assert_string_equal(opened->label, "a ?[2J clean screen");
	assert_string_equal(opened->mechanism_text, "no ?? text");
	test_compare(opened, opened, &bench->result);
	assert_string_equal(bench->result.findings[0].text, "line?break");
	opened_close(opened);
	provider_free(provider);
}

static void a_write_with_a_line_break_is_refused(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("writer");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct migcompat_sink sink = {0};
	struct error err = {0};

	assert_int_equal(opened_list(opened, PROVIDER_PREPARE, "1;plain", 7, &sink, &err), -EIO);
	assert_string_equal(err.text,
			    "backend writer: prepare of x: the text that it writes to \"plain\" "
			    "is NULL, not UTF-8 or has control characters");
	assert_int_equal(sink.nwrites, 0);
	sink_free(&sink);
	opened_close(opened);
	provider_free(provider);
}

static void a_list_longer_than_a_reply_is_refused_and_calls_go_on(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("lister");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct migcompat_sink sink = {0};
	struct error err = {0};

	assert_int_equal(opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, &err),
			 -E2BIG);
	assert_string_equal(err.text, "backend lister: its answer is longer than 8388608 bytes");
	assert_int_equal(sink.ncandidates, 0);
	sink_free(&sink);
	test_compare(opened, opened, &bench->result);
	opened_close(opened);
	provider_free(provider);
}

/*
 * A device with so many facts of 64 KiB each. Here they share one value, but not in a
 * message.
 */
static const struct device *large_device(struct bench *bench, size_t count)
{
	struct arena *arena = &bench->host.inventory.arena;
	static char value[FACT_VALUE_MAX + 1];
	struct factset_builder builder;
	struct device *device = (struct device *)(uintptr_t)plain_device(bench);

	memset(value, 'x', FACT_VALUE_MAX);
	factset_builder_init(&builder, arena);
	for (size_t i = 0; i < count; i++) {
		struct fact fact = {.value = value, .len = FACT_VALUE_MAX};
		char key[32];

		snprintf(key, sizeof(key), "many/%zu", i);
		fact.key = arena_copy(arena, key, strlen(key));
		assert_int_equal(factset_builder_share(&builder, &fact), 0);
	}
	assert_int_equal(factset_builder_finish(&builder, &device->facts, NULL), 0);
	return device;
}

static void too_many_facts_for_a_request_are_refused_and_calls_go_on(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("plain");
	struct opened *opened = NULL;
	struct error err = {0};

	assert_int_equal(provider_open(provider, large_device(bench, 1030), &opened, &err), -E2BIG);
	assert_string_equal(err.text, "backend plain: the request takes more than 67108864 bytes");
	opened_close(test_open(provider, large_device(bench, 1000)));
	opened_close(test_open(provider, plain_device(bench)));
	provider_free(provider);
}

/*
 * What the loud backend writes to a file, which is both standard streams of this process.
 */
static void loud_output(struct bench *bench, bool keep_stderr, char *ret, size_t size)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS,
					 .keep_stderr = keep_stderr};
	int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	struct provider *provider;
	struct opened *opened;
	struct error err = {0};
	char path[4096];

	assert_non_null(file);
	fflush(NULL);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	assert_int_equal(provider_worker_new(worker_path("loud", path, sizeof(path)), &options,
					     &provider, &err),
			 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	opened = test_open(provider, plain_device(bench));
	test_compare(opened, opened, &bench->result);
	opened_close(opened);
	provider_free(provider);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	close(out);
	close(errors);
	rewind(file);
	ret[fread(ret, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void output_of_a_backend_is_dropped(void **state)
{
	char text[256];

	loud_output(*state, false, text, sizeof(text));
	assert_string_equal(text, "");
}

static void output_of_a_backend_is_kept_on_request(void **state)
{
	char text[256];

	loud_output(*state, true, text, sizeof(text));
	assert_string_equal(text, "backend loud.so: loud: loaded\nbackend loud: "
				  "compatible\nbackend loud: loud: compared\n");
}

/* ---------------------------------------------------------------- structs of other sizes */

static void plain_works(struct bench *bench, const char *name)
{
	struct provider *provider = worker_good(name);
	struct opened *opened = test_open(provider, plain_device(bench));
	struct migcompat_sink sink = {0};

	assert_string_equal(opened->type, "plain");
	assert_string_equal(opened->payload, "1;plain");
	assert_string_equal(provider->info.operations, "");
	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.count, 1);
	assert_int_equal(bench->result.bad_count, 0);
	assert_int_equal(opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, NULL),
			 -EOPNOTSUPP);
	opened_close(opened);
	provider_free(provider);
}

static void a_shorter_struct_of_a_known_version_works(void **state)
{
	plain_works(*state, "shorter");
}

static void a_longer_struct_of_a_known_version_works(void **state)
{
	plain_works(*state, "longer");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_hang_on_opening_ends_in_time),
		test(a_hang_in_a_comparison_ends_in_time),
		test(findings_without_end_end_in_time),
		test(each_way_to_misbehave_in_open_is_an_error),
		test(a_crash_in_open_is_reported_with_its_signal),
		test(a_crash_after_a_yes_is_no_yes),
		test(an_exit_after_a_yes_is_no_yes),
		test(garbage_on_the_socket_is_no_answer),
		test(half_a_reply_is_no_answer),
#ifdef TEST_CONFINED
		test(a_socket_that_is_not_its_own_cannot_be_closed),
#else
		test(a_closed_socket_is_no_answer),
#endif
		test(a_comparison_of_nothing_is_no_answer),
		test(an_unwanted_fact_is_the_backends_error),
		test(a_payload_that_is_too_long_is_the_backends_error),
#ifndef TEST_SANITIZED
		test(memory_in_a_call_is_limited),
#endif
		test(a_bad_finding_that_was_dropped_still_decides),
		test(control_characters_are_replaced),
		test(a_write_with_a_line_break_is_refused),
		test(a_list_longer_than_a_reply_is_refused_and_calls_go_on),
		test(too_many_facts_for_a_request_are_refused_and_calls_go_on),
		test(output_of_a_backend_is_dropped),
		test(output_of_a_backend_is_kept_on_request),
		test(a_shorter_struct_of_a_known_version_works),
		test(a_longer_struct_of_a_known_version_works),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
