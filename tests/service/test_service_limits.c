/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group member that uses all it can get: root and other members do not wait, and memory
 * is bounded.
 */
#include "core/service/varlink/clients.h"

#include <limits.h>

#include "tests/service/hanging.h"
#include "tests/service/other_user.h"
#include "tests/service/watching.h"

#define MEMORY_CLIENTS 40
#define MANY 2000     /* devices */
#define KEPT_KB 16384 /* may remain in use after the load */
#define MEMORY_MAX_KB (long)(CLIENTS_MEMORY_MAX >> 10)

/* Only root can become another user. */
#define NEEDS_MEMBERS()               \
	do {                          \
		(void)state;          \
		if (!may_be_member()) \
			skip();       \
	} while (0)

/*
 * Start a child that becomes a member, does something, and stays until it is killed.
 * Returns when that is done.
 */
static pid_t member_begin(const struct daemon *daemon, uid_t uid,
			  void (*work)(const struct daemon *daemon))
{
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		member_become(uid);
		work(daemon);
		(void)!write(ready[1], "", 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void member_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Call as that user. True: the call was answered. */
static bool member_is_answered(const struct daemon *daemon, uid_t uid)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		json_t *reply;
		int fd;

		member_become(uid);
		fd = client_try(daemon);
		if (fd < 0 ||
		    !client_send_bytes(fd, CHECK(DUAL, CARD_2), sizeof(CHECK(DUAL, CARD_2))))
			_exit(2);
		reply = client_receive(fd);
		_exit(!reply || !text_at(reply, "verdict") ||
		      strcmp(text_at(reply, "verdict"), "compatible") != 0);
	}
	return daemon_wait(pid) == 0;
}

static void service_end(struct daemon *daemon)
{
	daemon_end(daemon);
	folder_remove(&daemon->folder);
}

/* All connections of one user, each in the middle of a message. */
static void connect_all(const struct daemon *daemon)
{
	for (size_t i = 0; i < CONNECTIONS_USER; i++)
		if (!client_send_bytes(client_try(daemon), "{", 1))
			_exit(1);
}

static const char *const patient[] = {"--patience", "3600000", NULL};

static void member_with_all_its_connections_keeps_nobody_else_waiting(void **state)
{
	struct daemon daemon;
	json_t *reply;
	pid_t pid;

	NEEDS_MEMBERS();
	member_start(&daemon, patient);
	pid = member_begin(&daemon, MEMBER_UID, connect_all);
	reply = call(&daemon, CHECK(DUAL, CARD_2));
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	assert_true(member_is_answered(&daemon, OTHER_MEMBER_UID));
	member_end(pid);
	assert_true(member_is_answered(&daemon, MEMBER_UID));
	service_end(&daemon);
}

/* Two users have all connections that are not reserved for root. */
static void members_with_all_connections_do_not_keep_root_waiting(void **state)
{
	struct daemon daemon;
	json_t *reply;
	pid_t pids[2];

	NEEDS_MEMBERS();
	member_start(&daemon, patient);
	for (unsigned i = 0; i < 2; i++)
		pids[i] = member_begin(&daemon, MEMBER_UID + i, connect_all);
	reply = call(&daemon, CHECK(DUAL, CARD_2));
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	for (unsigned i = 0; i < 2; i++)
		member_end(pids[i]);
	service_end(&daemon);
}

static void ask_hung(const struct daemon *daemon)
{
	for (size_t i = 0; i < CONNECTIONS_USER; i++)
		if (!client_send_bytes(client_try(daemon), DESCRIBE_HUNG, sizeof(DESCRIBE_HUNG)))
			_exit(1);
}

/* Each call to a backend that never answers occupies a thread. */
static void member_whose_calls_hang_delays_no_other_user(void **state)
{
	struct daemon daemon;
	json_t *reply;
	pid_t pid;

	NEEDS_MEMBERS();
	hanging_start_for(&daemon, "600000", "daemon");
	pid = member_begin(&daemon, MEMBER_UID, ask_hung);
	reply = call(&daemon, CHECK(DUAL, CARD_2));
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	assert_true(member_is_answered(&daemon, OTHER_MEMBER_UID));
	member_end(pid);
	service_end(&daemon);
}

static void watch_all(const struct daemon *daemon)
{
	unsigned refused = 0;

	for (size_t i = 0; i < WATCHERS_MAX; i++) {
		int fd = client_try(daemon);
		json_t *reply;

		if (fd < 0 || !client_send_bytes(fd, WATCH, sizeof(WATCH)))
			_exit(1);
		reply = client_receive(fd);
		refused += reply && json_object_get(reply, "error");
	}
	if (refused != WATCHERS_MAX - WATCHERS_USER)
		_exit(1);
}

static void member_that_watches_leaves_watching_to_others(void **state)
{
	struct daemon daemon;
	json_t *reply;
	pid_t pid;

	NEEDS_MEMBERS();
	member_start(&daemon, NULL);
	pid = member_begin(&daemon, MEMBER_UID, watch_all);
	reply = call(&daemon, WATCH);
	assert_text(reply, "event", "present");
	json_decref(reply);
	member_end(pid);
	service_end(&daemon);
}

/* ---------------------------------------------------------------- memory */

/* Resident private memory of the service, in KiB. */
static long memory_of(pid_t pid)
{
	char path[64], line[256];
	long kb = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "RssAnon: %ld", &kb);
	fclose(file);
	assert_true(kb > 0);
	return kb;
}

/*
 * Messages whose tree would take a hundred times their text, then calls that take all
 * slots, then long calls that wait.
 */
static void pin_memory(const struct daemon *daemon)
{
	static char objects[1u << 20], text[60000];
	size_t len = (size_t)snprintf(objects, sizeof(objects),
				      "{\"method\":\"io.migcompat.Ask\",\"parameters\":{\"x\":[{}");
	int head = snprintf(text, sizeof(text),
			    "{\"method\":\"io.migcompat.Check\",\"parameters\":{\"target\":\"" HUNG
			    "\",\"version\":\"");

	while (len < sizeof(objects) - 8)
		len += (size_t)snprintf(objects + len, sizeof(objects) - len, ",{}");
	memcpy(objects + len, "]}}", 4);
	memset(text + head, 'a', sizeof(text) - (size_t)head);
	memcpy(text + sizeof(text) - 4, "\"}}", 4);
	/* The service may refuse a message before it was sent completely. */
	for (int i = 0; i < MEMORY_CLIENTS; i++)
		client_send_bytes(client_try(daemon), objects, sizeof(objects));
	for (int i = 0; i < 16; i++)
		if (!client_send_bytes(client_try(daemon), DESCRIBE_HUNG, sizeof(DESCRIBE_HUNG)))
			_exit(1);
	for (int i = 0; i < MEMORY_CLIENTS; i++) {
		int fd = client_try(daemon);

		if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
			_exit(1);
		(void)!send(fd, text, sizeof(text), MSG_NOSIGNAL);
	}
}

static void memory_that_a_member_can_pin_is_bounded(void **state)
{
	struct daemon daemon;
	long before, now, most = 0;
	pid_t pid;

	NEEDS_MEMBERS();
	hanging_start_for(&daemon, "1000", "daemon");
	json_decref(call(&daemon, CHECK(DUAL, CARD_2)));
	before = memory_of(daemon.pid);
	pid = member_begin(&daemon, MEMBER_UID, pin_memory);
	for (int i = 0; i < 100; i++) {
		now = memory_of(daemon.pid);
		most = now > most ? now : most;
		pause_ms(10);
	}
	member_end(pid);
	daemon_end(&daemon);
	print_message("%ld kB before, %ld kB at most\n", before, most);
	assert_true(most - before < MEMORY_MAX_KB);
	folder_remove(&daemon.folder);
}

/* Sanitizers delay freeing. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* An inventory of many devices in the test's folder. */
static void many_devices(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "{\"format\":\"migcompat-inventory/"
		      "1\",\"host\":{\"name\":\"many\",\"facts\":{}},\"devices\":[");
	for (int i = 0; i < MANY; i++)
		fprintf(file,
			"%s{\"id\":\"many-%d\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{"
			"\"driver\":\"mtty\",\"driver/module\":\"mtty\","
			"\"mdev_type\":\"mtty-2\"}}",
			i ? "," : "", i);
	fprintf(file, "]}");
	assert_int_equal(fclose(file), 0);
}

/* Memory for sixteen large answers is given back when there are no calls. */
static void memory_of_long_answers_is_given_back(void **state)
{
	struct daemon daemon = {.pid = 0};
	const char *more[] = {"-i", NULL, "--patience", "3600000", NULL};
	long now = LONG_MAX, before;
	char path[192];
	int fds[16];

	(void)state;
	daemon_folder(&daemon);
	snprintf(path, sizeof(path), "%s", folder_path(&daemon.folder, "many.json"));
	many_devices(path);
	more[1] = path;
	daemon_start(&daemon, more);
	json_decref(call(&daemon, CHECK(DUAL, CARD_2)));
	before = memory_of(daemon.pid);
	for (size_t i = 0; i < 16; i++) {
		fds[i] = client_open(&daemon);
		client_send(fds[i], METHOD("Ask", "\"source\":\"many-0\""));
	}
	for (size_t i = 0; i < 16; i++) {
		char bytes[65536];
		ssize_t got;

		do
			got = recv(fds[i], bytes, sizeof(bytes), 0);
		while (got > 0 && bytes[got - 1]);
		assert_true(got > 0);
		close(fds[i]);
	}
	for (int i = 0; i < WAIT_MS / 100 && now - before > KEPT_KB; i++) {
		pause_ms(100);
		now = memory_of(daemon.pid);
	}
	assert_true(now - before <= KEPT_KB);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(member_with_all_its_connections_keeps_nobody_else_waiting),
		cmocka_unit_test(members_with_all_connections_do_not_keep_root_waiting),
		cmocka_unit_test(member_whose_calls_hang_delays_no_other_user),
		cmocka_unit_test(member_that_watches_leaves_watching_to_others),
		cmocka_unit_test(memory_that_a_member_can_pin_is_bounded),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(memory_of_long_answers_is_given_back),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
