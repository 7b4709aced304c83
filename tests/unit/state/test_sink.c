/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The destination of a state: a file appears complete or not at all. */
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

#define STRANGER 65534u

/* A folder of another user, with links of his to a file and a folder of ours. */
static void strangers_folder(char file[160])
{
	snprintf(file, 160, "%s", folder_write(&folder, "ours", "ours"));
	assert_int_equal(mkdir(folder_path(&folder, "his"), 0755), 0);
	assert_int_equal(symlink(file, folder_path(&folder, "his/link")), 0);
	assert_int_equal(lchown(folder.file, STRANGER, STRANGER), 0);
	assert_int_equal(symlink(folder.path, folder_path(&folder, "his/away")), 0);
	assert_int_equal(lchown(folder.file, STRANGER, STRANGER), 0);
	assert_int_equal(chown(folder_path(&folder, "his"), STRANGER, STRANGER), 0);
}

static void a_link_in_anothers_folder_is_refused(void **state)
{
	char file[160];

	(void)state;
	if (geteuid() != 0)
		skip();
	strangers_folder(file);
	assert_int_equal(sink_open(&sink, folder_path(&folder, "his/link"), -1, &err), -EPERM);
	assert_contains(
		err.text,
		"/his/link could not be made: \"link\" is a link that another user can have made");
	holds(file, "ours");
}

static void a_link_to_a_folder_in_anothers_folder_is_refused(void **state)
{
	char file[160];

	(void)state;
	if (geteuid() != 0)
		skip();
	strangers_folder(file);
	assert_int_equal(sink_open(&sink, folder_path(&folder, "his/away/ours"), -1, &err), -EPERM);
	assert_contains(err.text, "\"away\" is a link that another user can have made");
	assert_int_equal(sink_open(&sink, folder_path(&folder, "his/away/new"), -1, &err), -EPERM);
	holds(file, "ours");
}

static void a_file_in_anothers_folder_is_made(void **state)
{
	char file[160];

	(void)state;
	if (geteuid() != 0)
		skip();
	strangers_folder(file);
	begin(folder_path(&folder, "his/new"), "state");
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(folder_path(&folder, "his/new"), "state");
}

static void a_link_in_a_folder_that_others_can_write_is_refused(void **state)
{
	char file[160];

	(void)state;
	snprintf(file, sizeof(file), "%s", folder_write(&folder, "a", "old"));
	assert_int_equal(mkdir(folder_path(&folder, "open"), 0755), 0);
	assert_int_equal(chmod(folder.file, 0777), 0);
	assert_int_equal(symlink(file, folder_path(&folder, "open/link")), 0);
	assert_int_equal(sink_open(&sink, folder.file, -1, &err), -EPERM);
	holds(file, "old");
}

static void a_link_of_ours_in_a_sticky_folder_is_followed(void **state)
{
	char file[160];

	(void)state;
	snprintf(file, sizeof(file), "%s", folder_write(&folder, "a", "old"));
	assert_int_equal(mkdir(folder_path(&folder, "open"), 0755), 0);
	assert_int_equal(chmod(folder.file, 01777), 0);
	assert_int_equal(symlink("../a", folder_path(&folder, "open/link")), 0);
	begin(folder.file, "new");
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(file, "new");
}

/* Who puts a link there while the state is saved loses the link, and what it leads to stays. */
static void a_link_that_comes_meanwhile_is_replaced_itself(void **state)
{
	char file[160];
	struct stat st;

	(void)state;
	snprintf(file, sizeof(file), "%s", folder_write(&folder, "a", "old"));
	begin(folder_path(&folder, "b"), "new");
	assert_int_equal(symlink(file, folder.file), 0);
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	assert_int_equal(lstat(folder.file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	holds(file, "old");
}

/* The folder was opened: another one of its name is not where the file goes. */
static void a_folder_that_is_exchanged_meanwhile_gets_nothing(void **state)
{
	char moved[160];

	(void)state;
	assert_int_equal(mkdir(folder_path(&folder, "one"), 0755), 0);
	begin(folder_path(&folder, "one/a"), "state");
	snprintf(moved, sizeof(moved), "%s", folder_path(&folder, "two"));
	assert_int_equal(rename(folder_path(&folder, "one"), moved), 0);
	assert_int_equal(mkdir(folder_path(&folder, "one"), 0755), 0);
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(folder_path(&folder, "two/a"), "state");
	assert_int_equal(access(folder_path(&folder, "one/a"), F_OK), -1);
}

static void links_that_lead_round_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(symlink("b", folder_path(&folder, "a")), 0);
	assert_int_equal(symlink("a", folder_path(&folder, "b")), 0);
	assert_int_equal(sink_open(&sink, folder.file, -1, &err), -ELOOP);
}

static void a_path_without_a_name_is_an_error(void **state)
{
	char path[5000];

	(void)state;
	assert_int_equal(sink_open(&sink, "", -1, &err), -ENOENT);
	assert_int_equal(sink_open(&sink, folder_path(&folder, "none/"), -1, &err), -ENOENT);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(sink_open(&sink, path, -1, &err), -ENAMETOOLONG);
	path[300] = '\0';
	assert_int_equal(sink_open(&sink, path, -1, &err), -ENAMETOOLONG);
	path[255] = '\0'; /* there is no room for what the name has until it is kept */
	assert_int_equal(sink_open(&sink, path, -1, &err), -ENAMETOOLONG);
}

/* As the link of a shell's redirection leads to its file. */
static void standard_output_by_its_name_in_dev_is_a_file(void **state)
{
	int kept = dup(STDOUT_FILENO),
	    file = open(folder_path(&folder, "out"), O_WRONLY | O_CREAT, 0644), r;

	(void)state;
	fflush(stdout);
	assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
	r = sink_open(&sink, "/dev/stdout", -1, &err);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(r, 0);
	assert_int_equal(transport_write(&sink.transport, "state", 5, &err), 0);
	assert_int_equal(sink_keep(&sink, &err), 0);
	sink_close(&sink);
	holds(folder.file, "state");
	close(file);
	close(kept);
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
	assert_string_equal(err.text,
			    "standard output: could not be written: No space left on device");
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
		cmocka_unit_test_setup_teardown(a_file_has_its_name_once_it_is_kept, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_not_kept_leaves_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_there_stays_until_then, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_stays_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_in_anothers_folder_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_link_to_a_folder_in_anothers_folder_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_in_anothers_folder_is_made, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_in_a_folder_that_others_can_write_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_of_ours_in_a_sticky_folder_is_followed,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_that_comes_meanwhile_is_replaced_itself,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_is_exchanged_meanwhile_gets_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(links_that_lead_round_are_an_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_path_without_a_name_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(standard_output_by_its_name_in_dev_is_a_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_never_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_pipe_can_be_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_with_room_for_a_part_is_left_as_well, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
