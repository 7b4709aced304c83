/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device that is served on a socket against clients that lie, are silent or die. */
#include "tests/support/served_bench.h"

static void nothing_is_loaded_before_the_string_was_accepted(void **state)
{
	struct bench *bench = *state;
	const uint64_t set = MIGCOMPAT_SET_BUFFER;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	assert_int_equal(field_write(bench, FIELD(memory.size), 4096), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), -EPERM);
	assert_int_equal(field_write(bench, FIELD(config.action), set), -EPERM);
	assert_int_equal(check(bench, STRING), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), 0);
	assert_int_equal(check(bench, "x"), -EINVAL);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), -EPERM);
}

static void a_load_of_a_client_that_dies_is_dropped(void **state)
{
	struct bench *bench = *state;
	struct card before;

	card_make(&before, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&before, 1);
	assert_true(hello(bench));
	assert_int_equal(check(bench, STRING), 0);
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	assert_int_equal(field_write(bench, FIELD(memory.size), 4096), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), MIGCOMPAT_SET_BUFFER), 0);
	assert_true(bench->card.staging);
	close(bench->client);
	serve(bench);
	assert_false(bench->card.staging);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_true(card_equal(&bench->card, &before));
	card_free(&before);
	assert_true(hello(bench));
}

static void a_message_of_a_wrong_size_ends_the_connection(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 17, 39, 41, 4096, sizeof(struct message_request)};
	struct bench *bench = *state;

	assert_true(hello(bench));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bench->request =
			(struct message_request){.op = MESSAGE_RUN, .count = 1, .number = 2};
		assert_true(send(bench->client, &bench->request, sizes[i], MSG_NOSIGNAL) >= 0);
		assert_dropped(bench);
	}
}

static void a_message_with_a_wrong_field_ends_the_connection(void **state)
{
	static const struct message_request wrong[] = {
		{.op = 0},
		{.op = MESSAGE_OP_COUNT},
		{.op = UINT32_MAX},
		{.op = MESSAGE_HELLO, .count = MESSAGE_VERSION}, /* again */
		{.op = MESSAGE_RUN, .flags = 4},
	};
	struct bench *bench = *state;

	assert_true(hello(bench));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bench->request = wrong[i];
		assert_false(ask(bench));
		assert_dropped(bench);
	}
}

static void more_writes_than_fit_end_the_connection(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_RUN, .count = STATE_WRITES_MAX + 1};
	assert_false(ask(bench));
	assert_dropped(bench);
}

static void the_first_message_is_a_hello_of_a_known_version(void **state)
{
	struct bench *bench = *state;

	bench->client = raw_connect(bench);
	bench->request = (struct message_request){.op = MESSAGE_KEEP};
	assert_false(ask(bench));
	assert_dropped(bench);
	close(bench->client);
	serve(bench);
	bench->client = raw_connect(bench);
	bench->request = (struct message_request){.op = MESSAGE_HELLO, .count = 2};
	assert_true(ask(bench));
	assert_int_equal(bench->reply.error, EPROTONOSUPPORT);
	assert_dropped(bench);
}

static void a_silent_client_is_dropped(void **state)
{
	struct bench *bench = *state;

	bench->client = raw_connect(bench);
	serve(bench);
	usleep(60000);
	assert_dropped(bench);
}

static void a_second_client_is_told_that_the_device_is_busy(void **state)
{
	struct bench *bench = *state;
	int first;

	assert_true(hello(bench));
	first = bench->client;
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, EBUSY);
	close(bench->client);
	bench->client = first;
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
}

static void a_client_that_reads_no_replies_is_dropped(void **state)
{
	struct bench *bench = *state;
	int r = 0;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_KEEP, .number = 2};
	for (int i = 0; i < 10000 && !r; i++) {
		r = peer_send(bench->client, &bench->request, message_request_size(&bench->request),
			      -1);
		serve(bench);
	}
	assert_int_equal(r, -EPIPE);
	close(bench->client);
	assert_true(hello(bench));
}

static void descriptors_of_a_client_are_not_kept(void **state)
{
	struct bench *bench = *state;
	int spare, lowest;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_KEEP, .number = 2};
	lowest = dup(0);
	close(lowest);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(peer_send(bench->client, &bench->request, 16, bench->client), 0);
		serve(bench);
		assert_true(reply_receive(bench));
	}
	spare = dup(0);
	assert_int_equal(spare, lowest);
	close(spare);
}

static void root_and_the_own_user_alone_may_connect(void **state)
{
	(void)state;
	assert_true(peer_allowed(0, 1000));
	assert_true(peer_allowed(1000, 1000));
	assert_false(peer_allowed(1001, 1000));
	assert_true(peer_allowed(0, 0));
	assert_false(peer_allowed(1000, 0));
}

/* A client of another user, who the mode of the socket would let in. */
static int stranger(struct bench *bench)
{
	const uid_t nobody = 65534;

	if (setresuid(nobody, nobody, nobody))
		return 2;
	bench->client = raw_connect(bench);
	while (recv(bench->client, &bench->reply, sizeof(bench->reply), MSG_DONTWAIT) < 0)
		usleep(1000);
	bench->reply.text[bench->reply.len] = '\0';
	return bench->reply.error == EPERM &&
			       strcmp(bench->reply.text,
				      "the device is served to root and user 0 alone") == 0
		       ? 0
		       : 1;
}

static void another_user_is_not_served(void **state)
{
	struct bench *bench = *state;
	int status = -1;
	pid_t child;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(bench->folder.path, 0755), 0);
	assert_int_equal(chmod(bench->path, 0666), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(stranger(bench));
	while (waitpid(child, &status, WNOHANG) == 0)
		assert_int_equal(migcompat_regions_server_run(bench->server, 10), 0);
	assert_int_equal(status, 0);
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(nothing_is_loaded_before_the_string_was_accepted),
		SERVED(a_load_of_a_client_that_dies_is_dropped),
		SERVED(a_message_of_a_wrong_size_ends_the_connection),
		SERVED(a_message_with_a_wrong_field_ends_the_connection),
		SERVED(more_writes_than_fit_end_the_connection),
		SERVED(the_first_message_is_a_hello_of_a_known_version),
		SERVED(a_silent_client_is_dropped),
		SERVED(a_second_client_is_told_that_the_device_is_busy),
		SERVED(a_client_that_reads_no_replies_is_dropped),
		SERVED(descriptors_of_a_client_are_not_kept),
		SERVED(another_user_is_not_served),
		cmocka_unit_test(root_and_the_own_user_alone_may_connect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
