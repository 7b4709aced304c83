/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that are executed or loaded: who may own and write them, and that the checked
 * file is the one that is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/worker_client/process.h"
#include "core/backend/loader.h"
#include "tests/support/test.h"
#include "tests/support/worker.h"

struct place {
	char folder[64];
	char path[128];
};

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	snprintf(place->folder, sizeof(place->folder), "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/file", place->folder);
	put(place->path, "checked");
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[192];

	snprintf(command, sizeof(command), "rm -rf '%s' '%s.old'", place->folder, place->folder);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void refused(const char *path, int code, const char *sentence)
{
	struct trusted trusted = {.file = -7};
	struct error err = {0};
	size_t before = worker_descriptors();

	assert_int_equal(trusted_open(path, &trusted, &err), code);
	assert_string_equal(err.text, sentence);
	assert_int_equal(trusted.file, -7);
	assert_int_equal(worker_descriptors(), before);
}

static void a_file_of_the_caller_alone_is_opened(void **state)
{
	struct place *place = *state;
	struct trusted trusted;

	assert_int_equal(trusted_open(place->path, &trusted, NULL), 0);
	assert_string_equal(trusted.name, "file");
	trusted_close(&trusted);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct place *place = *state;
	char sentence[256];

	assert_int_equal(chmod(place->path, 0664), 0);
	snprintf(sentence, sizeof(sentence),
		 "%s can be written by others (mode 0664), expected by its owner alone",
		 place->path);
	refused(place->path, -EPERM, sentence);
}

static void a_folder_that_others_can_write_is_refused_also_if_it_is_sticky(void **state)
{
	struct place *place = *state;
	char sentence[256];

	assert_int_equal(chmod(place->folder, 01777), 0);
	snprintf(sentence, sizeof(sentence),
		 "%s can be written by others (mode 1777), expected by its owner alone",
		 place->folder);
	refused(place->path, -EPERM, sentence);
}

static void a_link_is_judged_by_the_folder_that_it_leads_to(void **state)
{
	struct place *place = *state;
	char link[192], sentence[256];

	snprintf(link, sizeof(link), "%s.old", place->folder);
	assert_int_equal(symlink(place->path, link), 0);
	assert_int_equal(chmod(place->folder, 0777), 0);
	snprintf(sentence, sizeof(sentence),
		 "%s can be written by others (mode 0777), expected by its owner alone",
		 place->folder);
	refused(link, -EPERM, sentence);
}

static void another_users_file_is_refused(void **state)
{
	struct place *place = *state;
	char sentence[256];

	if (geteuid() != 0) {
		print_message("only root can give a file to another user\n");
		skip();
	}
	assert_int_equal(chown(place->path, 12345, 0), 0);
	snprintf(sentence, sizeof(sentence),
		 "%s belongs to user 12345, expected root or the caller", place->path);
	refused(place->path, -EPERM, sentence);
}

static void a_pipe_is_refused(void **state)
{
	struct place *place = *state;
	char sentence[256];

	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkfifo(place->path, 0644), 0);
	snprintf(sentence, sizeof(sentence), "%s: is no regular file", place->path);
	refused(place->path, -EINVAL, sentence);
}

static void a_folder_is_no_file(void **state)
{
	struct place *place = *state;
	char sentence[256];

	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkdir(place->path, 0755), 0);
	snprintf(sentence, sizeof(sentence), "%s: is no regular file", place->path);
	refused(place->path, -EINVAL, sentence);
}

static void a_relative_path_is_refused(void **state)
{
	(void)state;
	refused("file", -EINVAL, "file: expected an absolute path");
}

static void a_missing_file_is_named(void **state)
{
	(void)state;
	refused("/nowhere/file", -ENOENT, "/nowhere/file: No such file or directory");
}

/* After the check, the owner of a folder above replaces the folder. */
static void the_checked_file_is_used_after_its_folder_was_exchanged(void **state)
{
	struct place *place = *state;
	struct trusted trusted;
	char path[TRUSTED_PATH_MAX], old[128], text[16] = "";
	FILE *file;

	assert_int_equal(trusted_open(place->path, &trusted, NULL), 0);
	snprintf(old, sizeof(old), "%s.old", place->folder);
	assert_int_equal(rename(place->folder, old), 0);
	assert_int_equal(mkdir(place->folder, 0755), 0);
	put(place->path, "another");
	trusted_path(trusted.folder, trusted.name, path);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "checked");
	fclose(file);
	trusted_close(&trusted);
}

/*
 * Their descriptors have the same number, so equal paths would be one file to the linker.
 */
static void two_files_of_one_name_are_two_backends_in_one_process(void **state)
{
	static const char *const names[] = {"mtty", "rival"};
	struct place *place = *state;
	struct provider *provider[2] = {NULL};

	for (size_t i = 0; i < 2; i++) {
		char folder[96], path[128], from[4096], command[4400];

		snprintf(folder, sizeof(folder), "%s/%zu", place->folder, i);
		assert_int_equal(mkdir(folder, 0755), 0);
		snprintf(path, sizeof(path), "%s/same.so", folder);
		snprintf(command, sizeof(command), "cp '%s' '%s' && chmod 755 '%s'",
			 worker_path(names[i], from, sizeof(from)), path, path);
		assert_int_equal(system(command), 0);
		assert_int_equal(provider_local_new(path, &provider[i], NULL), 0);
		assert_null(provider[i]->info.error);
		assert_string_equal(provider[i]->info.name, names[i]);
	}
	for (size_t i = 0; i < 2; i++)
		provider_free(provider[i]);
}

static void a_worker_program_that_others_can_write_is_not_run(void **state)
{
	static const char *const argument = "nothing";
	struct place *place = *state;
	const struct process_program program = {
		.path = place->path, .first = "0:0", .arguments = &argument, .count = 1};
	struct process process = {.socket = -1};
	struct error err = {0};
	char sentence[384];

	assert_int_equal(chmod(place->path, 0777), 0);
	assert_int_equal(process_start(&program, &process, &err), -EPERM);
	snprintf(sentence, sizeof(sentence),
		 "the worker program %s could not be started: %s can be written by others (mode "
		 "0777), expected by its owner alone",
		 place->path, place->path);
	assert_string_equal(err.text, sentence);
	assert_int_equal(process.socket, -1);
}

/*
 * Runs in a process without standard descriptors, whose next printf must not go to a
 * worker.
 */
static void workers_leave_the_standard_descriptors_alone(void **state)
{
	char path[4096];
	int status;
	pid_t pid;

	(void)state;
	worker_path("mtty", path, sizeof(path));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct worker_options options = {.program = WORKER_PROGRAM,
						       .timeout_ms = WORKER_TIMEOUT_MS};
		struct provider *provider = NULL;
		int taken = 0;

		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			close(fd);
		if (provider_worker_new(path, &options, &provider, NULL) ||
		    provider_worker_ready(provider, NULL) || provider->info.error)
			_exit(100);
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			taken += fcntl(fd, F_GETFD) >= 0;
		provider_free(provider);
		_exit(taken);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_file_of_the_caller_alone_is_opened),
		test(a_file_that_others_can_write_is_refused),
		test(a_folder_that_others_can_write_is_refused_also_if_it_is_sticky),
		test(a_link_is_judged_by_the_folder_that_it_leads_to),
		test(another_users_file_is_refused),
		test(a_pipe_is_refused),
		test(a_folder_is_no_file),
		test(a_relative_path_is_refused),
		test(a_missing_file_is_named),
		test(the_checked_file_is_used_after_its_folder_was_exchanged),
		test(two_files_of_one_name_are_two_backends_in_one_process),
		test(a_worker_program_that_others_can_write_is_not_run),
		test(workers_leave_the_standard_descriptors_alone),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
