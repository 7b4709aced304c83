/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands, requests and replies of the broker, one message at a time. */
#include "tests/service/broker_bench.h"

static void hello_offers_the_versions(void **state)
{
	const struct migcompat_broker_hello *hello = (const void *)bench.message;

	(void)state;
	assert_int_equal(bench.len, sizeof(*hello));
	assert_int_equal(hello->header.size, sizeof(*hello));
	assert_int_equal(hello->header.op, MIGCOMPAT_BROKER_OP_HELLO);
	assert_int_equal(hello->header.epoch, 0);
	assert_int_equal(hello->version_min, MIGCOMPAT_BROKER_VERSION_MIN);
	assert_int_equal(hello->version_max, MIGCOMPAT_BROKER_VERSION_MAX);
}

static void hello_returns_earlier_attachments_and_requests(void **state)
{
	(void)state;
	assert_int_equal(bench.broker.epoch, EPOCH);
	assert_int_equal(bench.broker.attachments, 2);
	assert_int_equal(bench.broker.requeued, 1);
	assert_int_equal(bench.broker.timeout_ms, 5000);
}

static void version_that_was_not_offered_is_refused(void **state)
{
	struct migcompat_broker_hello_reply reply = hello_reply();
	struct error err = {0};

	(void)state;
	reply.version = 9;
	assert_int_equal(broker_begin(&reply, &err), -EPROTO);
	assert_contains(err.text, "violates the protocol or refuses it");
	close(bench.kernel);
}

static void descriptor_of_another_file_is_refused(void **state)
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
	const struct migcompat_broker_attach_reply reply = {
		.header = head(sizeof(reply),
			       MIGCOMPAT_BROKER_OP_ATTACH | MIGCOMPAT_BROKER_OP_REPLY, 2),
		.attachment = 77};
	const struct migcompat_broker_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/x", "a:b", 0, &attachment),
			 0);
	assert_int_equal(attachment, 77);
	kernel_hears();
	assert_int_equal(attach->header.op, MIGCOMPAT_BROKER_OP_ATTACH);
	assert_int_equal(attach->header.epoch, EPOCH);
	assert_int_equal(bench.len, sizeof(*attach) + 13);
	assert_memory_equal(bench.message + sizeof(*attach), "/devices/xa:b", 13);
}

static void attach_without_a_type_sends_its_error(void **state)
{
	const struct migcompat_broker_attach_reply reply = {
		.header = head(sizeof(reply),
			       MIGCOMPAT_BROKER_OP_ATTACH_TYPE | MIGCOMPAT_BROKER_OP_REPLY, 2),
		.attachment = 78};
	const struct migcompat_broker_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, true, "p!t", NULL, -ENODEV, &attachment), 0);
	kernel_hears();
	assert_int_equal(attach->header.op, MIGCOMPAT_BROKER_OP_ATTACH_TYPE);
	assert_int_equal(attach->type_error, -ENODEV);
	assert_int_equal(attach->type_length, 0);
}

/* The kernel refuses an error that the protocol does not have. */
static void attach_sends_an_error_outside_the_table_as_eio(void **state)
{
	const struct migcompat_broker_attach_reply reply = {
		.header = head(sizeof(reply),
			       MIGCOMPAT_BROKER_OP_ATTACH | MIGCOMPAT_BROKER_OP_REPLY, 2),
		.attachment = 79};
	const struct migcompat_broker_attach *attach = (const void *)bench.message;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(
		broker_attach(&bench.broker, false, "/devices/x", NULL, -ENOMEM, &attachment), 0);
	kernel_hears();
	assert_int_equal(attach->type_error, -EIO);
}

static void answer_to_another_command_is_refused(void **state)
{
	const struct migcompat_broker_attach_reply reply = {
		.header = head(sizeof(reply),
			       MIGCOMPAT_BROKER_OP_ATTACH | MIGCOMPAT_BROKER_OP_REPLY, 99)};
	uint64_t attachment = 0;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/x", "a:b", 0, &attachment),
			 -EPROTO);
}

static void list_returns_one_attachment(void **state)
{
	struct {
		struct migcompat_broker_list_reply reply;
		char text[16];
	} message = {
		.reply = {.attachment = 4, .kind = MIGCOMPAT_BROKER_KIND_TYPE, .name_length = 11},
		.text = "mtty!mtty-2"};
	struct broker_attachment listed;

	(void)state;
	message.reply.header = head(sizeof(message.reply) + 11,
				    MIGCOMPAT_BROKER_OP_LIST | MIGCOMPAT_BROKER_OP_REPLY, 2);
	kernel_says(&message, message.reply.header.size);
	assert_int_equal(broker_list(&bench.broker, 0, &listed), 0);
	assert_int_equal(listed.attachment, 4);
	assert_true(listed.is_type);
	assert_string_equal(listed.name, "mtty!mtty-2");
}

static void list_with_a_name_beyond_its_message_is_refused(void **state)
{
	struct migcompat_broker_list_reply reply = {
		.header = head(sizeof(reply), MIGCOMPAT_BROKER_OP_LIST | MIGCOMPAT_BROKER_OP_REPLY,
			       2),
		.attachment = 4,
		.name_length = 200};
	struct broker_attachment listed;

	(void)state;
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_list(&bench.broker, 0, &listed), -EPROTO);
}

static void publish_sends_parameters_in_order(void **state)
{
	const struct broker_parameter parameter = {.name = "n",
						   .values = {"int", "2", NULL, "1", "0", "1"}};
	const struct migcompat_broker_publish *publish = (const void *)bench.message;
	const struct migcompat_broker_parameter *sent =
		(const void *)(bench.message + sizeof(*publish));

	(void)state;
	assert_int_equal(broker_publish(&bench.broker, 4, "a:b", 0, &parameter, 1), 0);
	kernel_hears();
	assert_int_equal(publish->attachment, 4);
	assert_int_equal(publish->parameters, 1);
	assert_int_equal(sent->value_length[MIGCOMPAT_BROKER_VALUE_TYPE], 3);
	assert_int_equal(sent->value_length[MIGCOMPAT_BROKER_VALUE_ALLOWED],
			 MIGCOMPAT_BROKER_VALUE_ABSENT);
	assert_int_equal(bench.len, sizeof(*publish) + sizeof(*sent) + strlen("a:bnint2101"));
	assert_memory_equal(sent + 1, "a:bnint2101", strlen("a:bnint2101"));
}

static void too_many_parameters_are_refused(void **state)
{
	static struct broker_parameter parameters[MIGCOMPAT_BROKER_PARAMETERS_MAX + 1];

	(void)state;
	assert_int_equal(broker_publish(&bench.broker, 4, "a:b", 0, parameters,
					MIGCOMPAT_BROKER_PARAMETERS_MAX + 1),
			 -E2BIG);
}

static void write_comes_with_its_string(void **state)
{
	struct {
		struct migcompat_broker_request request;
		char text[8];
	} message = {.request = {.attachment = 3}, .text = "string"};
	struct broker_request request;

	(void)state;
	message.request.header = head(sizeof(message.request) + 6, MIGCOMPAT_BROKER_OP_WRITE, 11);
	kernel_says(&message, message.request.header.size);
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	assert_int_equal(request.op, MIGCOMPAT_BROKER_OP_WRITE);
	assert_int_equal(request.id, 11);
	assert_int_equal(request.attachment, 3);
	assert_int_equal(request.len, 6);
	assert_memory_equal(request.string, "string", 6);
}

/* The string is not copied: it is in the buffer of the read. */
static void string_of_a_request_is_a_view(void **state)
{
	struct {
		struct migcompat_broker_request request;
		char text[8];
	} message = {.request = {.attachment = 3}, .text = "string"};
	const struct broker *broker = &bench.broker;
	struct broker_request request;

	(void)state;
	message.request.header = head(sizeof(message.request) + 6, MIGCOMPAT_BROKER_OP_WRITE, 11);
	kernel_says(&message, message.request.header.size);
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	assert_ptr_equal(request.string, broker->buffer + sizeof(message.request));
}

static void no_request_is_no_error(void **state)
{
	struct broker_request request;

	(void)state;
	assert_int_equal(broker_receive(&bench.broker, &request), 0);
}

static void request_of_another_size_is_refused(void **state)
{
	struct migcompat_broker_request message = {
		.header = head(sizeof(message) + 1, MIGCOMPAT_BROKER_OP_READ, 1)};
	struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void truncated_request_is_refused(void **state)
{
	struct migcompat_broker_header message = head(sizeof(message), MIGCOMPAT_BROKER_OP_READ, 1);
	struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void unknown_request_is_refused(void **state)
{
	struct migcompat_broker_header message = head(sizeof(message), 55, 1);
	struct broker_request request;

	(void)state;
	kernel_says(&message, sizeof(message));
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void string_that_is_too_long_is_refused(void **state)
{
	static struct {
		struct migcompat_broker_request request;
		char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	} message;
	struct broker_request request;

	(void)state;
	message.request.header = head(sizeof(message.request) + MIGCOMPAT_BROKER_STRING_MAX + 1,
				      MIGCOMPAT_BROKER_OP_WRITE, 1);
	kernel_says(&message, message.request.header.size);
	assert_int_equal(broker_receive(&bench.broker, &request), -EPROTO);
}

static void yes_has_the_length_as_count(void **state)
{
	const struct migcompat_broker_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_reply_yes(&bench.broker, 11, 94), 0);
	kernel_hears();
	assert_int_equal(reply->header.op, MIGCOMPAT_BROKER_OP_WRITE | MIGCOMPAT_BROKER_OP_REPLY);
	assert_int_equal(reply->header.id, 11);
	assert_int_equal(reply->header.error, 0);
	assert_int_equal(reply->count, 94);
}

static void error_has_count_0(void **state)
{
	const struct migcompat_broker_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_reply_error(&bench.broker, MIGCOMPAT_BROKER_OP_WRITE, 11, -EPERM),
			 0);
	kernel_hears();
	assert_int_equal(reply->header.error, -EPERM);
	assert_int_equal(reply->count, 0);
}

static void error_outside_the_table_is_sent_as_eio(void **state)
{
	const struct migcompat_broker_text_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_reply_error(&bench.broker, MIGCOMPAT_BROKER_OP_READ, 11, -ESTALE),
			 0);
	kernel_hears();
	assert_int_equal(bench.len, sizeof(*reply));
	assert_int_equal(reply->header.error, -EIO);
}

static void refusal_with_error_0_is_sent_as_eio(void **state)
{
	const struct migcompat_broker_write_reply *reply = (const void *)bench.message;

	(void)state;
	assert_int_equal(broker_reply_error(&bench.broker, MIGCOMPAT_BROKER_OP_WRITE, 11, 0), 0);
	kernel_hears();
	assert_int_equal(reply->header.error, -EIO);
}

static void read_gets_the_string(void **state)
{
	(void)state;
	assert_int_equal(
		broker_reply_text(&bench.broker, MIGCOMPAT_BROKER_OP_READ, 11, "string", 6), 0);
	kernel_hears();
	assert_memory_equal(bench.message + sizeof(struct migcompat_broker_text_reply), "string",
			    6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hello_offers_the_versions),
		TEST(hello_returns_earlier_attachments_and_requests),
		cmocka_unit_test(version_that_was_not_offered_is_refused),
		cmocka_unit_test(descriptor_of_another_file_is_refused),
		TEST(attach_sends_path_and_type),
		TEST(attach_without_a_type_sends_its_error),
		TEST(attach_sends_an_error_outside_the_table_as_eio),
		TEST(answer_to_another_command_is_refused),
		TEST(list_returns_one_attachment),
		TEST(list_with_a_name_beyond_its_message_is_refused),
		TEST(publish_sends_parameters_in_order),
		TEST(too_many_parameters_are_refused),
		TEST(write_comes_with_its_string),
		TEST(string_of_a_request_is_a_view),
		TEST(no_request_is_no_error),
		TEST(request_of_another_size_is_refused),
		TEST(truncated_request_is_refused),
		TEST(unknown_request_is_refused),
		TEST(string_that_is_too_long_is_refused),
		TEST(yes_has_the_length_as_count),
		TEST(error_has_count_0),
		TEST(error_outside_the_table_is_sent_as_eio),
		TEST(refusal_with_error_0_is_sent_as_eio),
		TEST(read_gets_the_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
