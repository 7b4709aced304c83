/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source of a state: files and pipes, each read twice. */
#include "core/state/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "tests/support/files.h"

static struct folder folder;
static struct state_source source;
static struct error err;

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	memset(&source, 0, sizeof(source));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void reads(const char *text)
{
	char buffer[64] = "";

	assert_int_equal(transport_read(&source.transport, buffer, strlen(text), &err), 0);
	assert_string_equal(buffer, text);
	assert_int_equal(transport_read(&source.transport, buffer, 1, &err), -ENODATA);
}

static void a_file_is_read_again(void **state)
{
	(void)state;
	assert_int_equal(
		source_open(&source, folder_write(&folder, "a", "some state"), true, -1, &err), 0);
	assert_int_equal(source.spool, -1);
	reads("some state");
	assert_int_equal(source_rewind(&source, &err), 0);
	reads("some state");
	source_close(&source);
}

/* Standard input becomes what fd is; returns what it was. */
static int standard(int fd)
{
	int kept = dup(STDIN_FILENO);

	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	return kept;
}

static void a_pipe_is_read_again_from_what_was_kept(void **state)
{
	int ends[2], kept;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "some state", 10), 10);
	close(ends[1]);
	kept = standard(ends[0]);
	assert_int_equal(source_open(&source, "-", true, -1, &err), 0);
	assert_string_equal(source.transport.name, "standard input");
	reads("some state");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(source_rewind(&source, &err), 0);
		reads("some state");
	}
	source_close(&source);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	close(ends[0]);
}

static void a_file_as_standard_input_is_taken_from_where_it_stands(void **state)
{
	int fd = open(folder_write(&folder, "a", "head;some state"), O_RDONLY), kept;

	(void)state;
	assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
	kept = standard(fd);
	assert_int_equal(source_open(&source, "-", true, -1, &err), 0);
	reads("some state");
	assert_int_equal(source_rewind(&source, &err), 0);
	reads("some state");
	source_close(&source);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	close(fd);
}

static void nothing_is_left_of_what_was_kept(void **state)
{
	int ends[2], kept;

	(void)state;
	setenv("TMPDIR", folder.path, 1);
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	kept = standard(ends[0]);
	assert_int_equal(source_open(&source, "-", true, -1, &err), 0);
	unsetenv("TMPDIR");
	assert_int_equal(rmdir(folder.path), 0); /* it is empty */
	assert_int_equal(mkdir(folder.path, 0700), 0);
	source_close(&source);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	close(ends[0]);
}

/* So it can be checked even if there is no room for a copy. */
static void a_pipe_that_is_read_once_is_not_kept(void **state)
{
	int ends[2], kept;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "some state", 10), 10);
	close(ends[1]);
	kept = standard(ends[0]);
	assert_int_equal(source_open(&source, "-", false, -1, &err), 0);
	assert_int_equal(source.spool, -1);
	reads("some state");
	assert_int_equal(source_rewind(&source, &err), -ESPIPE);
	source_close(&source);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	close(ends[0]);
}

static void what_cannot_be_read_is_told_by_its_name(void **state)
{
	(void)state;
	assert_int_equal(source_open(&source, folder_path(&folder, "none"), true, -1, &err),
			 -ENOENT);
	assert_contains(err.text, "/none: No such file or directory");
	assert_int_equal(source_open(&source, folder.path, true, -1, &err), -EISDIR);
	assert_contains(err.text, "Is a directory");
}

static void waiting_for_a_pipe_can_be_stopped(void **state)
{
	int ends[2], kept, stop = eventfd(1, EFD_CLOEXEC);
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	kept = standard(ends[0]);
	assert_int_equal(source_open(&source, "-", true, stop, &err), 0);
	assert_int_equal(transport_read(&source.transport, &byte, 1, &err), -ECANCELED);
	source_close(&source);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
	close(ends[0]);
	close(ends[1]);
	close(stop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_is_read_again_from_what_was_kept, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_file_as_standard_input_is_taken_from_where_it_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left_of_what_was_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_that_is_read_once_is_not_kept, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_told_by_its_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(waiting_for_a_pipe_can_be_stopped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
