/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's end of the broker's protocol, over a socket that keeps message boundaries
 * as the device does. The kernel lab tests the real module; here the test simulates one
 * that errs.
 */
#ifndef TESTS_SERVICE_BROKER_BENCH_H
#define TESTS_SERVICE_BROKER_BENCH_H

#include <errno.h>
#include <linux/migcompat.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/kernel/broker.h"
#include "tests/support/test.h"

#define EPOCH 5u

struct bench {
	struct broker broker;
	int kernel;
	_Alignas(8) char message[MIGCOMPAT_MSG_READ_SIZE]; /* the last one that was sent */
	ssize_t len;
};

static struct bench bench;

static inline void kernel_says(const void *message, size_t len)
{
	assert_int_equal(send(bench.kernel, message, len, 0), (ssize_t)len);
}

static inline void kernel_hears(void)
{
	bench.len = recv(bench.kernel, bench.message, sizeof(bench.message), MSG_DONTWAIT);
	assert_true(bench.len > 0);
}

static inline struct migcompat_msg_header head(size_t size, uint32_t op, uint64_t id)
{
	return (struct migcompat_msg_header){
		.size = (uint32_t)size, .op = op, .id = id, .epoch = EPOCH};
}

static inline struct migcompat_msg_hello_reply hello_reply(void)
{
	return (struct migcompat_msg_hello_reply){
		.header = head(sizeof(struct migcompat_msg_hello_reply),
			       MIGCOMPAT_OP_HELLO | MIGCOMPAT_OP_REPLY, 1),
		.version = 1,
		.version_min = 1,
		.version_max = 1,
		.attachments = 2,
		.requeued = 1,
		.timeout_ms = 5000};
}

/* Queue the answer before the command, which is read as soon as the command is sent. */
static inline int broker_begin(const struct migcompat_msg_hello_reply *reply, struct error *err)
{
	int sockets[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	bench = (struct bench){.kernel = sockets[1]};
	kernel_says(reply, reply->header.size);
	r = broker_open(sockets[0], &bench.broker, err);
	kernel_hears();
	return r;
}

static inline int setup(void **state)
{
	const struct migcompat_msg_hello_reply reply = hello_reply();

	(void)state;
	return broker_begin(&reply, NULL);
}

static inline int teardown(void **state)
{
	(void)state;
	broker_close(&bench.broker);
	close(bench.kernel);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
