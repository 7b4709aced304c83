/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Concurrent calls: a backend that hangs delays only the calls that need it. */
#include "tests/service/hanging.h"

#define CLIENTS 64
#define MEMBERS 40 /* more calls than there are threads */

static void still_serves(const struct daemon *daemon)
{
	json_t *reply = call(daemon, CHECK(DUAL, CARD_2));

	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
}

static void hung_backend_keeps_no_other_client_waiting(void **state)
{
	struct daemon daemon;
	int fd;

	(void)state;
	hanging_start(&daemon, "600000");
	fd = client_open(&daemon);
	client_send(fd, DESCRIBE_HUNG);
	for (int i = 0; i < 20; i++)
		still_serves(&daemon);
	client_still_waits(fd);
	/* The service ends in time nevertheless. */
	assert_int_equal(kill(daemon.pid, SIGTERM), 0);
	assert_int_equal(daemon_wait(daemon.pid), 0);
	client_is_closed(fd);
	assert_logged(&daemon, "some calls did not end in time");
	assert_int_equal(access(daemon.socket, F_OK), -1);
	folder_remove(&daemon.folder);
}

/*
 * Calls of a group member to a backend that never answers, more than there are threads.
 * Exits if the process cannot become a member.
 */
static pid_t members_ask(const struct daemon *daemon)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(77);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < MEMBERS; i++)
			client_send(client_open(daemon), DESCRIBE_HUNG);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_true(read(ready[0], &byte, 1) >= 0);
	close(ready[0]);
	return pid;
}

static void calls_of_members_that_hang_delay_neither_root_nor_a_reload(void **state)
{
	struct daemon daemon;
	json_t *reply;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	(void)state;
	hanging_start_for(&daemon, "600000", "nogroup");
	assert_int_equal(chmod(daemon.folder.path, 0755), 0);
	pid = members_ask(&daemon);
	if (waitpid(pid, &status, WNOHANG) == 0) {
		for (int i = 0; i < 20; i++)
			still_serves(&daemon);
		assert_int_equal(kill(daemon.pid, SIGHUP), 0);
		assert_logged(&daemon, "policy and backends were reloaded");
		reply = call(&daemon, METHOD("Backends", ""));
		assert_null(json_object_get(reply, "error"));
		json_decref(reply);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_int_equal(kill(daemon.pid, SIGTERM), 0);
	assert_int_equal(daemon_wait(daemon.pid), 0);
	folder_remove(&daemon.folder);
	if (WIFEXITED(status))
		skip();
}

static void call_of_a_hung_backend_ends_in_time_and_says_so(void **state)
{
	struct daemon daemon;
	json_t *reply;

	(void)state;
	hanging_start(&daemon, "300");
	reply = call(&daemon, DESCRIBE_HUNG);
	assert_text(reply, "verdict", "error");
	assert_text(reply, "errno", "ETIMEDOUT");
	json_decref(reply);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void client_may_leave_while_its_call_runs(void **state)
{
	struct daemon daemon;

	(void)state;
	hanging_start(&daemon, "300");
	for (int i = 0; i < 20; i++) {
		int fd = client_open(&daemon);

		client_send(fd, DESCRIBE_HUNG);
		close(fd);
	}
	still_serves(&daemon);
	assert_logged(&daemon, "it left before its reply");
	still_serves(&daemon);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void end_waits_for_calls_that_run(void **state)
{
	struct daemon daemon;
	json_t *reply;
	int fd;

	(void)state;
	hanging_start(&daemon, "1000");
	fd = client_open(&daemon);
	client_send(fd, DESCRIBE_HUNG);
	/* If another client gets its answer, the first client's call has begun. */
	still_serves(&daemon);
	daemon_end(&daemon);
	reply = client_receive(fd);
	assert_non_null(reply);
	assert_text(reply, "errno", "ETIMEDOUT");
	json_decref(reply);
	client_gets(fd, "Busy", "ESHUTDOWN");
	folder_remove(&daemon.folder);
}

static void oneway_call_of_a_client_that_left_counts(void **state)
{
	struct daemon daemon;
	int fd;

	if (geteuid() != 0)
		skip();
	(void)state;
	hanging_start(&daemon, "300");
	fd = client_open(&daemon);
	client_send(fd, "{\"method\":\"io.migcompat.Describe\",\"parameters\":{\"device\":\"" HUNG
			"\"},\"oneway\":true}");
	client_send(fd, "{\"method\":\"io.migcompat.Hold\",\"parameters\":{\"device\":\"" DUAL
			"\",\"reason\":\"left\"},\"oneway\":true}");
	close(fd);
	assert_logged(&daemon, "is held by uid 0: left");
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static const char *const mixed[][2] = {
	{CHECK(DUAL, CARD_2), "compatible"},
	{METHOD("List", "\"types\":true"), NULL},
	{CHECK(DUAL, CARD_1), "incompatible"},
	{METHOD("Ask", "\"source\":\"" DUAL "\""), NULL},
	{METHOD("Describe", "\"device\":\"" CARD_2 "\""), NULL},
	{CHECK(SINGLE, CARD_1), "compatible"},
	{METHOD("Version", "\"device\":\"" SINGLE "\""), NULL},
	{METHOD("Params", "\"device\":\"" DUAL "\""), NULL},
};

static void all_clients_at_once_with_mixed_calls_are_answered(void **state)
{
	struct daemon daemon;
	int fds[CLIENTS];

	(void)state;
	daemon = (struct daemon){.pid = 0};
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	for (size_t i = 0; i < CLIENTS; i++)
		fds[i] = client_open(&daemon);
	for (size_t round = 0; round < 10; round++) {
		for (size_t i = 0; i < CLIENTS; i++)
			client_send(fds[i], mixed[(i + round) % 8][0]);
		for (size_t i = 0; i < CLIENTS; i++) {
			json_t *reply = client_receive(fds[i]);

			assert_non_null(reply);
			assert_null(json_object_get(reply, "error"));
			if (mixed[(i + round) % 8][1])
				assert_text(reply, "verdict", mixed[(i + round) % 8][1]);
			json_decref(reply);
		}
	}
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void holds_change_while_others_ask(void **state)
{
	struct daemon daemon;
	int fds[16];

	if (geteuid() != 0)
		skip();
	(void)state;
	daemon = (struct daemon){.pid = 0};
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	for (size_t i = 0; i < 16; i++) {
		fds[i] = client_open(&daemon);
		for (int n = 0; n < 20; n++)
			client_send(fds[i], i % 4   ? CHECK(DUAL, CARD_2)
					    : n % 2 ? RELEASE(DUAL)
						    : HOLD(DUAL, "others ask"));
	}
	for (size_t i = 0; i < 16; i++) {
		for (int n = 0; n < 20; n++) {
			json_t *reply = client_receive(fds[i]);

			assert_non_null(reply);
			if (i % 4 && text_at(reply, "limit"))
				assert_contains(text_at(reply, "reason"), "is held: others ask");
			else if (i % 4)
				assert_text(reply, "verdict", "compatible");
			json_decref(reply);
		}
		close(fds[i]);
	}
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hung_backend_keeps_no_other_client_waiting),
		cmocka_unit_test(calls_of_members_that_hang_delay_neither_root_nor_a_reload),
		cmocka_unit_test(call_of_a_hung_backend_ends_in_time_and_says_so),
		cmocka_unit_test(client_may_leave_while_its_call_runs),
		cmocka_unit_test(end_waits_for_calls_that_run),
		cmocka_unit_test(oneway_call_of_a_client_that_left_counts),
		cmocka_unit_test(all_clients_at_once_with_mixed_calls_are_answered),
		cmocka_unit_test(holds_change_while_others_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
