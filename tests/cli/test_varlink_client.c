/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client alone: how replies are split, and how long it waits. */
#include "core/cli/varlink_client.h"

#include <fcntl.h>

#include "tests/cli/fake_service.h"

#define PATIENCE_MS 60000u /* for events that must come */
#define HASTE_MS 100u      /* for events that must not come */

struct bench {
	struct folder folder;
	struct fake fake;
	struct varlink_client client;
	struct error err;
};

static int setup(void **state)
{
	static struct bench bench;

	bench = (struct bench){.fake = {.pid = 0}};
	folder_make(&bench.folder);
	*state = &bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	varlink_close(&bench->client);
	if (bench->fake.pid)
		fake_stop(&bench->fake);
	folder_remove(&bench->folder);
	return 0;
}

static int ask(struct bench *bench, const char *bytes, size_t len, enum fake_end end,
	       unsigned timeout_ms)
{
	fake_start(&bench->fake, &bench->folder, bytes, len, end);
	assert_int_equal(varlink_open(&bench->client, bench->fake.path, timeout_ms, &bench->err),
			 0);
	return varlink_call(&bench->client, "a.B", json_object(), true, &bench->err);
}

static void replies_come_one_by_one(void **state)
{
	static const char text[] = "{\"continues\":true,\"parameters\":{\"n\":1}}\0{\"continues\":"
				   "true}\0{\"error\":\"a.E\",\"parameters\":{\"n\":3}}";
	struct bench *bench = *state;
	struct varlink_reply reply;

	assert_int_equal(ask(bench, text, sizeof(text), FAKE_WAITS, PATIENCE_MS), 0);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), 0);
	assert_true(reply.continues);
	assert_null(reply.error);
	assert_int_equal(json_integer_value(json_object_get(reply.parameters, "n")), 1);
	varlink_reply_clear(&reply);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), 0);
	assert_int_equal(json_object_size(reply.parameters), 0);
	varlink_reply_clear(&reply);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), 0);
	assert_false(reply.continues);
	assert_string_equal(reply.error, "a.E");
	assert_int_equal(json_integer_value(json_object_get(reply.parameters, "n")), 3);
	varlink_reply_clear(&reply);
}

static void long_reply_comes_whole(void **state)
{
	static char text[3000000];
	struct bench *bench = *state;
	struct varlink_reply reply;

	memset(text, ' ', sizeof(text));
	text[0] = '{';
	memcpy(text + sizeof(text) - 21, "\"parameters\":{\"n\":1}", 20);
	text[sizeof(text) - 1] = '}';
	assert_int_equal(ask(bench, text, sizeof(text), FAKE_WAITS, HASTE_MS), 0);
	/* The zero at its end is missing so far. */
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), -ETIMEDOUT);
	varlink_close(&bench->client);
	fake_stop(&bench->fake);
	text[sizeof(text) - 2] = '}';
	text[sizeof(text) - 1] = '\0';
	memcpy(text + sizeof(text) - 22, "\"parameters\":{\"n\":1}", 20);
	assert_int_equal(ask(bench, text, sizeof(text), FAKE_WAITS, PATIENCE_MS), 0);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), 0);
	assert_int_equal(json_integer_value(json_object_get(reply.parameters, "n")), 1);
	varlink_reply_clear(&reply);
}

static void silent_service_is_not_waited_for(void **state)
{
	struct bench *bench = *state;
	struct varlink_reply reply;

	assert_int_equal(ask(bench, "", 0, FAKE_WAITS, HASTE_MS), 0);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), -ETIMEDOUT);
	assert_contains(bench->err.text, "gave no answer in 0.1 s");
}

/* Single bytes do not extend the deadline. */
static void bytes_do_not_stretch_the_time(void **state)
{
	struct bench *bench = *state;
	struct varlink_reply reply;

	assert_int_equal(ask(bench, " ", 1, FAKE_REPEATS, HASTE_MS), 0);
	assert_int_not_equal(varlink_receive(&bench->client, &reply, &bench->err), 0);
}

static void service_that_accepts_nobody_is_not_waited_for(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;
	struct varlink_client full = {.path = NULL};
	struct bench *bench = *state;
	const char *path = folder_path(&bench->folder, "deaf");

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(varlink_open(&full, path, HASTE_MS, &bench->err), 0);
	r = varlink_open(&bench->client, path, HASTE_MS, &bench->err);
	varlink_close(&full);
	close(fd);
	assert_int_equal(r, -ETIMEDOUT);
}

static void service_that_does_not_read_is_not_waited_for(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;
	struct bench *bench = *state;
	const char *path = folder_path(&bench->folder, "full");
	static char text[8u << 20];

	memset(text, 'a', sizeof(text) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(varlink_open(&bench->client, path, HASTE_MS, &bench->err), 0);
	r = varlink_call(&bench->client, "a.B", json_pack("{s:s}", "a", text), false, &bench->err);
	close(fd);
	assert_int_equal(r, -ETIMEDOUT);
}

static void nobody_there_is_said(void **state)
{
	struct bench *bench = *state;
	char path[256];

	assert_int_equal(varlink_open(&bench->client, folder_path(&bench->folder, "none"),
				      PATIENCE_MS, &bench->err),
			 -ENOENT);
	assert_contains(bench->err.text, "no service answers at /tmp/");
	assert_contains(bench->err.text, "none: No such file or directory");
	folder_write(&bench->folder, "file", "");
	assert_int_equal(varlink_open(&bench->client, folder_path(&bench->folder, "file"),
				      PATIENCE_MS, &bench->err),
			 -ECONNREFUSED);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(varlink_open(&bench->client, path, PATIENCE_MS, &bench->err),
			 -ENAMETOOLONG);
}

#define BUSY "{\"error\":\"a.Busy\",\"parameters\":{\"reason\":\"no room\"}}"
#define ANSWER "{\"parameters\":{\"n\":1}}"

/*
 * The service refuses so many connections before it answers one. Returns the result of
 * the call.
 */
static int ask_full(struct bench *bench, unsigned times, const char *away, bool once)
{
	struct varlink_reply reply = {.message = NULL};
	int r;

	bench->fake.turned_away = times;
	bench->fake.away = away;
	fake_start(&bench->fake, &bench->folder, ANSWER, sizeof(ANSWER), FAKE_WAITS);
	assert_int_equal(varlink_open(&bench->client, bench->fake.path, PATIENCE_MS, &bench->err),
			 0);
	bench->client.busy = "a.Busy";
	bench->client.once = once;
	assert_int_equal(varlink_call(&bench->client, "a.B", json_object(), false, &bench->err), 0);
	r = varlink_receive(&bench->client, &reply, &bench->err);
	if (!r)
		assert_int_equal(json_integer_value(json_object_get(reply.parameters, "n")), 1);
	varlink_reply_clear(&reply);
	return r;
}

static void busy_service_is_asked_again(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, 3, BUSY, false), 0);
	assert_int_equal(*bench->fake.calls, 4);
}

static void service_that_closes_without_a_word_is_asked_again(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, 2, NULL, false), 0);
	assert_int_equal(*bench->fake.calls, 3);
}

static void service_that_stays_busy_is_given_up(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, UINT32_MAX, BUSY, false), -EBUSY);
	assert_int_equal(*bench->fake.calls, VARLINK_TRIES);
	assert_contains(bench->err.text, "is busy: asked 10 times, no room");
}

static void service_that_never_says_a_word_is_given_up_sooner(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, UINT32_MAX, NULL, false), -ECONNRESET);
	assert_int_equal(*bench->fake.calls, VARLINK_TRIES_SILENT);
	assert_contains(bench->err.text, "closed the connection without an answer");
}

/* The service may have read and executed the call. */
static void call_that_changes_something_is_not_sent_again_after_silence(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, 1, NULL, true), -ECONNRESET);
	assert_int_equal(*bench->fake.calls, 1);
}

static void call_that_changes_something_is_sent_again_where_nothing_was_done(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask_full(bench, 1, BUSY, true), 0);
	assert_int_equal(*bench->fake.calls, 2);
}

static void answer_that_breaks_off_is_not_asked_for_again(void **state)
{
	struct bench *bench = *state;
	struct varlink_reply reply;

	assert_int_equal(ask(bench, "{\"par", 5, FAKE_CLOSES, PATIENCE_MS), 0);
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), -ECONNRESET);
	assert_int_equal(*bench->fake.calls, 1);
}

static void on_alarm(int number)
{
	(void)number;
}

static void signal_of_the_mask_ends_the_wait(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm}, before;
	struct bench *bench = *state;
	struct varlink_reply reply;
	sigset_t blocked, mask;

	assert_int_equal(ask(bench, "", 0, FAKE_WAITS, PATIENCE_MS), 0);
	sigaction(SIGALRM, &action, &before);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	raise(SIGALRM);
	bench->client.mask = &mask;
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), -EINTR);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
}

static void reader_that_left_ends_the_wait(void **state)
{
	struct bench *bench = *state;
	struct varlink_reply reply;
	int fds[2];

	assert_int_equal(ask(bench, "", 0, FAKE_WAITS, PATIENCE_MS), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	bench->client.watched = fds[1];
	assert_int_equal(varlink_receive(&bench->client, &reply, &bench->err), -EPIPE);
	close(fds[1]);
}

static void one_that_was_never_opened_may_be_closed(void **state)
{
	struct varlink_client client = {.path = NULL};
	int before = fcntl(STDIN_FILENO, F_GETFD);

	(void)state;
	varlink_close(&client);
	varlink_close(&client);
	/* Its descriptor is 0, but standard input is not its own. */
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), before);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(replies_come_one_by_one),
		test(long_reply_comes_whole),
		test(silent_service_is_not_waited_for),
		test(bytes_do_not_stretch_the_time),
		test(service_that_accepts_nobody_is_not_waited_for),
		test(service_that_does_not_read_is_not_waited_for),
		test(nobody_there_is_said),
		test(busy_service_is_asked_again),
		test(service_that_closes_without_a_word_is_asked_again),
		test(service_that_stays_busy_is_given_up),
		test(service_that_never_says_a_word_is_given_up_sooner),
		test(call_that_changes_something_is_not_sent_again_after_silence),
		test(call_that_changes_something_is_sent_again_where_nothing_was_done),
		test(answer_that_breaks_off_is_not_asked_for_again),
		test(signal_of_the_mask_ends_the_wait),
		test(reader_that_left_ends_the_wait),
		cmocka_unit_test(one_that_was_never_opened_may_be_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
