/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers that are started again with another backend file, without one, or with one that
 * answers differently.
 */
#include <sys/stat.h>

#include "tests/support/worker_again.h"

struct file {
	char folder[64];
	char path[128];
};

static void file_set(const struct file *file, const char *name)
{
	char from[4096], command[8400];

	snprintf(command, sizeof(command),
		 "cp '%s' '%s.new' && chmod 755 '%s.new' && mv '%s.new' '%s'",
		 worker_path(name, from, sizeof(from)), file->path, file->path, file->path,
		 file->path);
	assert_int_equal(system(command), 0);
}

static void file_make(struct file *file, const char *name)
{
	snprintf(file->folder, sizeof(file->folder), "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(file->folder));
	snprintf(file->path, sizeof(file->path), "%s/%s.so", file->folder, name);
	file_set(file, name);
}

static void file_free(const struct file *file)
{
	unlink(file->path);
	assert_int_equal(rmdir(file->folder), 0);
}

static void a_backend_of_another_version_is_refused(void **state)
{
	static const char sentence[] = "backend plain: its file was replaced after its worker "
				       "ended (its version changed); it must be loaded again";
	struct bench *bench = *state;
	struct provider *provider;
	struct opened *opened;
	struct file file;

	file_make(&file, "plain");
	provider = start_path(file.path);
	opened = test_open(provider, plain_device(bench));
	file_set(&file, "newer");
	compare_works(bench, opened);
	end_worker(provider);
	pass_ms(1000);
	compare_fails(bench, opened, "1;plain", sentence);
	file_set(&file, "plain");
	pass_ms(3600000);
	compare_fails(bench, opened, "1;plain", sentence);
	assert_int_equal(status_of(provider).state, PROVIDER_PARKED);
	opened_close(opened);
	provider_free(provider);
	file_free(&file);
}

static void a_file_that_is_gone_may_come_back(void **state)
{
	struct bench *bench = *state;
	struct provider *provider;
	struct opened *opened;
	struct file file;
	char sentence[512];

	file_make(&file, "plain");
	provider = start_path(file.path);
	opened = test_open(provider, plain_device(bench));
	unlink(file.path);
	end_worker(provider);
	pass_ms(1000);
	snprintf(sentence, sizeof(sentence),
		 "backend plain: its worker could not load it again: %s: No such file or directory",
		 file.path);
	compare_fails(bench, opened, "1;plain", sentence);
	file_set(&file, "plain");
	pass_ms(1000);
	compare_works(bench, opened);
	opened_close(opened);
	provider_free(provider);
	file_free(&file);
}

static void a_device_with_another_description_is_refused(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = start("fickle");
	struct opened *opened = test_open(provider, plain_device(bench)), *again;
	struct error err;

	end_worker(provider);
	pass_ms(1000);
	assert_int_equal(compare(bench, opened, "1;plain", &err), -EPROTO);
	assert_string_equal(err.text, "backend fickle: it describes device \"x\" differently since "
				      "its worker was started again");
	again = test_open(provider, opened->device);
	compare_works(bench, again);
	opened_close(again);
	opened_close(opened);
	provider_free(provider);
}

static void each_changed_declaration_is_named(void **state)
{
	struct provider *a = test_backend("mtty", NULL), *b = test_backend("mtty", NULL);
	struct backend_info now = b->info;
	struct migcompat_want want = now.wants[0];
	struct migcompat_setting setting = now.settings[0];
	const char *key = "other";

	(void)state;
	assert_null(info_differs(&a->info, &now));
	now.name = "other";
	assert_string_equal(info_differs(&a->info, &now), "its name");
	now = b->info;
	now.version = "9";
	assert_string_equal(info_differs(&a->info, &now), "its version");
	now = b->info;
	now.operations = "other";
	assert_string_equal(info_differs(&a->info, &now), "what it can do");
	now = b->info;
	now.keys = &key;
	assert_string_equal(info_differs(&a->info, &now), "what it serves");
	now = b->info;
	want.flags ^= MIGCOMPAT_WANT_SENSITIVE;
	now.wants = &want;
	assert_string_equal(info_differs(&a->info, &now), "the facts that it wants");
	now = b->info;
	now.nwants--;
	assert_string_equal(info_differs(&a->info, &now), "the facts that it wants");
	now = b->info;
	setting.init = "other";
	now.settings = &setting;
	assert_string_equal(info_differs(&a->info, &now), "its settings");
	provider_free(a);
	provider_free(b);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup_clock, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_backend_of_another_version_is_refused),
		test(a_file_that_is_gone_may_come_back),
		test(a_device_with_another_description_is_refused),
		test(each_changed_declaration_is_named),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
