// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the broker's descriptor with a faulty or hostile daemon. Each invalid write
 * gets EINVAL, the request continues to wait, and no user gets a yes.
 *
 * usage: shim-hostile [TEST]
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker-client.h"

#define VERSION "migration_version"
#define STRING "mtty:a:b:c"

static struct broker broker;
static uint64_t attachment;

static void setup(void)
{
	EXPECT_RESULT(0, broker_open_clean(&broker));
	EXPECT_RESULT(0, broker_attach(&broker, MIGCOMPAT_BROKER_OP_ATTACH, shim_mdev_a,
				       "mtty:serial", &attachment));
}

static void teardown(void)
{
	close(broker.fd);
}

/* A child that exits with the errno of its write; 0: it got a yes. */
static pid_t writer_start(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit((int)-attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	return child;
}

static pid_t reader_start(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(attr_reads_as(shim_file(shim_mdev_a, VERSION), STRING "\n") ? 0 : 1);
	return child;
}

static void expect_end(pid_t child, int wanted)
{
	int status;

	waitpid(child, &status, 0);
	shim_expect(WIFEXITED(status) && WEXITSTATUS(status) == wanted,
		    "a user got %s, expected %s", shim_name(-WEXITSTATUS(status)),
		    shim_name(-wanted));
}

static ssize_t raw(const void *bytes, size_t size)
{
	ssize_t count = write(broker.fd, bytes, size);

	return count < 0 ? -errno : count;
}

static struct migcompat_broker_write_reply reply_to(const union broker_message *request)
{
	return (struct migcompat_broker_write_reply){
		.header = {.size = sizeof(struct migcompat_broker_write_reply),
			   .op = request->header.op | MIGCOMPAT_BROKER_OP_REPLY,
			   .id = request->header.id,
			   .epoch = broker.epoch},
		.count = (uint32_t)strlen(STRING),
	};
}

static void only_a_whole_yes_is_yes(void)
{
	static const int errors[] = {-ENOENT,         EINVAL,  1,      -512,        -4095,
				     -2147483647 - 1, -EAGAIN, -EINTR, -EOPNOTSUPP, 2147483647};
	struct migcompat_broker_write_reply good, bad;
	union broker_message request;
	pid_t child;

	setup();
	child = writer_start();
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	EXPECT_RESULT(MIGCOMPAT_BROKER_OP_WRITE, (ssize_t)request.header.op);
	good = reply_to(&request);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		bad = good, bad.count = 0, bad.header.error = errors[i];
		EXPECT_RESULT(-EINVAL, raw(&bad, sizeof(bad)));
	}
#define REFUSED(change)                                         \
	do {                                                    \
		bad = good;                                     \
		change;                                         \
		EXPECT_RESULT(-EINVAL, raw(&bad, sizeof(bad))); \
	} while (0)
	REFUSED(bad.count = 0);
	REFUSED(bad.count -= 1);
	REFUSED(bad.count += 1);
	REFUSED(bad.count = 0xffffffff);
	REFUSED(bad.header.error = -EINVAL);
	REFUSED(bad.reserved = 1);
	REFUSED(bad.header.reserved = 1);
	REFUSED(bad.header.id += 1);
	REFUSED(bad.header.id = 0);
	REFUSED(bad.header.id -= 1);
	REFUSED(bad.header.epoch += 1);
	REFUSED(bad.header.epoch -= 1);
	REFUSED(bad.header.epoch = 0);
	REFUSED(bad.header.size -= 1);
	REFUSED(bad.header.size += 1);
	REFUSED(bad.header.size = 0);
	REFUSED(bad.header.size = 0xffffffff);
	REFUSED(bad.header.op &= ~MIGCOMPAT_BROKER_OP_REPLY);
	REFUSED(bad.header.op = MIGCOMPAT_BROKER_OP_READ | MIGCOMPAT_BROKER_OP_REPLY);
	REFUSED(bad.header.op = MIGCOMPAT_BROKER_OP_ASK | MIGCOMPAT_BROKER_OP_REPLY);
	REFUSED(bad.header.op = MIGCOMPAT_BROKER_OP_CANCEL | MIGCOMPAT_BROKER_OP_REPLY);
	REFUSED(bad.header.op = MIGCOMPAT_BROKER_OP_ATTACH | MIGCOMPAT_BROKER_OP_REPLY);
	for (size_t size = 0; size < sizeof(good); size++)
		shim_expect(raw(&good, size) == -EINVAL,
			    "a reply truncated to %zu bytes is accepted", size);
	EXPECT_RESULT(0, waitpid(child, NULL, WNOHANG));
	EXPECT_RESULT(sizeof(good), raw(&good, sizeof(good)));
	expect_end(child, 0);
	EXPECT_RESULT(-EINVAL, raw(&good, sizeof(good))); /* sent twice */
	teardown();
}

static void read_is_answered_by_a_clean_string(void)
{
	static char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	union broker_message request;
	pid_t child;

	setup();
	child = reader_start();
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	memset(text, 'a', sizeof(text));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "", 0));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, text, sizeof(text)));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "a\n", 2));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "a\0b", 3));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "a b", 3));
	EXPECT_RESULT(-EINVAL, broker_reply_yes(&broker, &request));
	EXPECT_RESULT(-EINVAL, broker_reply_error(&broker, &request, -ENOMEM));
	EXPECT_RESULT(0, broker_reply_text(&broker, &request, STRING, strlen(STRING)));
	expect_end(child, 0);
	teardown();
}

/* A reply whose second page cannot be read. */
static ssize_t reply_unreadable(const union broker_message *request)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct migcompat_broker_header *header = (void *)(pages + 4096 - sizeof(*header));
	ssize_t result;

	mprotect(pages + 4096, 4096, PROT_NONE);
	*header = reply_to(request).header;
	header->size = sizeof(*header) + 4;
	result = raw(header, header->size);
	munmap(pages, 8192);
	return result;
}

static void ask_is_answered_by_whole_lines(void)
{
	char *text = malloc(MIGCOMPAT_BROKER_LINES_MAX + 4096);
	union broker_message request;
	pid_t child;

	setup();
	child = fork();
	if (child == 0) {
		int fd = open("/dev/migcompat", O_RDWR);

		_exit(write(fd, STRING, strlen(STRING)) > 0 && read(fd, text, 100) == 4 ? 0 : 1);
	}
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	memset(text, '\n', MIGCOMPAT_BROKER_LINES_MAX + 4096);
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "yes", 3));
	EXPECT_RESULT(-EINVAL,
		      broker_reply_text(&broker, &request, text, MIGCOMPAT_BROKER_LINES_MAX + 1));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, text,
						 MIGCOMPAT_BROKER_LINES_MAX + 4096));
	EXPECT_RESULT(-EFAULT, reply_unreadable(&request));
	EXPECT_RESULT(0, broker_reply_text(&broker, &request, "yes\n", 4));
	EXPECT_RESULT(-EINVAL, broker_reply_text(&broker, &request, "yes\n", 4));
	expect_end(child, 0);
	free(text);
	teardown();
}

static void hello_is_checked(void)
{
	struct migcompat_broker_detach detach = {
		.header = {.op = MIGCOMPAT_BROKER_OP_DETACH, .id = 1000}};
	struct migcompat_broker_hello hello = {.header = {.op = MIGCOMPAT_BROKER_OP_HELLO, .id = 1},
					       .version_min = 1,
					       .version_max = 1};
	struct broker fresh = {.fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC)};
	union broker_message reply;

	/* Before HELLO every read and write fails. */
	EXPECT_RESULT(-EINVAL, broker_send(&fresh, &detach, sizeof(detach)));
	EXPECT_RESULT(-EINVAL, broker_receive(&fresh, &reply));
	hello.version_min = 2, hello.version_max = 1;
	EXPECT_RESULT(-EINVAL, broker_send(&fresh, &hello, sizeof(hello)));
	hello.version_min = 0, hello.version_max = 1;
	EXPECT_RESULT(-EINVAL, broker_send(&fresh, &hello, sizeof(hello)));
	hello.version_min = MIGCOMPAT_BROKER_VERSION_MAX + 1, hello.version_max = 9;
	EXPECT_RESULT(-EPROTONOSUPPORT, broker_send(&fresh, &hello, sizeof(hello)));
	hello.version_min = 1;
	EXPECT_RESULT(0, broker_send(&fresh, &hello, sizeof(hello)));
	EXPECT_RESULT(0, broker_receive(&fresh, &reply));
	EXPECT_RESULT(MIGCOMPAT_BROKER_VERSION_MAX, (ssize_t)reply.hello_reply.version);
	close(fresh.fd);
}

static void detach_is_checked(void)
{
	struct migcompat_broker_detach detach = {
		.header = {.op = MIGCOMPAT_BROKER_OP_DETACH, .id = 1000}};

	setup();
	detach.attachment = attachment + 1;
	EXPECT_RESULT(-EINVAL, broker_send(&broker, &detach, sizeof(detach)));
	detach.attachment = attachment;
	/* The id is used. */
	EXPECT_RESULT(-EINVAL, broker_send(&broker, &detach, sizeof(detach)));
	detach.header.id = 1;
	EXPECT_RESULT(-EINVAL, broker_send(&broker, &detach, sizeof(detach)));
	broker.command = 1000;
	EXPECT_RESULT(0, broker_detach(&broker, attachment));
	EXPECT_RESULT(-EINVAL, broker_detach(&broker, attachment));
	teardown();
}

/* Lengths that exceed the message, and lengths whose sum overflows. */
static void lengths_of_publish_are_checked(void)
{
	struct {
		struct migcompat_broker_publish publish;
		struct migcompat_broker_parameter parameter;
		char text[8];
	} message;

	setup();
	memset(&message, 0, sizeof(message));
	for (int i = 0; i < 6; i++) {
		message.publish.header.op = MIGCOMPAT_BROKER_OP_PUBLISH;
		message.publish.header.id = ++broker.command;
		message.publish.attachment = attachment;
		message.publish.parameters = i == 0   ? 2
					     : i == 1 ? 0xffffffff
					     : i == 2 ? 0x08000001
						      : 1;
		message.publish.type_length = i == 3 ? 0xfffffff0 : 4;
		message.parameter.name_length = i == 4 ? 0xfffffffc : 4;
		message.parameter.value_length[0] =
			i == 5 ? 0xfffffffe : MIGCOMPAT_BROKER_VALUE_ABSENT;
		memcpy(message.text, "typename", 8);
		EXPECT_RESULT(-EINVAL, broker_send(&broker, &message, sizeof(message)));
	}
	teardown();
}

static void oversized_messages_are_refused(void)
{
	static char text[MIGCOMPAT_BROKER_WRITE_MAX + 8192];
	struct migcompat_broker_header *header = (void *)text;
	union broker_message request;
	pid_t child;

	setup();
	child = writer_start();
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	*header = reply_to(&request).header;
	for (size_t size = MIGCOMPAT_BROKER_WRITE_MAX - 1; size < sizeof(text); size += 4096) {
		header->size = (uint32_t)size;
		EXPECT_RESULT(-EINVAL, raw(text, size));
		header->size = sizeof(struct migcompat_broker_write_reply);
		EXPECT_RESULT(-EINVAL, raw(text, size));
	}
	EXPECT_RESULT(0, waitpid(child, NULL, WNOHANG));
	EXPECT_RESULT(0, broker_reply_yes(&broker, &request));
	expect_end(child, 0);
	teardown();
}

static void read_blocks_without_o_nonblock(void)
{
	struct pollfd polled = {.events = POLLIN};
	union broker_message request;
	pid_t child;

	setup();
	polled.fd = broker.fd;
	EXPECT_RESULT(0, poll(&polled, 1, 0));
	fcntl(broker.fd, F_SETFL, O_NONBLOCK);
	EXPECT_RESULT(-EAGAIN, broker_receive(&broker, &request));
	child = writer_start();
	EXPECT_RESULT(1, poll(&polled, 1, -1));
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	EXPECT_RESULT(-EAGAIN, broker_receive(&broker, &request));
	EXPECT_RESULT(0, broker_reply_yes(&broker, &request));
	expect_end(child, 0);
	fcntl(broker.fd, F_SETFL, 0);
	child = writer_start();
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	EXPECT_RESULT(0, broker_reply_yes(&broker, &request));
	expect_end(child, 0);
	teardown();
}

static void answers_that_nobody_reads_are_bounded(void)
{
	struct migcompat_broker_list list = {.header = {.op = MIGCOMPAT_BROKER_OP_LIST}};
	union broker_message reply;
	int error = 0, sent = 0;

	setup();
	while (sent < 1000 && !error) {
		list.header.id = ++broker.command;
		error = broker_send(&broker, &list, sizeof(list));
		sent += !error;
	}
	EXPECT_RESULT(-EBUSY, error);
	EXPECT_RESULT(MIGCOMPAT_BROKER_ANSWERS_MAX, sent);
	while (sent--)
		EXPECT_RESULT(0, broker_receive(&broker, &reply));
	EXPECT_RESULT(0, broker_list(&broker, 0, &reply));
	teardown();
}

static void failed_reads_lose_nothing(void)
{
	char *volatile nowhere = NULL;
	union broker_message request;
	pid_t child;

	setup();
	child = writer_start();
	sleep_ms(100);
	EXPECT_RESULT(-1, read(broker.fd, request.bytes, MIGCOMPAT_BROKER_READ_SIZE - 1));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT(-1, read(broker.fd, nowhere, MIGCOMPAT_BROKER_READ_SIZE));
	EXPECT_RESULT(EFAULT, errno);
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	EXPECT_RESULT(0, broker_reply_yes(&broker, &request));
	expect_end(child, 0);
	teardown();
}

/*
 * Pass the descriptor through a socket, as systemd's store does, and exit after reading a
 * request.
 */
static void broker_hand_over(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	union broker_message request;

	setup();
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &broker.fd, sizeof(int));
	sendmsg(socket, &message, 0);
	broker_receive(&broker, &request);
	request.header.epoch = broker.epoch;
	send(socket, &request, sizeof(request), 0);
	pause();
}

static int broker_take_over(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int fd = -1;

	EXPECT_RESULT(1, recvmsg(socket, &message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

static void request_survives_its_daemon(void)
{
	union broker_message request;
	int sockets[2], fd;
	uint64_t old_epoch;
	pid_t first, user;

	EXPECT_RESULT(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	first = fork();
	if (first == 0)
		broker_hand_over(sockets[0]);
	fd = broker_take_over(sockets[1]);
	user = writer_start();
	EXPECT_RESULT(sizeof(request), recv(sockets[1], &request, sizeof(request), MSG_WAITALL));
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	old_epoch = request.header.epoch;

	/* A reply of a process without a HELLO is refused, even with the right epoch. */
	broker = (struct broker){.fd = fd, .epoch = old_epoch};
	EXPECT_RESULT(-EINVAL, broker_reply_yes(&broker, &request));
	EXPECT_RESULT(0, broker_hello(&broker, fd));
	EXPECT_RESULT(1, (ssize_t)broker.hello.requeued);
	EXPECT_RESULT(1, (ssize_t)broker.hello.attachments);
	shim_expect(broker.epoch > old_epoch, "an epoch's number was used again");
	/* The request is queued again, and was not read in this epoch. */
	EXPECT_RESULT(-EINVAL, broker_reply_yes(&broker, &request));
	EXPECT_RESULT(0, broker_receive(&broker, &request));
	broker.epoch = old_epoch;
	EXPECT_RESULT(-EINVAL, broker_reply_yes(&broker, &request));
	broker.epoch = request.header.epoch;
	EXPECT_RESULT(0, broker_reply_yes(&broker, &request));
	expect_end(user, 0);
	close(sockets[0]);
	close(sockets[1]);
	teardown();
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(only_a_whole_yes_is_yes),
	TEST(read_is_answered_by_a_clean_string),
	TEST(ask_is_answered_by_whole_lines),
	TEST(hello_is_checked),
	TEST(detach_is_checked),
	TEST(lengths_of_publish_are_checked),
	TEST(oversized_messages_are_refused),
	TEST(read_blocks_without_o_nonblock),
	TEST(answers_that_nobody_reads_are_bounded),
	TEST(failed_reads_lose_nothing),
	TEST(request_survives_its_daemon),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
