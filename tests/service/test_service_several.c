/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Version 2 of the broker's protocol: several requests in one read, several replies in
 * one write.
 */
#include <signal.h>

#include "tests/service/broker_bench.h"

struct written {
	struct migcompat_msg_request request;
	char text[8];
};

static struct written written(uint64_t id)
{
	return (struct written){
		.request = {.header = head(sizeof(struct written), MIGCOMPAT_OP_WRITE, id),
			    .attachment = 3},
		.text = "1234567"};
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

/* The answer overtakes requests, and requests that were read before it are not lost. */
static void command_is_answered_while_requests_are_ahead(void **state)
{
	const struct migcompat_msg_attach_reply reply = {
		.header = head(sizeof(reply), MIGCOMPAT_OP_ATTACH | MIGCOMPAT_OP_REPLY, 2),
		.attachment = 9};
	const struct written messages[] = {written(11), written(12)};
	static struct broker_request request;
	uint64_t attachment = 0;

	(void)state;
	kernel_says(messages, sizeof(messages));
	assert_int_equal(broker_receive(&bench.broker, &request), 1);
	kernel_says(&reply, sizeof(reply));
	assert_int_equal(broker_attach(&bench.broker, false, "/devices/a", "a:b", 0, &attachment),
			 0);
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

/* If the other end of the socket is closed, each write fails. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(several_requests_of_one_read_are_received_one_by_one),
		TEST(request_that_ends_beyond_its_read_is_refused),
		TEST(command_is_answered_while_requests_are_ahead),
		TEST(replies_go_out_together),
		TEST(replies_to_an_older_kernel_go_one_by_one),
		TEST(replies_that_nobody_takes_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
