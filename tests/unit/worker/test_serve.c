/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker's side, run in this process: its replies, the requests that it refuses, and
 * that it frees what is closed.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/worker_client/worker_requests.h"
#include "core/worker/serve.h"
#include "tests/support/device.h"

static const char *const two_ports[] = {"mdev_type", "mtty-2", NULL};
static const char *const host_facts[] = {"kernel/release", "6.12.0-amd64", NULL};

/* Both ends, with buffers instead of a socket. */
struct bench {
	struct server server;
	struct requests requests;
	struct settings settings;
	struct test_host host;
	const struct device *device;
};

static void load(struct server *server, const char *path)
{
	struct provider *provider;

	assert_int_equal(provider_local_new(path, &provider, NULL), 0);
	server_start(server, provider);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	load(&bench->server, TEST_BACKENDS "/mtty.so");
	bench->requests.info = &bench->server.provider->info;
	test_host_make(&bench->host, host_facts);
	bench->device = test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "x", two_ports);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	server_free(&bench->server);
	requests_free(&bench->requests);
	test_host_free(&bench->host);
	free(bench);
	return 0;
}

/* Turn the messages of one end into the input of the other. */
static struct wire_in hand_over(struct wire_out *out)
{
	struct wire_in in = {.bytes = malloc(out->len + 1), .end = out->len};

	assert_non_null(in.bytes);
	memcpy(in.bytes, out->bytes, out->len);
	out->len = 0;
	return in;
}

/*
 * Answer all waiting requests. Returns the value of the last answer; ret_status: the
 * status of the last reply.
 */
static int answer(struct bench *bench, int *ret_status)
{
	struct wire_in in = hand_over(&bench->requests.out);
	struct wire_message message;
	int r = 0;

	while (!r && wire_next(&in, WIRE_REQUEST_MAX, &message) == 1)
		r = server_answer(&bench->server, &message);
	wire_in_free(&in);
	if (!r && ret_status) {
		in = hand_over(&bench->server.out);
		while (wire_next(&in, WIRE_REPLY_MAX, &message) == 1)
			*ret_status = message.head.status;
		wire_in_free(&in);
	}
	return r;
}

static struct sent_host *request_open(struct bench *bench)
{
	struct sent_host *host = NULL;
	struct error err = {0};

	assert_int_equal(
		requests_open(&bench->requests, bench->device, &bench->settings, &host, &err), 0);
	return host;
}

/* Open a device. Its number is the lowest that is free. */
static struct sent_host *open_one(struct bench *bench)
{
	struct sent_host *host = request_open(bench);
	int status = 1;

	assert_int_equal(answer(bench, &status), 0);
	assert_int_equal(status, 0);
	requests_keep(host);
	return host;
}

static void the_backend_introduces_itself(void **state)
{
	struct bench *bench = *state;
	struct backend_info info = {0};
	struct arena arena = {0};
	struct wire_message message;
	struct wire_in in;

	assert_int_equal(server_introduce(&bench->server), 0);
	in = hand_over(&bench->server.out);
	assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 1);
	assert_int_equal(message.head.op, WIRE_INFO);
	assert_int_equal(message.head.id, 0);
	assert_int_equal(message_get_info(&message.body, &arena, &info), 0);
	assert_string_equal(info.name, "mtty");
	arena_free(&arena);
	wire_in_free(&in);
}

static void an_unusable_backend_says_why_and_answers_nothing(void **state)
{
	struct bench *bench = *state;
	struct wire_message message;
	struct server server;
	struct wire_in in;

	load(&server, "/nowhere/mtty.so");
	assert_int_equal(server_introduce(&server), 0);
	in = hand_over(&server.out);
	assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 1);
	assert_int_equal(message.head.status, -ELIBACC);
	assert_string_equal(wire_get_words(&message.body, ERROR_TEXT_MAX),
			    "/nowhere/mtty.so: No such file or directory");
	wire_in_free(&in);
	request_open(bench);
	in = hand_over(&bench->requests.out);
	assert_int_equal(wire_next(&in, WIRE_REQUEST_MAX, &message), 1);
	assert_int_equal(server_answer(&server, &message), -EBADMSG);
	wire_in_free(&in);
	server_free(&server);
}

static void a_host_is_freed_with_its_last_device(void **state)
{
	struct bench *bench = *state;
	struct sent_host *host = open_one(bench);

	assert_ptr_equal(open_one(bench), host);
	assert_non_null(bench->server.hosts);
	assert_int_equal(requests_close(&bench->requests, 0), 0);
	requests_release(&bench->requests, host, true);
	assert_int_equal(answer(bench, NULL), 0);
	assert_non_null(bench->server.hosts);
	assert_non_null(bench->requests.hosts);
	assert_int_equal(requests_close(&bench->requests, 1), 0);
	requests_release(&bench->requests, host, true);
	assert_int_equal(answer(bench, NULL), 0);
	assert_null(bench->server.hosts);
	assert_null(bench->requests.hosts);
}

static void a_host_is_freed_if_no_device_of_it_opens(void **state)
{
	struct bench *bench = *state;
	int status = 0;

	bench->device = test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "y", NULL);
	requests_release(&bench->requests, request_open(bench), false);
	assert_int_equal(answer(bench, &status), 0);
	assert_int_equal(status, -ENOENT);
	assert_null(bench->server.hosts);
	assert_null(bench->requests.hosts);
}

static void a_device_of_an_unknown_host_is_refused(void **state)
{
	struct bench *bench = *state;
	int status = 0;

	wire_begin(&bench->requests.out, 1, WIRE_OPEN, 0, WIRE_REQUEST_MAX);
	message_put_device(&bench->requests.out, 5, bench->device, bench->requests.info);
	assert_int_equal(wire_end(&bench->requests.out), 0);
	assert_int_equal(answer(bench, &status), 0);
	assert_int_equal(status, -ENOMEM);
}

static void a_free_number_is_used_again(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 40; i++)
		open_one(bench);
	assert_int_equal(bench->server.room, 64);
	assert_int_equal(requests_close(&bench->requests, 7), 0);
	assert_int_equal(answer(bench, NULL), 0);
	assert_null(bench->server.devices[7]);
	open_one(bench);
	assert_non_null(bench->server.devices[7]);
	assert_null(bench->server.devices[40]);
}

static void open_devices_are_bounded(void **state)
{
	struct bench *bench = *state;
	int status = 0;

	for (unsigned i = 0; i < SERVE_DEVICES_MAX; i++)
		open_one(bench);
	request_open(bench);
	assert_int_equal(answer(bench, &status), 0);
	assert_int_equal(status, -EMFILE);
}

static void put_request(struct bench *bench, enum wire_op op, uint32_t device, uint32_t which,
			const char *payload)
{
	const struct device_request request = {.op = op,
					       .device = device,
					       .which = which,
					       .payload = payload,
					       .len = payload ? strlen(payload) : 0};
	struct error err = {0};

	assert_int_equal(requests_call(&bench->requests, &request, &err), 0);
}

static void a_request_for_a_device_that_is_not_open_is_refused(void **state)
{
	struct bench *bench = *state;

	put_request(bench, WIRE_COMPARE, 0, 0, "1");
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	put_request(bench, WIRE_LIST, UINT32_MAX, 0, "1");
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	assert_int_equal(requests_close(&bench->requests, 0), 0);
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	open_one(bench);
	assert_int_equal(requests_close(&bench->requests, 0), 0);
	assert_int_equal(answer(bench, NULL), 0);
	assert_int_equal(requests_close(&bench->requests, 0), 0);
	assert_int_equal(answer(bench, NULL), -EBADMSG);
}

static void a_request_out_of_range_is_refused(void **state)
{
	struct bench *bench = *state;

	open_one(bench);
	put_request(bench, WIRE_COMPARE, 0, 0, NULL);
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	put_request(bench, WIRE_COMPARE, 0, 1, "1");
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	put_request(bench, WIRE_LIST, 0, PROVIDER_LIST_COUNT, "1");
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	put_request(bench, WIRE_INFO, 0, 0, "1");
	assert_int_equal(answer(bench, NULL), -EBADMSG);
	wire_begin(&bench->requests.out, 1, WIRE_CLOSE, -EIO, WIRE_REQUEST_MAX);
	wire_put_u32(&bench->requests.out, 0);
	assert_int_equal(wire_end(&bench->requests.out), 0);
	assert_int_equal(answer(bench, NULL), -EBADMSG);
}

/* Make a call on the first device, and get its reply. */
static int call(struct bench *bench, enum wire_op op, uint32_t which, const char *payload,
		struct wire_in *ret_in, struct wire_message *ret)
{
	struct wire_in in;
	int r;

	put_request(bench, op, 0, which, payload);
	in = hand_over(&bench->requests.out);
	assert_int_equal(wire_next(&in, WIRE_REQUEST_MAX, ret), 1);
	r = server_answer(&bench->server, ret);
	wire_in_free(&in);
	*ret_in = hand_over(&bench->server.out);
	assert_int_equal(wire_next(ret_in, WIRE_REPLY_MAX, ret), r ? 0 : 1);
	return r;
}

static void a_comparison_is_answered_with_findings(void **state)
{
	struct bench *bench = *state;
	struct migcompat_result result = {0};
	struct wire_message reply;
	struct wire_in in;

	open_one(bench);
	assert_int_equal(call(bench, WIRE_COMPARE, 0, "9;nothing", &in, &reply), 0);
	assert_int_equal(reply.head.status, 0);
	assert_int_equal(reply.head.id, bench->requests.last);
	assert_int_equal(result_reset(&result), 0);
	assert_int_equal(message_get_result(&reply.body, &result), 0);
	assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
	result_free(&result);
	wire_in_free(&in);
}

static void a_list_is_answered_or_refused(void **state)
{
	struct bench *bench = *state;
	struct migcompat_sink sink = {0};
	struct wire_message reply;
	struct wire_in in;

	open_one(bench);
	assert_int_equal(call(bench, WIRE_LIST, PROVIDER_PARAMETERS, NULL, &in, &reply), 0);
	assert_int_equal(reply.head.status, 0);
	assert_int_equal(message_get_list(&reply.body, &sink), 0);
	assert_int_equal(sink.nparameters, 1);
	sink_free(&sink);
	wire_in_free(&in);
	assert_int_equal(call(bench, WIRE_LIST, PROVIDER_PREPARE, NULL, &in, &reply), 0);
	assert_int_equal(reply.head.status, -EOPNOTSUPP);
	wire_in_free(&in);
	assert_int_equal(call(bench, WIRE_LIST, PROVIDER_PARAMETERS, "9;nothing", &in, &reply), 0);
	assert_int_equal(reply.head.status, -EINVAL);
	assert_string_equal(wire_get_words(&reply.body, ERROR_TEXT_MAX),
			    "backend mtty: parameters of x: it failed: Invalid argument");
	wire_in_free(&in);
}

static void settings_apply_to_requests_after_them(void **state)
{
	static const char *const values[] = {"7"};
	struct bench *bench = *state;
	int status = 0;

	bench->settings.values = values;
	requests_release(&bench->requests, request_open(bench), false);
	assert_int_equal(answer(bench, &status), 0);
	assert_true(status < 0); /* a format that it does not write */
	assert_string_equal(bench->server.provider->settings.values[0], "7");
}

static void *serve_in_thread(void *arg)
{
	struct server server;
	int r;

	load(&server, TEST_BACKENDS "/mtty.so");
	r = serve(*(int *)arg, &server);
	server_free(&server);
	return (void *)(intptr_t)r;
}

/* The result of serve after it got these bytes and then the end. */
static int served(const void *bytes, size_t len)
{
	int sockets[2];
	pthread_t thread;
	void *r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve_in_thread, &sockets[1]), 0);
	assert_int_equal(write(sockets[0], bytes, len), (ssize_t)len);
	assert_int_equal(shutdown(sockets[0], SHUT_WR), 0);
	assert_int_equal(pthread_join(thread, &r), 0);
	close(sockets[0]);
	close(sockets[1]);
	return (int)(intptr_t)r;
}

static void serving_ends_when_the_other_end_closes(void **state)
{
	(void)state;
	assert_int_equal(served("", 0), 0);
	assert_int_equal(served("half", 4), 0);
}

static void serving_ends_at_an_invalid_message(void **state)
{
	(void)state;
	assert_int_equal(served("these are no sixteen bytes", 26), -EBADMSG);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_backend_introduces_itself),
		test(an_unusable_backend_says_why_and_answers_nothing),
		test(a_host_is_freed_with_its_last_device),
		test(a_host_is_freed_if_no_device_of_it_opens),
		test(a_device_of_an_unknown_host_is_refused),
		test(a_free_number_is_used_again),
		test(open_devices_are_bounded),
		test(a_request_for_a_device_that_is_not_open_is_refused),
		test(a_request_out_of_range_is_refused),
		test(a_comparison_is_answered_with_findings),
		test(a_list_is_answered_or_refused),
		test(settings_apply_to_requests_after_them),
		test(serving_ends_when_the_other_end_closes),
		test(serving_ends_at_an_invalid_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
