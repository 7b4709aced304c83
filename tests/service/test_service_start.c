/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start of the service: its socket, errors that prevent a start, and the log. */
#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "tests/service/other_user.h"

static int setup(void **state)
{
	static struct daemon daemon;

	daemon = (struct daemon){.pid = 0};
	*state = &daemon;
	daemon_folder(&daemon);
	return 0;
}

static int teardown(void **state)
{
	struct daemon *daemon = *state;

	folder_remove(&daemon->folder);
	return 0;
}

static void still_serves(const struct daemon *daemon)
{
	json_t *reply = call(daemon, CHECK(DUAL, CARD_2));

	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
}

/* The service must exit with status 2, and one line that contains this. */
static void assert_refused(struct daemon *daemon, const char *const *more, const char *sentence)
{
	char text[4096];
	FILE *log;
	size_t len;

	assert_int_equal(daemon_wait(daemon_spawn(daemon, more)), 2);
	log = fopen(folder_path(&daemon->folder, "log"), "r");
	assert_non_null(log);
	len = fread(text, 1, sizeof(text) - 1, log);
	text[len] = '\0';
	fclose(log);
	assert_contains(text, sentence);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
}

/* ---------------------------------------------------------------- socket */

static void second_service_names_the_first_and_changes_nothing(void **state)
{
	struct daemon *daemon = *state;
	char sentence[192];

	daemon_start(daemon, NULL);
	snprintf(sentence, sizeof(sentence), "another service answers at %s: pid %d\n",
		 daemon->socket, (int)daemon->pid);
	assert_refused(daemon, NULL, sentence);
	still_serves(daemon);
	daemon_end(daemon);
}

/* Two services would overwrite each other's holds. */
static void second_service_with_the_same_holds_is_refused(void **state)
{
	struct daemon *daemon = *state;
	char other[192], sentence[192];
	const char *more[] = {"--socket", other, NULL};

	snprintf(other, sizeof(other), "%s/other", daemon->folder.path);
	daemon_start(daemon, NULL);
	snprintf(sentence, sizeof(sentence), "another service keeps its holds in %s/state\n",
		 daemon->folder.path);
	assert_refused(daemon, more, sentence);
	assert_int_equal(access(other, F_OK), -1);
	still_serves(daemon);
	daemon_end(daemon);
}

/*
 * In a child that is a group member: lock the folder, and each file in it that can be
 * opened.
 */
static void lock_all(const char *folder, int ready)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	member_become(MEMBER_UID);
	dir = opendir(folder);
	if (!dir)
		_exit(1);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		flock(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), LOCK_SH | LOCK_NB);
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
}

static void member_that_locks_all_it_can_open_keeps_nobody_from_starting(void **state)
{
	struct daemon *daemon = *state;
	int ready[2];
	pid_t pid;
	char byte;

	if (!may_be_member())
		skip();
	/* The folder and the socket exist now. */
	member_start_in(daemon, NULL);
	json_decref(call(daemon, HOLD(DUAL, "locked")));
	daemon_end(daemon);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		lock_all(folder_path(&daemon->folder, "state"), ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	member_start_in(daemon, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_error(call(daemon, METHOD("Version", "\"device\":\"" DUAL "\"")),
		     "io.migcompat.DeviceHeld", "errno", "EBUSY");
	daemon_end(daemon);
}

/* Other kinds of files that an administrator may have created. */
static void lock_that_others_may_open_or_that_is_a_link_is_not_one(void **state)
{
	struct daemon *daemon = *state;
	struct stat st;

	assert_int_equal(mkdir(folder_path(&daemon->folder, "state"), 0755), 0);
	folder_write(&daemon->folder, "state/.lock", "");
	assert_int_equal(chmod(folder_path(&daemon->folder, "state/.lock"), 0666), 0);
	daemon_start(daemon, NULL);
	daemon_end(daemon);
	assert_int_equal(stat(folder_path(&daemon->folder, "state/.lock"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(unlink(daemon->folder.file), 0);
	assert_int_equal(symlink("/dev/null", daemon->folder.file), 0);
	assert_refused(daemon, NULL, "/state/.lock is no regular file\n");
}

static void lock_that_is_a_pipe_is_not_one(void **state)
{
	struct daemon *daemon = *state;

	assert_int_equal(mkdir(folder_path(&daemon->folder, "state"), 0755), 0);
	assert_int_equal(mkfifo(folder_path(&daemon->folder, "state/.lock"), 0600), 0);
	assert_refused(daemon, NULL, "/state/.lock is no regular file\n");
}

static void dead_socket_makes_way(void **state)
{
	struct daemon *daemon = *state;

	daemon_start(daemon, NULL);
	assert_int_equal(kill(daemon->pid, SIGKILL), 0);
	daemon_wait(daemon->pid);
	assert_int_equal(access(daemon->socket, F_OK), 0);
	daemon_start(daemon, NULL);
	still_serves(daemon);
	daemon_end(daemon);
}

static void path_that_is_no_socket_stays(void **state)
{
	struct daemon *daemon = *state;

	assert_int_equal(mkdir(folder_path(&daemon->folder, "socket"), 0755), 0);
	folder_write(&daemon->folder, "socket/io.migcompat", "precious");
	assert_refused(daemon, NULL, "is in the way: it is no socket");
	assert_int_equal(access(daemon->socket, F_OK), 0);
}

static void pass_socket(struct daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char pid[32];

	memcpy(address.sun_path, daemon->socket, strlen(daemon->socket) + 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0 ||
	    dup2(fd, 3) != 3 || setenv("LISTEN_PID", pid, 1) || setenv("LISTEN_FDS", "1", 1))
		_exit(126);
}

static void pass_file(struct daemon *daemon)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (dup2(open(daemon->folder.path, O_RDONLY), 3) != 3 || setenv("LISTEN_PID", pid, 1) ||
	    setenv("LISTEN_FDS", "1", 1))
		_exit(126);
}

static void passed_socket_is_served_and_left(void **state)
{
	static const char *const more[] = {"--socket", "/nowhere/io.migcompat", NULL};
	struct daemon *daemon = *state;
	char sentence[192];

	assert_int_equal(mkdir(folder_path(&daemon->folder, "socket"), 0755), 0);
	daemon->prepare = pass_socket;
	daemon_start(daemon, more);
	snprintf(sentence, sizeof(sentence), "serving at %s,", daemon->socket);
	assert_logged(daemon, sentence);
	still_serves(daemon);
	daemon_end(daemon);
	assert_int_equal(access(daemon->socket, F_OK), 0);
}

static void passed_file_is_refused(void **state)
{
	struct daemon *daemon = *state;

	daemon->prepare = pass_file;
	assert_refused(daemon, NULL, "expected one listening unix stream socket");
}

static void passed_to_somebody_else_is_not_taken(void **state)
{
	struct daemon *daemon = *state;

	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	daemon_start(daemon, NULL);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	still_serves(daemon);
	daemon_end(daemon);
}

/* ---------------------------------------------------------------- start */

static void bad_policy_keeps_it_from_beginning(void **state)
{
	struct daemon *daemon = *state;

	folder_write(&daemon->folder, "policy/migcompat.conf", "colour = 7;\n");
	assert_refused(daemon, NULL, "migcompat.conf:1:");
	assert_int_equal(access(daemon->socket, F_OK), -1);
}

static void bad_holds_keep_it_from_beginning(void **state)
{
	struct daemon *daemon = *state;

	assert_int_equal(mkdir(folder_path(&daemon->folder, "state"), 0755), 0);
	folder_write(&daemon->folder, "state/holds.json", "{}");
	assert_refused(daemon, NULL, "holds.json");
}

/* Otherwise they could remove a hold. */
static void state_folder_that_others_can_write_keeps_it_from_beginning(void **state)
{
	struct daemon *daemon = *state;

	assert_int_equal(mkdir(folder_path(&daemon->folder, "state"), 0755), 0);
	assert_int_equal(chmod(daemon->folder.file, 0777), 0);
	assert_refused(daemon, NULL, "/state can be written by others (mode 0777)");
	assert_int_equal(access(folder_path(&daemon->folder, "state/.lock"), F_OK), -1);
}

static void wrong_usage_is_one_line(void **state)
{
	static const char *const wrong[][2] = {{"--patience=0", "--patience expects"},
					       {"--log-level=loud", "--log-level expects"},
					       {"more", "unexpected argument \"more\""}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refused(*state, (const char *[]){wrong[i][0], NULL}, wrong[i][1]);
}

/* ---------------------------------------------------------------- log */

static void group_that_is_missing_is_named(void **state)
{
	struct daemon *daemon = *state;

	daemon_start(daemon, (const char *[]){"--group", "no-such-group", NULL});
	assert_logged(daemon,
		      "there is no group \"no-such-group\": only root and the service's own");
	daemon_end(daemon);
}

static void quiet_log_leaves_answers_out(void **state)
{
	struct daemon *daemon = *state;
	char text[4096];
	FILE *log;

	daemon->pid = daemon_spawn(
		daemon, (const char *[]){"--log-level", "notice", "--group", "root", NULL});
	for (int i = 0; i < WAIT_MS / 20 && access(daemon->socket, F_OK); i++)
		pause_ms(20);
	still_serves(daemon);
	daemon_end(daemon);
	log = fopen(folder_path(&daemon->folder, "log"), "r");
	text[fread(text, 1, sizeof(text) - 1, log)] = 0;
	/* A build with sanitizers warns that workers are not confined. */
	assert_null(strstr(text, "Check"));
	fclose(log);
}

/* With its own /run, where the test's socket replaces the journal's. */
static void mount_journal(struct daemon *daemon)
{
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/journal", daemon->folder.path);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/systemd", 0755) < 0 ||
	    mkdir("/run/systemd/journal", 0755) < 0)
		_exit(125);
	fd = open("/run/systemd/journal/socket", O_CREAT | O_WRONLY, 0644);
	close(fd);
	if (fd < 0 || mount(path, "/run/systemd/journal/socket", NULL, MS_BIND, NULL) < 0)
		_exit(125);
}

static int journal_open(struct daemon *daemon)
{
	struct timeval patience = {.tv_sec = WAIT_MS / 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/journal", daemon->folder.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

/* The next entry whose message contains this. */
static void journal_entry(int fd, const char *part, char *text, size_t size)
{
	do {
		ssize_t len = recv(fd, text, size - 1, 0);

		assert_true(len > 0);
		text[len] = '\0';
	} while (!strstr(text, part));
}

static bool may_mount(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ||
		      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0);
	waitpid(pid, &status, 0);
	return status == 0;
}

static void answer_is_in_the_journal_by_field(void **state)
{
	static const char *const fields[] = {"PRIORITY=6",
					     "MIGCOMPAT_METHOD=Check",
					     "MIGCOMPAT_DEVICE=" CARD_1,
					     "MIGCOMPAT_SOURCE=" DUAL,
					     "MIGCOMPAT_VERDICT=incompatible",
					     "MIGCOMPAT_LIMIT=type",
					     "MIGCOMPAT_ERRNO=EINVAL",
					     "MIGCOMPAT_DURATION_USEC=",
					     "MIGCOMPAT_HASH="};
	struct daemon *daemon = *state;
	char text[16384];
	json_t *reply;
	int fd;

	if (!may_mount()) {
		print_message("a /run of its own may not be mounted\n");
		skip();
	}
	fd = journal_open(daemon);
	daemon->background = true;
	daemon->prepare = mount_journal;
	daemon->pid = daemon_spawn(daemon, NULL);
	journal_entry(fd, "MESSAGE=serving at", text, sizeof(text));
	json_decref(call(daemon, CHECK(DUAL, CARD_1)));
	journal_entry(fd, "MESSAGE=Check: ", text, sizeof(text));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		assert_contains(text, fields[i]);
	/* Only the hash of a string is logged. */
	reply = call(daemon, METHOD("Version", "\"device\":\"" DUAL "\""));
	journal_entry(fd, "MESSAGE=Version: ", text, sizeof(text));
	assert_contains(text, "MIGCOMPAT_DEVICE=" DUAL);
	assert_null(strstr(text, text_at(reply, "version")));
	assert_null(strstr(text, strrchr(text_at(reply, "version"), ':') + 1));
	json_decref(reply);
	daemon_end(daemon);
	close(fd);
}

/* Skipped on machines that have a journal. */
static void without_a_journal_messages_go_to_standard_error(void **state)
{
	struct daemon *daemon = *state;

	if (access("/run/systemd/journal/socket", F_OK) == 0) {
		print_message("there is a journal here\n");
		skip();
	}
	daemon->background = true;
	daemon_start(daemon, NULL);
	daemon_end(daemon);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(second_service_names_the_first_and_changes_nothing),
		CASE(second_service_with_the_same_holds_is_refused),
		CASE(member_that_locks_all_it_can_open_keeps_nobody_from_starting),
		CASE(lock_that_others_may_open_or_that_is_a_link_is_not_one),
		CASE(lock_that_is_a_pipe_is_not_one),
		CASE(dead_socket_makes_way),
		CASE(path_that_is_no_socket_stays),
		CASE(passed_socket_is_served_and_left),
		CASE(passed_file_is_refused),
		CASE(passed_to_somebody_else_is_not_taken),
		CASE(bad_policy_keeps_it_from_beginning),
		CASE(bad_holds_keep_it_from_beginning),
		CASE(state_folder_that_others_can_write_keeps_it_from_beginning),
		CASE(wrong_usage_is_one_line),
		CASE(group_that_is_missing_is_named),
		CASE(quiet_log_leaves_answers_out),
		CASE(answer_is_in_the_journal_by_field),
		CASE(without_a_journal_messages_go_to_standard_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
