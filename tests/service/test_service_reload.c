/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SIGHUP: a valid policy replaces the old one, an invalid one does not, and no call
 * waits.
 */
#include "tests/service/daemon.h"

#define DENY "rules = ( { name = \"no\"; action = \"deny\"; } );\n"

static void assert_verdict(const struct daemon *daemon, const char *verdict)
{
	json_t *reply = call(daemon, CHECK(DUAL, CARD_2));

	assert_text(reply, "verdict", verdict);
	json_decref(reply);
}

static void put(struct daemon *daemon, const char *text)
{
	folder_write(&daemon->folder, "policy/migcompat.conf", text);
}

/* A socket in place of the service manager's. */
static int manager_open(struct daemon *daemon)
{
	struct timeval patience = {.tv_sec = WAIT_MS / 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", daemon->folder.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return fd;
}

static void manager_receives(int fd, const char *part)
{
	char text[4096];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(len > 0);
	text[len] = '\0';
	assert_contains(text, part);
}

static int start(void **state)
{
	static struct daemon daemon;

	daemon = (struct daemon){.pid = 0};
	*state = &daemon;
	daemon_folder(&daemon);
	return 0;
}

static int end(void **state)
{
	struct daemon *daemon = *state;

	daemon_end(daemon);
	folder_remove(&daemon->folder);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void good_policy_takes_the_old_ones_place(void **state)
{
	struct daemon *daemon = *state;

	daemon_start(daemon, NULL);
	assert_verdict(daemon, "compatible");
	put(daemon, DENY);
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	assert_logged(daemon, "were reloaded");
	assert_verdict(daemon, "incompatible");
}

static void bad_policy_changes_nothing_and_is_said(void **state)
{
	struct daemon *daemon = *state;

	put(daemon, DENY);
	daemon_start(daemon, NULL);
	put(daemon, "colour = 7;\n");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	assert_logged(daemon, "the old policy stays in force: ");
	assert_logged(daemon, "migcompat.conf:1: ");
	assert_verdict(daemon, "incompatible");
	/* A valid policy after an invalid one is used. */
	put(daemon, "");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	assert_logged(daemon, "were reloaded");
	assert_verdict(daemon, "compatible");
}

static void service_manager_is_notified(void **state)
{
	struct daemon *daemon = *state;
	int fd = manager_open(daemon);

	daemon_start(daemon, NULL);
	manager_receives(fd, "READY=1");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	manager_receives(fd, "RELOADING=1\nMONOTONIC_USEC=");
	manager_receives(fd, "READY=1\nSTATUS=");
	put(daemon, "colour = 7;\n");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	manager_receives(fd, "RELOADING=1\nMONOTONIC_USEC=");
	manager_receives(fd, "READY=1\nSTATUS=The old policy stays in force: ");
	put(daemon, "");
	close(fd);
}

static void reload_requested_during_a_reload_follows_it(void **state)
{
	struct daemon *daemon = *state;
	int fd = manager_open(daemon);

	daemon_start(daemon, NULL);
	manager_receives(fd, "READY=1");
	put(daemon, DENY);
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	manager_receives(fd, "RELOADING=1");
	put(daemon, "");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	/*
	 * There are two reloads, whether the second was requested during the first or
	 * after it.
	 */
	manager_receives(fd, "READY=1");
	manager_receives(fd, "RELOADING=1");
	manager_receives(fd, "READY=1");
	assert_verdict(daemon, "compatible");
	close(fd);
}

static void calls_are_answered_while_policies_come_and_go(void **state)
{
	struct daemon *daemon = *state;
	int fds[8];

	daemon_start(daemon, NULL);
	for (size_t i = 0; i < 8; i++)
		fds[i] = client_open(daemon);
	for (int round = 0; round < 10; round++) {
		put(daemon, round % 2 ? "" : DENY);
		assert_int_equal(kill(daemon->pid, SIGHUP), 0);
		for (size_t i = 0; i < 8; i++)
			for (int n = 0; n < 5; n++)
				client_send(fds[i], CHECK(DUAL, CARD_2));
		for (size_t i = 0; i < 40; i++) {
			json_t *reply = client_receive(fds[i % 8]);
			const char *limit;

			assert_non_null(reply);
			limit = text_at(reply, "limit");
			assert_text(reply, "verdict", limit ? "incompatible" : "compatible");
			if (limit)
				assert_string_equal(limit, "policy");
			json_decref(reply);
		}
	}
	for (size_t i = 0; i < 8; i++)
		close(fds[i]);
}

static void end_during_a_reload_is_an_end(void **state)
{
	struct daemon *daemon = *state;

	daemon_start(daemon, NULL);
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		CASE(good_policy_takes_the_old_ones_place),
		CASE(bad_policy_changes_nothing_and_is_said),
		CASE(service_manager_is_notified),
		CASE(reload_requested_during_a_reload_follows_it),
		CASE(calls_are_answered_while_policies_come_and_go),
		CASE(end_during_a_reload_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
