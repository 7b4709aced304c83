/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Misbehaving clients, and many at once: each harms only itself. */
#include "core/service/varlink/quota.h"

#include <sys/resource.h>

#include "tests/service/daemon.h"

/* The limit of the user that runs the test. */
static size_t connections_max(void)
{
	return geteuid() == 0 ? CONNECTIONS_MAX : CONNECTIONS_USER;
}

static void still_serves(const struct daemon *daemon)
{
	json_t *reply = call(daemon, CHECK(DUAL, CARD_2));

	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
}

static void garbage_gets_an_error_and_is_closed(void **state)
{
	static const char *const texts[] = {"garbage",
					    "",
					    "[]",
					    "{}",
					    "{\"method\":7}",
					    "{\"method\":\"nodot\"}",
					    "{\"method\":\"a.b\",\"parameters\":[]}",
					    "{\"method\":\"a.b\",\"more\":1}",
					    "{\"method\":\"a.b\"} more",
					    "{\"method\":\"a.b\",\"method\":\"a.b\"}",
					    "{\"method\":\"a.\\u0000b\"}",
					    "\xff\xfe"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int fd = client_open(*state);

		client_send(fd, texts[i]);
		client_gets(fd, "InvalidMessage", "EBADMSG");
	}
	still_serves(*state);
}

/*
 * Values are counted before parsing, since a tree takes a hundred times the memory of its
 * text.
 */
static void call_of_many_values_gets_an_error_and_is_closed(void **state)
{
	static char text[60000];
	int fd = client_open(*state),
	    len = snprintf(text, sizeof(text),
			   "{\"method\":\"io.migcompat.List\",\"parameters\":{\"x\":[{}");
	json_t *reply;

	for (int i = 0; i < 10000; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ",{}");
	snprintf(text + len, sizeof(text) - (size_t)len, "]}}");
	client_send(fd, text);
	reply = client_receive(fd);
	assert_text(reply, "errno", "EBADMSG");
	assert_error(reply, "io.migcompat.InvalidMessage", "reason",
		     "the message has more than 64 values");
	client_is_closed(fd);
	still_serves(*state);
}

static void endless_message_gets_an_error_and_is_closed(void **state)
{
	static char bytes[1u << 20];
	int fd = client_open(*state), sent = 0;

	memset(bytes, ' ', sizeof(bytes));
	while (sent < 100 && client_send_bytes(fd, bytes, sizeof(bytes)))
		sent++;
	assert_true(sent < 100);
	client_gets(fd, "InvalidMessage", "EMSGSIZE");
	still_serves(*state);
}

static void long_message_within_the_bound_is_read(void **state)
{
	static char text[65536]; /* with the final zero */
	int len = snprintf(text, sizeof(text), "%s", CHECK(DUAL, CARD_2));
	int fd = client_open(*state);
	json_t *reply;

	memset(text + len, ' ', sizeof(text) - 1 - (size_t)len);
	client_send(fd, text);
	reply = client_receive(fd);
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	close(fd);
}

static void client_that_stops_within_a_message_is_closed(void **state)
{
	int fd = client_open(*state);

	assert_true(client_send_bytes(fd, "{\"method\":", 10));
	still_serves(*state);
	client_gets(fd, "InvalidMessage", "ETIMEDOUT");
	assert_logged(*state, "it stopped within a message");
}

static void idle_client_is_kept(void **state)
{
	int fd = client_open(*state);
	json_t *reply;

	pause_ms(2 * atoi(PATIENCE));
	client_send(fd, CHECK(DUAL, CARD_2));
	reply = client_receive(fd);
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	close(fd);
}

static void client_that_reads_nothing_is_closed(void **state)
{
	int fd = client_open(*state), size = 4096;
	static const char text[] = METHOD("List", "\"types\":true");

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 2000; i++)
		if (send(fd, text, sizeof(text), MSG_NOSIGNAL) < 0)
			break;
	still_serves(*state);
	assert_logged(*state, "it does not read its reply");
	close(fd);
}

static void calls_in_a_row_are_answered_in_order(void **state)
{
	int fd = client_open(*state);

	for (int i = 0; i < 20; i++)
		client_send(fd, i % 2 ? CHECK(DUAL, CARD_1) : CHECK(DUAL, CARD_2));
	for (int i = 0; i < 20; i++) {
		json_t *reply = client_receive(fd);

		assert_text(reply, "verdict", i % 2 ? "incompatible" : "compatible");
		json_decref(reply);
	}
	close(fd);
}

static void client_that_shuts_its_side_gets_its_reply(void **state)
{
	int fd = client_open(*state);
	json_t *reply;

	client_send(fd, CHECK(DUAL, CARD_2));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	reply = client_receive(fd);
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	client_is_closed(fd);
}

static void parallel_clients_get_their_own_answers(void **state)
{
	int fds[40];

	for (size_t i = 0; i < 40; i++)
		fds[i] = client_open(*state);
	for (size_t i = 0; i < 40; i++)
		client_send(fds[i], i % 3 ? CHECK(SINGLE, CARD_1) : CHECK(SINGLE, CARD_2));
	for (size_t i = 0; i < 40; i++) {
		json_t *reply = client_receive(fds[i]);

		assert_text(reply, "verdict", i % 3 ? "compatible" : "incompatible");
		json_decref(reply);
		close(fds[i]);
	}
}

/*
 * A new client displaces the one that has been idle longest. The others stay connected.
 */
static void idle_clients_keep_nobody_out(void **state)
{
	size_t max = connections_max();
	int fds[CONNECTIONS_MAX + 20];

	for (size_t i = 0; i < max; i++)
		fds[i] = client_open(*state);
	/* The first client is no longer the one that has been idle longest. */
	client_send(fds[0], CHECK(DUAL, CARD_2));
	json_decref(client_receive(fds[0]));
	for (size_t i = max; i < max + 20; i++) {
		fds[i] = client_open(*state);
		still_serves(*state);
	}
	client_gets(fds[1], "Busy", "EAGAIN");
	client_send(fds[0], CHECK(DUAL, CARD_2));
	json_decref(client_receive(fds[0]));
	for (size_t i = 0; i < max + 20; i++)
		if (i != 1)
			close(fds[i]);
	assert_logged(*state, "it was idle, and another client needs its place");
}

/*
 * With a long patience, clients that stop within a message keep their slots and are not
 * idle.
 */
static const char *const patient[] = {"--patience", "3600000", NULL};

static void stop_within_messages(struct daemon *daemon, int *fds, size_t count)
{
	daemon_folder(daemon);
	daemon_start(daemon, patient);
	for (size_t i = 0; i < count; i++) {
		fds[i] = client_open(daemon);
		assert_true(client_send_bytes(fds[i], "{", 1));
	}
}

static void call_without_a_slot_waits_for_one(void **state)
{
	size_t slots = geteuid() == 0 ? SLOTS_MAX : SLOTS_USER;
	struct daemon daemon = {.pid = 0};
	int fds[SLOTS_MAX], fd;
	json_t *reply;
	char byte;

	(void)state;
	stop_within_messages(&daemon, fds, slots);
	fd = client_open(&daemon);
	client_send(fd, CHECK(DUAL, CARD_2));
	pause_ms(200);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
	close(fds[0]);
	reply = client_receive(fd);
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	close(fd);
	for (size_t i = 1; i < slots; i++)
		close(fds[i]);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void client_beyond_the_limit_is_refused(void **state)
{
	size_t max = connections_max();
	struct daemon daemon = {.pid = 0};
	int fds[CONNECTIONS_MAX];

	(void)state;
	stop_within_messages(&daemon, fds, max);
	client_gets(client_open(&daemon), "Busy", "EAGAIN");
	assert_logged(&daemon, "further ones are refused");
	for (size_t i = 0; i < max; i++)
		close(fds[i]);
	/* Connections are free when the service has noticed that the clients left. */
	for (int i = 0, fd; i < 200; i++) {
		json_t *reply;
		bool answered;

		fd = client_open(&daemon);
		reply = client_send_bytes(fd, CHECK(DUAL, CARD_2), sizeof(CHECK(DUAL, CARD_2)))
				? client_receive(fd)
				: NULL;
		answered = reply && !json_object_get(reply, "error");
		close(fd);
		json_decref(reply);
		if (answered) {
			daemon_end(&daemon);
			folder_remove(&daemon.folder);
			return;
		}
		pause_ms(20);
	}
	fail_msg("nobody is let in any more");
}

/*
 * Idle clients, and one whose call waits for a slot. That one may also get its answer, or
 * never be accepted.
 */
static void clients_get_an_error_when_the_service_ends(void **state)
{
	size_t slots = geteuid() == 0 ? SLOTS_MAX : SLOTS_USER;
	struct daemon daemon = {.pid = 0};
	int fds[SLOTS_MAX], idle, waiting;
	json_t *reply;

	(void)state;
	stop_within_messages(&daemon, fds, slots - 1);
	idle = client_open(&daemon);
	client_send(idle, CHECK(DUAL, CARD_2));
	json_decref(client_receive(idle));
	fds[slots - 1] = client_open(&daemon);
	assert_true(client_send_bytes(fds[slots - 1], "{", 1));
	waiting = client_open(&daemon);
	client_send(waiting, CHECK(DUAL, CARD_2));
	daemon_end(&daemon);
	client_gets(idle, "Busy", "ESHUTDOWN");
	reply = client_receive(waiting);
	if (reply && json_object_get(reply, "error"))
		assert_text(reply, "errno", "ESHUTDOWN");
	else if (reply)
		assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	close(waiting);
	for (size_t i = 0; i < slots; i++)
		close(fds[i]);
	folder_remove(&daemon.folder);
}

/* prlimit from outside, since valgrind prevents a child from lowering its own limit. */
static void allow_few_descriptors(const struct daemon *daemon)
{
	const struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};

	assert_int_equal(prlimit(daemon->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* Idle clients are displaced here, too. */
static void service_without_descriptors_takes_idle_ones(void **state)
{
	struct daemon daemon = {.pid = 0};
	int fds[100];

	(void)state;
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	allow_few_descriptors(&daemon);
	for (size_t i = 0; i < 100; i++)
		fds[i] = client_open(&daemon);
	assert_logged(&daemon, "cannot accept a client: Too many open files");
	/* Only root displaces root. */
	if (geteuid() != 0)
		still_serves(&daemon);
	for (size_t i = 0; i < 100; i++)
		close(fds[i]);
	still_serves(&daemon);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(garbage_gets_an_error_and_is_closed),
		cmocka_unit_test(call_of_many_values_gets_an_error_and_is_closed),
		cmocka_unit_test(endless_message_gets_an_error_and_is_closed),
		cmocka_unit_test(long_message_within_the_bound_is_read),
		cmocka_unit_test(client_that_stops_within_a_message_is_closed),
		cmocka_unit_test(idle_client_is_kept),
		cmocka_unit_test(client_that_reads_nothing_is_closed),
		cmocka_unit_test(calls_in_a_row_are_answered_in_order),
		cmocka_unit_test(client_that_shuts_its_side_gets_its_reply),
		cmocka_unit_test(parallel_clients_get_their_own_answers),
		cmocka_unit_test(idle_clients_keep_nobody_out),
		cmocka_unit_test(call_without_a_slot_waits_for_one),
		cmocka_unit_test(client_beyond_the_limit_is_refused),
		cmocka_unit_test(clients_get_an_error_when_the_service_ends),
		cmocka_unit_test(service_without_descriptors_takes_idle_ones),
	};

	return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
