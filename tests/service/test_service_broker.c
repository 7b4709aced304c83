/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's end of the broker's protocol over a socket that keeps messages apart, as the device does. What the module
 * really answers is the kernel lab's to show; here it is what a kernel that errs could say.
 */
#include <errno.h>
#include <linux/migcompat.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/broker.h"
#include "tests/support/test.h"

#define EPOCH 5u

struct bench {
	struct broker broker;
	int kernel;
	_Alignas(8) char message[MIGCOMPAT_MSG_READ_SIZE]; /* the last one that was sent */
	ssize_t len;
};

static struct bench bench;

static void kernel_says(const void *message, size_t len)
{
	assert_int_equal(send(bench.kernel, message, len, 0), (ssize_t)len);
}

static void kernel_hears(void)
{
	bench.len = recv(bench.kernel, bench.message, sizeof(bench.message), MSG_DONTWAIT);
	assert_true(bench.len > 0);
}

static struct migcompat_msg_header head(size_t size, uint32_t op, uint64_t id)
{
	return (struct migcompat_msg_header){.size = (uint32_t)size, .op = op, .id = id, .epoch = EPOCH};
}

static struct migcompat_msg_hello_reply hello_reply(void)
{
	return (struct migcompat_msg_hello_reply){.header = head(sizeof(struct migcompat_msg_hello_reply), MIGCOMPAT_OP_HELLO | MIGCOMPAT_OP_REPLY, 1),
						  .version = 1,
						  .version_min = 1,
						  .version_max = 1,
						  .attachments = 2,
						  .requeued = 1,
						  .timeout_ms = 5000};
}

/* The answer is there before the command is given: who gives it reads it at once. */
static int broker_begin(const struct migcompat_msg_hello_reply *reply, struct error *err)
{
	int sockets[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	bench = (struct bench){.kernel = sockets[1]};
	kernel_says(reply, reply->header.size);
	r = broker_open(sockets[0], &bench.broker, err);
	kernel_hears();
	return r;
}

static int setup(void **state)
{
	const struct migcompat_msg_hello_reply reply = hello_reply();

	(void)state;
	return broker_begin(&reply, NULL);
}

static int teardown(void **state)
{
	(void)state;
	broker_close(&bench.broker);
	close(bench.kernel);
	return 0;
}

static void hello_offers_the_versions(void **state)
{
	const struct migcompat_msg_hello *hello = (const void *)bench.message;

	(void)state;
	assert_int_equal(bench.len, sizeof(*hello));
	assert_int_equal(hello->header.size, sizeof(*hello));
	assert_int_equal(hello->header.op, MIGCOMPAT_OP_HELLO);
	assert_int_equal(hello->header.epoch, 0);
	assert_int_equal(hello->version_min, MIGCOMPAT_VERSION_MIN);
	assert_int_equal(hello->version_max, MIGCOMPAT_VERSION_MAX);
}

static void hello_tells_what_was_there(void **state)
{
	(void)state;
	assert_int_equal(bench.broker.epoch, EPOCH);
	assert_int_equal(bench.broker.attachments, 2);
	assert_int_equal(bench.broker.requeued, 1);
	assert_int_equal(bench.broker.timeout_ms, 5000);
}

static void version_that_was_not_offered_is_refused(void **state)
{
	struct migcompat_msg_hello_reply reply = hello_reply();
	struct error err = {0};

	(void)state;
	reply.version = 9;
	assert_int_equal(broker_begin(&reply, &err), -EPROTO);
	assert_contains(err.text, "does not answer as it should");
	close(bench.kernel);
}

static void descriptor_of_something_else_is_refused(void **state)
{
	struct broker broker;
	struct error err = {0};
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_true(broker_open(pipes[0], &broker, &err) < 0);
	assert_contains(err.text, BROKER_PATH);
	close(pipes[1]);
}

static void attach_sends_path_and_type(void **state)
{
	const struct migcompat_msg_attach_reply reply = {.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH | MIGCOMPAT_OP_REPLY, 2), .attachment = 77};
	const struct migcompat_msg_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/x", "a:b", 0, &attachment), 0);
	assert_int_equal(attachment, 77);
	kernel_hears();
	assert_int_equal(attach->header.op, MIGCOMPAT_OP_ATTACH);
	assert_int_equal(attach->header.epoch, EPOCH);
	assert_int_equal(bench.len, sizeof(*attach) + 13);
	assert_memory_equal(bench.message + sizeof(*attach), "/devices/xa:b", 13);
}

static void attach_without_a_type_sends_its_error(void **state)
{
	const struct migcompat_msg_attach_reply reply = {.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH_TYPE | MIGCOMPAT_OP_REPLY, 2),
							 .attachment = 78};
	const struct migcompat_msg_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, true, "p!t", NULL, -ENODEV, &attachment), 0);
	kernel_hears();
	assert_int_equal(attach->header.op, MIGCOMPAT_OP_ATTACH_TYPE);
	assert_int_equal(attach->type_error, -ENODEV);
	assert_int_equal(attach->type_length, 0);
}

/* The kernel takes no other code than those that a reply may bear. */
static void attach_sends_an_error_that_the_protocol_lacks_as_eio(void **state)
{
	const struct migcompat_msg_attach_reply reply = {.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH | MIGCOMPAT_OP_REPLY, 2), .attachment = 79};
	const struct migcompat_msg_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/x", NULL, -ENOMEM, &attachment), 0);
	kernel_hears();
	assert_int_equal(attach->type_error, -EIO);
}

static void answer_to_another_command_is_refused(void **state)
{
	const struct migcompat_msg_attach_reply reply = {.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH | MIGCOMPAT_OP_REPLY, 99)};
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/x", "a:b", 0, &attachment), -EPROTO);
}

static void list_tells_one(void **state)
{
	struct {
		struct migcompat_msg_list_reply reply;
		char text[16];
	} message = {.reply = {.attachment = 4, .kind = MIGCOMPAT_KIND_TYPE, .name_length = 11}, .text = "mtty!mtty-2"};
	struct broker_listed listed;

	(void)state;
	message.reply.header = head(sizeof(message.reply) + 11, MIGCOMPAT_OP_LIST | MIGCOMPAT_OP_REPLY, 2);
	kernel_says(&message, message.reply.header.size);
	assert_int_equal(broker_list(&bench.broker, 0, &listed), 0);
	assert_int_equal(listed.attachment, 4);
	assert_true(listed.is_type);
	assert_string_equal(listed.name, "mtty!mtty-2");
}

static void list_with_a_name_beyond_its_message_is_refused(void **state)
{
	struct migcompat_msg_list_reply reply = {
		.header = head(sizeof(reply), MIGCOMPAT_OP_LIST | MIGCOMPAT_OP_REPLY, 2), .attachment = 4, .name_length = 200};
	struct broker_listed listed;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_list(&bench.broker, 0, &listed), -EPROTO);
}

static void publish_sends_parameters_in_order(void **state)
{
	const struct broker_parameter parameter = {.name = "n", .values = {"int", "2", NULL, "1", "0", "1"}};
	const struct migcompat_msg_publish *publish = (const void *)bench.message;
	const struct migcompat_msg_parameter *sent = (const void *)(bench.message + sizeof(*publish));

	(void)state;
	assert_int_equal(broker_publish(&bench.broker, 4, "a:b", 0, &parameter, 1), 0);
	kernel_hears();
	assert_int_equal(publish->attachment, 4);
	assert_int_equal(publish->parameters, 1);
	assert_int_equal(sent->value_length[MIGCOMPAT_VALUE_TYPE], 3);
	assert_int_equal(sent->value_length[MIGCOMPAT_VALUE_ALLOWED], MIGCOMPAT_VALUE_ABSENT);
	assert_int_equal(bench.len, sizeof(*publish) + sizeof(*sent) + strlen("a:bnint2101"));
	assert_memory_equal(sent + 1, "a:bnint2101", strlen("a:bnint2101"));
}

static void too_many_parameters_are_refused(void **state)
{
	static struct broker_parameter parameters[BROKER_PARAMETERS_MAX + 1];

	(void)state;
	assert_int_equal(broker_publish(&bench.broker, 4, "a:b", 0, parameters, BROKER_PARAMETERS_MAX + 1), -E2BIG);
}

static void write_comes_with_its_string(void **state)
{
	struct {
		struct migcompat_msg_request request;
		char text[8];
	} message = {.request = {.attachment = 3}, .text = "string"};
	static struct broker_request request;

	(void)state;
	message.request.header = head(sizeof(message.request) + 6, MIGCOMPAT_OP_WRITE, 11);
	kernel_says(&message, message.request.header.size);
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	assert_int_equal(request.op, BROKER_WRITE);
	assert_int_equal(request.id, 11);
	assert_int_equal(request.attachment, 3);
	assert_string_equal(request.string, "string");
}

struct written {
	struct migcompat_msg_request request;
	char text[8];
};

static struct written written(uint64_t id)
{
	return (struct written){.request = {.header = head(sizeof(struct written), MIGCOMPAT_OP_WRITE, id), .attachment = 3}, .text = "1234567"};
}

static void several_requests_of_one_read_are_received_one_by_one(void **state)
{
	const struct written messages[] = {written(11), written(12), written(13)};
	static struct broker_request request;

	(void)state;
	kernel_says(messages, sizeof(messages));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(broker_receive(&bench.broker, &request), 1);
		assert_int_equal(request.id, i + 11);
		assert_string_equal(request.string, "1234567");
		assert_int_equal(broker_ahead(&bench.broker), i < 2);
	}
	assert_int_equal(broker_receive(&bench.broker, &request), 0);
}

static void request_that_ends_beyond_its_read_is_refused(void **state)
{
	const struct written messages[] = {written(11), written(12)};
	static struct broker_request request;

	(void)state;
	kernel_says(messages, sizeof(messages) - 1);
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

/* The answer comes before whatever else there is, and what was read before it is not lost. */
static void command_is_answered_while_requests_are_ahead(void **state)
{
	const struct migcompat_msg_attach_reply reply = {.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH | MIGCOMPAT_OP_REPLY, 2), .attachment = 9};
	const struct written messages[] = {written(11), written(12)};
	static struct broker_request request;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(messages, sizeof(messages));
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/a", "a:b", 0, &attachment), 0);
	assert_int_equal(attachment, 9);
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	assert_int_equal(request.id, 12);
}

static void replies_make(struct broker_replies *replies)
{
	replies->count = 0;
	broker_replies_yes(replies, 11, 94);
	broker_replies_no(replies, 12, -EPERM);
	broker_replies_no(replies, 13, 0);
}

static void replies_go_out_together(void **state)
{
	const struct migcompat_msg_write_reply *reply = (const void *)bench.message;
	static struct broker_replies replies;

	(void)state;
	bench.broker.version = 2;
	replies_make(&replies);
	broker_replies_send(&bench.broker, &replies);
	kernel_hears();
	assert_int_equal(bench.len, 3 * sizeof(*reply));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(reply[i].header.size, sizeof(*reply));
		assert_int_equal(reply[i].header.op, MIGCOMPAT_OP_WRITE | MIGCOMPAT_OP_REPLY);
		assert_int_equal(reply[i].header.epoch, EPOCH);
		assert_int_equal(reply[i].header.id, i + 11);
	}
	assert_int_equal(reply[0].header.error, 0);
	assert_int_equal(reply[0].count, 94);
	assert_int_equal(reply[1].header.error, -EPERM);
	assert_int_equal(reply[1].count, 0);
	assert_int_equal(reply[2].header.error, -EIO);
	assert_int_equal(reply[2].count, 0);
}

static void replies_to_an_older_kernel_go_one_by_one(void **state)
{
	const struct migcompat_msg_write_reply *reply = (const void *)bench.message;
	static struct broker_replies replies;

	(void)state;
	replies_make(&replies);
	broker_replies_send(&bench.broker, &replies);
	for (uint64_t id = 11; id <= 13; id++) {
		kernel_hears();
		assert_int_equal(bench.len, sizeof(*reply));
		assert_int_equal(reply->header.id, id);
	}
}

/* A socket without its other end refuses each of them. */
static void replies_that_nobody_takes_are_dropped(void **state)
{
	static struct broker_replies replies;

	(void)state;
	bench.broker.version = 2;
	signal(SIGPIPE, SIG_IGN);
	shutdown(bench.kernel, SHUT_RD);
	replies_make(&replies);
	broker_replies_send(&bench.broker, &replies);
	assert_int_equal(replies.count, 0);
}

static void no_request_is_no_error(void **state)
{
	static struct broker_request request;

	(void)state;
	assert_int_equal(broker_receive(&bench.broker, &request), 0);
}

static void request_of_another_size_is_refused(void **state)
{
	struct migcompat_msg_request message = {.header = head(sizeof(message) + 1, MIGCOMPAT_OP_READ, 1)};
	static struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void request_that_is_cut_is_refused(void **state)
{
	struct migcompat_msg_header message = head(sizeof(message), MIGCOMPAT_OP_READ, 1);
	static struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void unknown_request_is_refused(void **state)
{
	struct migcompat_msg_header message = head(sizeof(message), 55, 1);
	static struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void string_that_is_too_long_is_refused(void **state)
{
	static struct {
		struct migcompat_msg_request request;
		char text[BROKER_STRING_MAX + 1];
	} message;
	static struct broker_request request;

	(void)state;
	message.request.header = head(sizeof(message.request) + BROKER_STRING_MAX + 1, MIGCOMPAT_OP_WRITE, 1);
	kernel_says(&message, message.request.header.size);
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void yes_bears_the_length(void **state)
{
	const struct migcompat_msg_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_accept(&bench.broker, 11, 94), 0);
	kernel_hears();
	assert_int_equal(reply->header.op, MIGCOMPAT_OP_WRITE | MIGCOMPAT_OP_REPLY);
	assert_int_equal(reply->header.id, 11);
	assert_int_equal(reply->header.error, 0);
	assert_int_equal(reply->count, 94);
}

static void no_bears_no_length(void **state)
{
	const struct migcompat_msg_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_refuse(&bench.broker, BROKER_WRITE, 11, -EPERM), 0);
	kernel_hears();
	assert_int_equal(reply->header.error, -EPERM);
	assert_int_equal(reply->count, 0);
}

static void error_outside_the_table_is_told_as_eio(void **state)
{
	const struct migcompat_msg_text_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_refuse(&bench.broker, BROKER_READ, 11, -ESTALE), 0);
	kernel_hears();
	assert_int_equal(bench.len, sizeof(*reply));
	assert_int_equal(reply->header.error, -EIO);
}

static void zero_is_told_as_eio_too(void **state)
{
	const struct migcompat_msg_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_refuse(&bench.broker, BROKER_WRITE, 11, 0), 0);
	kernel_hears();
	assert_int_equal(reply->header.error, -EIO);
}

static void read_is_told_the_string(void **state)
{
	(void)state;
	assert_int_equal(broker_tell(&bench.broker, BROKER_READ, 11, "string", 6), 0);
	kernel_hears();
	assert_memory_equal(bench.message + sizeof(struct migcompat_msg_text_reply), "string", 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hello_offers_the_versions),
		TEST(hello_tells_what_was_there),
		cmocka_unit_test(version_that_was_not_offered_is_refused),
		cmocka_unit_test(descriptor_of_something_else_is_refused),
		TEST(attach_sends_path_and_type),
		TEST(attach_without_a_type_sends_its_error),
		TEST(attach_sends_an_error_that_the_protocol_lacks_as_eio),
		TEST(answer_to_another_command_is_refused),
		TEST(list_tells_one),
		TEST(list_with_a_name_beyond_its_message_is_refused),
		TEST(publish_sends_parameters_in_order),
		TEST(too_many_parameters_are_refused),
		TEST(write_comes_with_its_string),
		TEST(several_requests_of_one_read_are_received_one_by_one),
		TEST(request_that_ends_beyond_its_read_is_refused),
		TEST(command_is_answered_while_requests_are_ahead),
		TEST(replies_go_out_together),
		TEST(replies_to_an_older_kernel_go_one_by_one),
		TEST(replies_that_nobody_takes_are_dropped),
		TEST(no_request_is_no_error),
		TEST(request_of_another_size_is_refused),
		TEST(request_that_is_cut_is_refused),
		TEST(unknown_request_is_refused),
		TEST(string_that_is_too_long_is_refused),
		TEST(yes_bears_the_length),
		TEST(no_bears_no_length),
		TEST(error_outside_the_table_is_told_as_eio),
		TEST(zero_is_told_as_eio_too),
		TEST(read_is_told_the_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
