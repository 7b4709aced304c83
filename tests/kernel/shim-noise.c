// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Write random bytes, and messages that are nearly valid, to the broker's descriptor for
 * SHIM_FUZZ_SECONDS (60). Each gets EINVAL, or has its defined effect. A user who asks
 * all the time never gets a yes.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker-client.h"

#define VERSION "migration_version"
#define STRING "mtty:a:b:c"

static struct broker broker;

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16) % limit;
}

/* A valid message with some bytes changed, or random bytes only. */
static size_t message_make(char *bytes, size_t limit, const union broker_message *last)
{
	union {
		struct migcompat_broker_header header;
		char bytes[512];
	} message = {0};
	static const uint32_t ops[] = {1,  2,  3,  4,          5,          6,          16,
				       17, 18, 19, 0x80000010, 0x80000011, 0x80000012, 0x80000001};
	size_t size = sizeof(message.header) + random_below(96);

	if (random_below(4) == 0) {
		size = random_below((uint32_t)limit);
		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)random_below(256);
		return size;
	}
	message.header.op = ops[random_below(sizeof(ops) / sizeof(ops[0]))];
	message.header.size = (uint32_t)size;
	message.header.id = random_below(2) ? last->header.id : ++broker.command;
	message.header.epoch = broker.epoch;
	message.header.error = random_below(3) ? 0 : -(int)random_below(140);
	for (size_t i = sizeof(message.header); i < size; i++)
		message.bytes[i] = random_below(2) ? 0 : (char)random_below(256);
	for (uint32_t i = random_below(4); i > 0; i--)
		message.bytes[random_below((uint32_t)size)] ^= (char)(1 << random_below(8));
	memcpy(bytes, &message, size);
	return size;
}

/* One such message, or several in a row. */
static size_t messages_make(char *bytes, size_t limit, const union broker_message *last,
			    bool several)
{
	size_t size = 0;

	if (!several)
		return message_make(bytes, limit, last);
	for (uint32_t i = random_below(4) + 1; i > 0; i--)
		size += message_make(bytes + size, limit / 4, last);
	return size;
}

static struct migcompat_broker_header header_at(const char *bytes, size_t size)
{
	struct migcompat_broker_header header = {0};

	memcpy(&header, bytes, size < sizeof(header) ? size : sizeof(header));
	return header;
}

/* Is this result of a write one that the protocol defines? A new epoch is noted. */
static bool outcome_is_known(ssize_t result, const char *bytes, size_t size)
{
	struct migcompat_broker_header header = header_at(bytes, size);
	union broker_message reply;
	ssize_t taken = 0;

	if (result == -EINVAL)
		return true;
	if (header.op == MIGCOMPAT_BROKER_OP_HELLO && result == (ssize_t)size)
		return broker_receive(&broker, &reply) == 0 &&
		       (broker.epoch = reply.header.epoch, broker.command = reply.header.id, true);
	if (header.op == MIGCOMPAT_BROKER_OP_HELLO)
		return result == -EPROTONOSUPPORT;
	if (header.op == MIGCOMPAT_BROKER_OP_LIST && result == (ssize_t)size)
		return broker_receive(&broker, &reply) == 0;
	/*
	 * Refusals that happen to be valid; their number is that of the accepted writes.
	 */
	for (; taken < result; taken += header.size) {
		header = header_at(bytes + taken, size - (size_t)taken);
		if (!(header.op & MIGCOMPAT_BROKER_OP_REPLY) || header.error >= 0)
			return false;
	}
	return taken == result;
}

static void noise(uint32_t version)
{
	double end = seconds_now() + (double)shim_number("SHIM_FUZZ_SECONDS", 60) / 2;
	static char bytes[8192];
	union broker_message request = {0};
	unsigned long messages = 0, asked = 0;
	uint64_t attachment;
	pid_t user;

	EXPECT_RESULT(0, broker_open_clean(&broker));
	EXPECT_RESULT(0, broker_hello_version(&broker, broker.fd, version));
	EXPECT_RESULT(0, broker_attach(&broker, MIGCOMPAT_BROKER_OP_ATTACH, shim_mdev_a,
				       "mtty:serial", &attachment));
	random_state ^= (uint64_t)getpid() << 32;
	printf("  seed %llx\n", (unsigned long long)random_state);
	user = fork();
	while (user == 0)
		if (attr_put(shim_file(shim_mdev_a, VERSION), STRING) == 0)
			_exit(0);
	fcntl(broker.fd, F_SETFL, O_NONBLOCK);
	while (seconds_now() < end) {
		size_t size = messages_make(bytes, sizeof(bytes), &request, version > 1);
		ssize_t count = write(broker.fd, bytes, size), result = count < 0 ? -errno : count;

		messages++;
		shim_expect(outcome_is_known(result, bytes, size),
			    "message %lu of %zu bytes, op %x: %s", messages, size,
			    ((struct migcompat_broker_header *)bytes)->op, shim_name(result));
		if (broker_receive(&broker, &request) == 0 &&
		    request.header.op == MIGCOMPAT_BROKER_OP_WRITE)
			asked++;
		if (asked && random_below(8) == 0)
			broker_reply_error(&broker, &request, -EINVAL);
	}
	EXPECT_RESULT(0, waitpid(user, NULL, WNOHANG));
	kill(user, SIGKILL);
	waitpid(user, NULL, 0);
	shim_expect(asked > 0, "nobody asked anything");
	printf("  %lu messages, %lu requests\n", messages, asked);
	close(broker.fd);
}

static void noise_is_einval_and_never_yes(void)
{
	noise(1);
}

static void noise_in_several_messages_is_never_yes_either(void)
{
	noise(2);
}

static const struct shim_test tests[] = {
	{"noise_is_einval_and_never_yes", noise_is_einval_and_never_yes},
	{"noise_in_several_messages_is_never_yes_either",
	 noise_in_several_messages_is_never_yes_either},
};

int main(void)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), NULL) != 0;
}
