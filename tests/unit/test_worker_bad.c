/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backends that misbehave, each in its worker: what it does is told in one sentence, never a yes, and costs nobody else
 * anything. The backends stand in tests/backends.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/backend/registry.h"
#include "tests/support/worker.h"

#define HANG_MS 2000 /* long enough to load in, short enough to wait for */

static const char *const serial_facts[] = {"mdev_type", "mtty-2", NULL};
static const char *const plain_facts[] = {"plain", "1", NULL};
static const char *const host_facts[] = {"kernel/release", "6.12.0-amd64", NULL};

/* A good backend beside the bad one, with a device that stays open. */
struct bench {
	struct test_host host;
	struct provider *good;
	struct opened *serial;
	struct migcompat_result result;
	size_t descriptors;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	bench->descriptors = worker_descriptors();
	test_host_make(&bench->host, host_facts);
	bench->good = worker_good("mtty");
	bench->serial = test_open(bench->good, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "serial", serial_facts));
	*state = bench;
	return 0;
}

/* Whatever a test did, the good backend still answers, and nothing is left behind. */
static int teardown(void **state)
{
	struct bench *bench = *state;

	test_compare(bench->serial, bench->serial, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(bench->serial);
	provider_free(bench->good);
	result_free(&bench->result);
	test_host_free(&bench->host);
	assert_int_equal(worker_descriptors(), bench->descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(bench);
	return 0;
}

static const struct device *plain_device(struct bench *bench)
{
	return test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "x", plain_facts);
}

/* ---------------------------------------------------------------- loading */

static void load_fails(const char *name, unsigned timeout_ms, const char *sentence)
{
	struct provider *provider = worker_make(name, timeout_ms);
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	assert_non_null(provider->info.error);
	assert_string_equal(provider->info.error, sentence);
	assert_null(provider->info.name);
	test_host_make(&host, NULL);
	assert_int_equal(provider_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL), &opened, &err), -EIO);
	assert_string_equal(err.text, sentence);
	assert_null(opened);
	test_host_free(&host);
	provider_free(provider);
}

static void a_file_without_the_symbol_is_no_backend(void **state)
{
	(void)state;
	load_fails("no_symbol", WORKER_TIMEOUT_MS, "it has no symbol \"migcompat_backend\": not a backend");
}

static void an_unknown_api_version_is_named(void **state)
{
	(void)state;
	load_fails("api_version", WORKER_TIMEOUT_MS, "it has API version 99, expected 1");
}

static void a_struct_that_lacks_operations_is_refused(void **state)
{
	char sentence[128];

	(void)state;
	snprintf(sentence, sizeof(sentence), "its struct has %zu bytes, expected at least %zu", offsetof(struct migcompat_backend, payload),
		 offsetof(struct migcompat_backend, compare) + sizeof(void *));
	load_fails("too_short", WORKER_TIMEOUT_MS, sentence);
}

static void an_undefined_symbol_is_named(void **state)
{
	(void)state;
	load_fails("undefined_symbol", WORKER_TIMEOUT_MS, "undefined symbol: migcompat_nobody_has_this");
}

static void a_missing_library_is_named(void **state)
{
	(void)state;
	load_fails("missing_library", WORKER_TIMEOUT_MS, "libmigcompat_gone.so: cannot open shared object file: No such file or directory");
}

static void a_file_that_is_not_elf_is_named_so(void **state)
{
	(void)state;
	load_fails("not_elf", WORKER_TIMEOUT_MS, "invalid ELF header");
}

static void an_exit_in_the_constructor_is_no_answer(void **state)
{
	(void)state;
	load_fails("exit_constructor", WORKER_TIMEOUT_MS, "its worker ended (exit status 0) while loading");
}

static void a_hang_in_the_constructor_ends_in_time(void **state)
{
	(void)state;
	load_fails("hang_constructor", 300, "its worker gave no answer in 300 ms");
}

static void a_crash_in_the_constructor_is_told_by_its_signal(void **state)
{
	(void)state;
	load_fails("crash_constructor", WORKER_TIMEOUT_MS, "its worker was killed by signal 11 (Segmentation fault) while loading");
}

static void a_constructor_that_speaks_for_its_worker_is_not_believed(void **state)
{
	(void)state;
	load_fails("garbage_constructor", WORKER_TIMEOUT_MS, "its answer made no sense");
}

static void copy_file(const char *from, const char *to)
{
	char command[8400];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = WORKER_TIMEOUT_MS};
	char folder[] = "/tmp/migcompat-test-XXXXXX";
	char from[4096], path[128], sentence[512];
	struct provider *provider;
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/mtty.so", folder);
	copy_file(worker_path("mtty", from, sizeof(from)), path);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(provider_worker_new(path, &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	snprintf(sentence, sizeof(sentence), "%s can be written by others (mode 0666), expected by its owner alone", path);
	assert_non_null(provider->info.error);
	assert_string_equal(provider->info.error, sentence);
	provider_free(provider);
	unlink(path);
	rmdir(folder);
}

static void a_rival_for_a_key_is_a_conflict_that_names_both(void **state)
{
	struct bench *bench = *state;
	struct provider *rival = worker_good("rival");
	const struct backend_info *infos[] = {&bench->good->info, &rival->info};
	const struct backend_info *found = NULL;
	struct error err = {0};

	assert_int_equal(registry_find(infos, 2, "mtty", NULL, NULL, NULL, &found, &err), -ENOTUNIQ);
	assert_contains(err.text, "\"mtty\"");
	assert_contains(err.text, "\"rival\"");
	assert_null(found);
	provider_free(rival);
}

/* ---------------------------------------------------------------- calls */

static void open_fails(struct bench *bench, const char *name, unsigned timeout_ms, int code, const char *sentence)
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

/* again: what a further call says; NULL: the backend lives on. */
static void compare_fails(struct bench *bench, const char *name, unsigned timeout_ms, int code, const char *sentence, bool dies)
{
	struct provider *provider = worker_make(name, timeout_ms);
	struct opened *opened;
	struct error err = {0};

	assert_null(provider->info.error);
	opened = test_open(provider, plain_device(bench));
	assert_int_equal(result_reset(&bench->result), 0);
	assert_int_equal(opened_compare(opened, "1;plain", 7, &bench->result, &err), code);
	assert_string_equal(err.text, sentence);
	assert_int_equal(bench->result.count, 0);
	if (dies) {
		struct migcompat_sink sink = {0};
		struct opened *other = NULL;

		err = (struct error){0};
		assert_int_equal(provider_open(provider, opened->device, &other, &err), -EIO);
		assert_string_equal(err.text, sentence);
		assert_int_equal(opened_compare(opened, "1;plain", 7, &bench->result, &err), -EIO);
		assert_int_equal(opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, &err), -EIO);
		assert_null(other);
	}
	opened_close(opened);
	provider_free(provider);
}

static void a_hang_on_opening_ends_in_time(void **state)
{
	open_fails(*state, "hang_open", HANG_MS, -ETIMEDOUT, "backend hang_open: its worker gave no answer in 2000 ms");
}

static void a_hang_in_a_comparison_ends_in_time(void **state)
{
	compare_fails(*state, "hang_compare", HANG_MS, -ETIMEDOUT, "backend hang_compare: its worker gave no answer in 2000 ms", true);
}

static void findings_without_end_end_in_time(void **state)
{
	compare_fails(*state, "endless", HANG_MS, -ETIMEDOUT, "backend endless: its worker gave no answer in 2000 ms", true);
}

static void a_crash_on_opening_is_told_by_its_signal(void **state)
{
	open_fails(*state, "crash_open", WORKER_TIMEOUT_MS, -EIO, "backend crash_open: its worker was killed by signal 11 (Segmentation fault)");
}

static void a_crash_behind_a_yes_is_no_yes(void **state)
{
	compare_fails(*state, "crash_compare", WORKER_TIMEOUT_MS, -EIO,
		      "backend crash_compare: its worker was killed by signal 11 (Segmentation fault)", true);
}

static void an_exit_behind_a_yes_is_no_yes(void **state)
{
	compare_fails(*state, "exit_compare", WORKER_TIMEOUT_MS, -EIO, "backend exit_compare: its worker ended (exit status 0)", true);
}

static void garbage_on_the_socket_is_no_answer(void **state)
{
	compare_fails(*state, "garbage", WORKER_TIMEOUT_MS, -EIO, "backend garbage: its answer made no sense", true);
}

static void half_a_reply_is_no_answer(void **state)
{
	compare_fails(*state, "half", WORKER_TIMEOUT_MS, -EIO, "backend half: its worker ended (exit status 0)", true);
}

static void a_closed_socket_is_no_answer(void **state)
{
	compare_fails(*state, "closer", WORKER_TIMEOUT_MS, -EIO, "backend closer: its worker closed its connection", true);
}

static void a_comparison_of_nothing_is_no_answer(void **state)
{
	compare_fails(*state, "silent", WORKER_TIMEOUT_MS, -EPROTO, "backend silent: it compared nothing", false);
}

static void an_unwanted_fact_is_the_backends_error(void **state)
{
	open_fails(*state, "nosy", WORKER_TIMEOUT_MS, -EPROTO,
		   "backend nosy: it asked for the fact \"serial_number\", which it had not declared");
}

static void a_payload_that_is_too_long_is_the_backends_error(void **state)
{
	open_fails(*state, "overlong", WORKER_TIMEOUT_MS, -EPROTO, "backend overlong: its version string is empty or too long");
}

#ifndef TEST_SANITIZED
static void memory_without_bound_is_refused(void **state)
{
	open_fails(*state, "greedy", WORKER_TIMEOUT_MS, -ENOMEM, "backend greedy: Cannot allocate memory");
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

static void what_would_steer_a_terminal_is_replaced(void **state)
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

static void a_write_with_a_line_break_is_no_answer(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("writer");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct migcompat_sink sink = {0};
	struct error err = {0};

	assert_int_equal(opened_list(opened, PROVIDER_PREPARE, "1;plain", 7, &sink, &err), -EIO);
	assert_string_equal(err.text, "backend writer: its answer made no sense");
	assert_int_equal(sink.nwrites, 0);
	sink_free(&sink);
	opened_close(opened);
	provider_free(provider);
}

/* What the loud backend leaves in a file that stands for both of this process's outputs. */
static void loud_output(struct bench *bench, bool keep_stderr, char *ret, size_t size)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = WORKER_TIMEOUT_MS, .keep_stderr = keep_stderr};
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
	assert_int_equal(provider_worker_new(worker_path("loud", path, sizeof(path)), &options, &provider, &err), 0);
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

static void what_a_backend_prints_goes_nowhere(void **state)
{
	char text[256];

	loud_output(*state, false, text, sizeof(text));
	assert_string_equal(text, "");
}

static void errors_are_kept_where_asked_for(void **state)
{
	char text[256];

	loud_output(*state, true, text, sizeof(text));
	assert_string_equal(text, "loud: compared\n");
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
	assert_int_equal(opened_list(opened, PROVIDER_CANDIDATES, "1;plain", 7, &sink, NULL), -EOPNOTSUPP);
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
		test(a_file_without_the_symbol_is_no_backend),
		test(an_unknown_api_version_is_named),
		test(a_struct_that_lacks_operations_is_refused),
		test(an_undefined_symbol_is_named),
		test(a_missing_library_is_named),
		test(a_file_that_is_not_elf_is_named_so),
		test(an_exit_in_the_constructor_is_no_answer),
		test(a_hang_in_the_constructor_ends_in_time),
		test(a_crash_in_the_constructor_is_told_by_its_signal),
		test(a_constructor_that_speaks_for_its_worker_is_not_believed),
		test(a_file_that_others_can_write_is_refused),
		test(a_rival_for_a_key_is_a_conflict_that_names_both),
		test(a_hang_on_opening_ends_in_time),
		test(a_hang_in_a_comparison_ends_in_time),
		test(findings_without_end_end_in_time),
		test(a_crash_on_opening_is_told_by_its_signal),
		test(a_crash_behind_a_yes_is_no_yes),
		test(an_exit_behind_a_yes_is_no_yes),
		test(garbage_on_the_socket_is_no_answer),
		test(half_a_reply_is_no_answer),
		test(a_closed_socket_is_no_answer),
		test(a_comparison_of_nothing_is_no_answer),
		test(an_unwanted_fact_is_the_backends_error),
		test(a_payload_that_is_too_long_is_the_backends_error),
#ifndef TEST_SANITIZED
		test(memory_without_bound_is_refused),
#endif
		test(a_bad_finding_that_was_dropped_still_decides),
		test(what_would_steer_a_terminal_is_replaced),
		test(a_write_with_a_line_break_is_no_answer),
		test(what_a_backend_prints_goes_nowhere),
		test(errors_are_kept_where_asked_for),
		test(a_shorter_struct_of_a_known_version_works),
		test(a_longer_struct_of_a_known_version_works),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
