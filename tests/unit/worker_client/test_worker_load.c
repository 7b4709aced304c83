/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backends of tests/backends that cannot be loaded. The reason is one sentence, and other
 * backends are not affected.
 */
#include <sys/stat.h>

#include "core/backend/registry.h"
#include "tests/support/worker_bench.h"

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
	assert_int_equal(provider_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL),
				       &opened, &err),
			 -EIO);
	assert_string_equal(err.text, sentence);
	assert_null(opened);
	test_host_free(&host);
	provider_free(provider);
}

static void a_file_without_the_symbol_is_no_backend(void **state)
{
	(void)state;
	load_fails("no_symbol", WORKER_TIMEOUT_MS,
		   "it has no symbol \"migcompat_backend\": not a backend");
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
	snprintf(sentence, sizeof(sentence), "its struct has %zu bytes, expected at least %zu",
		 offsetof(struct migcompat_backend, payload),
		 offsetof(struct migcompat_backend, compare) + sizeof(void *));
	load_fails("too_short", WORKER_TIMEOUT_MS, sentence);
}

static void any_driver_is_the_key_of_a_fallback_alone(void **state)
{
	(void)state;
	load_fails("any_driver", WORKER_TIMEOUT_MS,
		   "its key 1 is \"*\", expected MODULE or MODULE:MODALIAS-GLOB (* is a fallback's "
		   "alone)");
}

static void an_unknown_kind_of_fallback_is_refused(void **state)
{
	(void)state;
	load_fails("half_fallback", WORKER_TIMEOUT_MS, "its member fallback is 2, expected 0 or 1");
}

static void an_undefined_symbol_is_named(void **state)
{
	(void)state;
	load_fails("undefined_symbol", WORKER_TIMEOUT_MS,
		   "undefined symbol: migcompat_nobody_has_this");
}

static void a_missing_library_is_named(void **state)
{
	(void)state;
	load_fails(
		"missing_library", WORKER_TIMEOUT_MS,
		"libmigcompat_gone.so: cannot open shared object file: No such file or directory");
}

static void a_file_that_is_not_elf_is_named_so(void **state)
{
	(void)state;
	load_fails("not_elf", WORKER_TIMEOUT_MS, "invalid ELF header");
}

static void an_exit_in_the_constructor_is_no_answer(void **state)
{
	(void)state;
	load_fails("exit_constructor", WORKER_TIMEOUT_MS,
		   "its worker ended (exit status 0) while loading");
}

static void a_hang_in_the_constructor_ends_in_time(void **state)
{
	(void)state;
	load_fails("hang_constructor", 300, "its worker gave no answer in 300 ms while loading");
}

static void the_first_loading_may_take_longer_than_a_call(void **state)
{
	const struct worker_options options = {
		.program = TEST_BUILD "/migcompat-worker", .timeout_ms = 100, .first_ms = 700};
	struct provider *provider = NULL;

	(void)state;
	assert_int_equal(provider_worker_new(TEST_BUILD
					     "/tests/backends/hang_constructor/hang_constructor.so",
					     &options, &provider, NULL),
			 0);
	assert_int_equal(provider_worker_ready(provider, NULL), 0);
	assert_string_equal(provider->info.error,
			    "its worker gave no answer in 700 ms while loading");
	provider_free(provider);
}

static void a_crash_in_a_constructor_is_reported_with_its_signal(void **state)
{
	(void)state;
	load_fails("crash_constructor", WORKER_TIMEOUT_MS,
		   "its worker was killed by signal 11 (Segmentation fault) while loading");
}

static void a_message_from_a_constructor_is_not_believed(void **state)
{
	(void)state;
	load_fails("garbage_constructor", WORKER_TIMEOUT_MS,
		   "its answer made no sense while loading");
}

static void copy_file(const char *from, const char *to)
{
	char command[8400];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
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
	snprintf(sentence, sizeof(sentence),
		 "%s can be written by others (mode 0666), expected by its owner alone", path);
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
	const struct registry registry = {.infos = infos, .count = 2};
	const struct device device = {
		.id = "0000:00:03.0", .kind = MIGCOMPAT_KIND_PHYSICAL, .driver = "mtty"};
	const struct backend_info *found = NULL;
	struct error err = {0};

	assert_int_equal(registry_find_device(&registry, &device, &found, &err), -ENOTUNIQ);
	assert_contains(err.text, "\"mtty\"");
	assert_contains(err.text, "\"rival\"");
	assert_null(found);
	provider_free(rival);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_file_without_the_symbol_is_no_backend),
		test(an_unknown_api_version_is_named),
		test(a_struct_that_lacks_operations_is_refused),
		test(any_driver_is_the_key_of_a_fallback_alone),
		test(an_unknown_kind_of_fallback_is_refused),
		test(an_undefined_symbol_is_named),
		test(a_missing_library_is_named),
		test(a_file_that_is_not_elf_is_named_so),
		test(an_exit_in_the_constructor_is_no_answer),
		test(a_hang_in_the_constructor_ends_in_time),
		test(the_first_loading_may_take_longer_than_a_call),
		test(a_crash_in_a_constructor_is_reported_with_its_signal),
		test(a_message_from_a_constructor_is_not_believed),
		test(a_file_that_others_can_write_is_refused),
		test(a_rival_for_a_key_is_a_conflict_that_names_both),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
