/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a state goes: a file is there whole or not at all. */
#include "core/state/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "tests/support/files.h"

static struct folder folder;
static struct state_sink sink;
static struct error err;

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void holds(const char *path, const char *text)
{
	char buffer[64] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buffer, sizeof(buffer)), strlen(text));
	assert_string_equal(buffer, text);
	close(fd);
}

static void begin(const char *path, const char *text)
{
	assert_int_equal(sink_open(&sink, path, -1, &err), 0);
	assert_int_equal(transport_write(&sink.transport, text, strlen(text), &err), 0);
}

static void a_file_has_its_name_once_it_is_kept(void **state)
{
	const char *path = folder_path(&folder, "a");
	struct stat st;

	(void)state;
	begin(path, "some state");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(path, "some state");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_file_that_is_not_kept_leaves_nothing(void **state)
{
	(void)state;
	begin(folder_path(&folder, "a"), "some st");
	sink_close(&sink);
	assert_int_equal(rmdir(folder.path), 0); /* it is empty */
	assert_int_equal(mkdir(folder.path, 0700), 0);
}

static void what_was_there_stays_until_then(void **state)
{
	const char *path = folder_write(&folder, "a", "an older state");

	(void)state;
	begin(path, "some st");
	sink_close(&sink);
	holds(path, "an older state");
	begin(path, "a newer state");
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(path, "a newer state");
}

static void a_link_stays_one(void **state)
{
	char file[160];
	struct stat st;

	(void)state;
	snprintf(file, sizeof(file), "%s", folder_write(&folder, "a", "old"));
	assert_int_equal(symlink(file, folder_path(&folder, "link")), 0);
	begin(folder.file, "new");
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	assert_int_equal(lstat(folder.file, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	holds(file, "new");
}

static void what_is_no_file_is_never_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(folder_path(&folder, "fifo"), 0600), 0);
	assert_int_equal(sink_open(&sink, folder.file, -1, &err), -ENOTSUP);
	assert_contains(err.text, "/fifo could not be made: it is there and no regular file");
	assert_int_equal(sink_open(&sink, "/dev/null", -1, &err), -ENOTSUP);
	assert_int_equal(sink_open(&sink, folder.path, -1, &err), -ENOTSUP);
	assert_int_equal(sink_open(&sink, folder_path(&folder, "none/a"), -1, &err), -ENOENT);
	assert_contains(err.text, "No such file or directory");
}

static void no_room_is_told(void **state)
{
	int full = open("/dev/full", O_WRONLY), kept = dup(STDOUT_FILENO), r;

	(void)state;
	fflush(stdout);
	assert_int_equal(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	r = sink_open(&sink, "-", -1, &err);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(r, 0);
	assert_int_equal(transport_write(&sink.transport, "some state", 10, &err), -ENOSPC);
	assert_string_equal(err.text, "standard output: could not be written: No space left on device");
	sink_close(&sink);
	close(full);
	close(kept);
}

static void a_full_pipe_can_be_left(void **state)
{
	static char bytes[1 << 20];
	int ends[2], kept = dup(STDOUT_FILENO), stop = eventfd(0, EFD_CLOEXEC), r;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], bytes, 4096) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	r = sink_open(&sink, "-", stop, &err);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(r, 0);
	assert_int_equal(eventfd_write(stop, 1), 0);
	assert_int_equal(transport_write(&sink.transport, bytes, 1, &err), -ECANCELED);
	assert_string_equal(err.text, "standard output: it was interrupted");
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
	close(kept);
	close(stop);
}

static void a_pipe_with_room_for_a_part_is_left_as_well(void **state)
{
	static char bytes[1 << 20];
	int ends[2], kept = dup(STDOUT_FILENO), stop = eventfd(0, EFD_CLOEXEC), r;
	pid_t child;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	r = sink_open(&sink, "-", stop, &err);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(r, 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) { /* nobody reads, and no signal comes here */
		usleep(50000);
		_exit(eventfd_write(stop, 1) != 0);
	}
	assert_int_equal(transport_write(&sink.transport, bytes, sizeof(bytes), &err), -ECANCELED);
	assert_int_equal(waitpid(child, NULL, 0), child);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
	close(kept);
	close(stop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_has_its_name_once_it_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_not_kept_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_there_stays_until_then, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_stays_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_never_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_pipe_can_be_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_with_room_for_a_part_is_left_as_well, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
