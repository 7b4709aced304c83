// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of version 2 of the protocol: several messages in one read, several replies in
 * one write. The rules for one message hold for each. No message is lost or taken twice
 * if the next one fails.
 *
 * usage: shim-several [TEST]
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker-client.h"

#define VERSION "migration_version"
#define STRING "mtty:a:b:c"
#define USERS 3
#define BUFFER 65536

static struct broker broker;
static uint64_t attachment;
static char buffer[BUFFER];
static pid_t users[USERS];
static struct migcompat_broker_write_reply replies[USERS];

static void begin(uint32_t version)
{
	EXPECT_RESULT(0, broker_open_clean(&broker));
	EXPECT_RESULT(0, broker_hello_version(&broker, broker.fd, version));
	EXPECT_RESULT(0, broker_attach(&broker, MIGCOMPAT_BROKER_OP_ATTACH, shim_mdev_a,
				       "mtty:serial", &attachment));
}

/* It sleeps in its write, so its request is queued. */
static bool is_waiting(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	/* "running", or the number of the system call in which it sleeps. */
	return attr_text(path, text, sizeof(text)) > 0 && atoi(text) == SYS_write;
}

/* Each exits with the errno of its write; 0: it got a yes. */
static void users_start(void)
{
	for (int i = 0; i < USERS; i++) {
		users[i] = fork();
		if (users[i] == 0)
			_exit((int)-attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	}
	for (int i = 0; i < USERS; i++)
		while (!is_waiting(users[i]))
			sleep_ms(5);
	sleep_ms(50);
}

static ssize_t read_all(size_t size)
{
	ssize_t count = read(broker.fd, buffer, size);

	return count < 0 ? -errno : count;
}

static ssize_t write_all(const void *bytes, size_t size)
{
	ssize_t count = write(broker.fd, bytes, size);

	return count < 0 ? -errno : count;
}

#define REQUEST ((ssize_t)(sizeof(struct migcompat_broker_request) + strlen(STRING)))

/* A yes to the request at offset AT. */
static struct migcompat_broker_write_reply yes_to(ssize_t at)
{
	struct migcompat_broker_header header;

	memcpy(&header, buffer + at, sizeof(header));
	EXPECT_RESULT(REQUEST, (ssize_t)header.size);
	EXPECT_RESULT(MIGCOMPAT_BROKER_OP_WRITE, (ssize_t)header.op);
	shim_expect(header.epoch == broker.epoch, "a request of another epoch");
	shim_expect(memcmp(buffer + at + REQUEST - (ssize_t)strlen(STRING), STRING,
			   strlen(STRING)) == 0,
		    "another string");
	return (struct migcompat_broker_write_reply){
		.header = {.size = sizeof(struct migcompat_broker_write_reply),
			   .op = header.op | MIGCOMPAT_BROKER_OP_REPLY,
			   .id = header.id,
			   .epoch = broker.epoch},
		.count = (uint32_t)strlen(STRING),
	};
}

/*
 * Read the requests of three users at once, and prepare a yes to each. Which request
 * belongs to which user is not known.
 */
static void begin_with_users(void)
{
	begin(2);
	users_start();
	EXPECT_RESULT(USERS * REQUEST, read_all(BUFFER));
	for (int i = 0; i < USERS; i++)
		replies[i] = yes_to(i * REQUEST);
	shim_expect(replies[0].header.id < replies[1].header.id &&
			    replies[1].header.id < replies[2].header.id,
		    "out of order");
}

/* All users have exited: YES of them with a yes, the others with EPERM. */
static void users_end(int yes)
{
	int status, yeses = 0;

	for (int i = 0; i < USERS; i++) {
		waitpid(users[i], &status, 0);
		yeses += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		shim_expect(WIFEXITED(status) &&
				    (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EPERM),
			    "user %d got %s", i, shim_name(-WEXITSTATUS(status)));
	}
	EXPECT_RESULT(yes, yeses);
	close(broker.fd);
}

static void refuse(struct migcompat_broker_write_reply *reply)
{
	reply->count = 0;
	reply->header.error = -EPERM;
}

static void several_requests_and_replies_pass_at_once(void)
{
	begin_with_users();
	refuse(&replies[1]);
	EXPECT_RESULT(sizeof(replies), write_all(replies, sizeof(replies)));
	users_end(2);
}

static void version_1_has_one_message_at_a_time(void)
{
	begin(1);
	users_start();
	for (int i = 0; i < USERS; i++) {
		EXPECT_RESULT(REQUEST, read_all(BUFFER));
		replies[i] = yes_to(0);
	}
	EXPECT_RESULT(-EINVAL, write_all(replies, sizeof(replies)));
	for (int i = 0; i < USERS; i++)
		EXPECT_RESULT(sizeof(replies[i]), write_all(&replies[i], sizeof(replies[i])));
	users_end(3);
}

static void further_messages_need_room_for_any(void)
{
	begin(2);
	users_start();
	EXPECT_RESULT(REQUEST, read_all(MIGCOMPAT_BROKER_READ_SIZE));
	replies[0] = yes_to(0);
	EXPECT_RESULT(-EINVAL, read_all(MIGCOMPAT_BROKER_READ_SIZE - 1));
	EXPECT_RESULT(2 * REQUEST, read_all((size_t)REQUEST + MIGCOMPAT_BROKER_READ_SIZE));
	replies[1] = yes_to(0);
	replies[2] = yes_to(REQUEST);
	EXPECT_RESULT(sizeof(replies), write_all(replies, sizeof(replies)));
	users_end(3);
}

static void write_stops_at_the_first_reply_that_is_refused(void)
{
	struct migcompat_broker_write_reply late;

	begin_with_users();
	late = replies[1];
	late.header.id = replies[2].header.id + 1000;
	const struct migcompat_broker_write_reply three[] = {replies[0], late, replies[1]};

	EXPECT_RESULT(sizeof(late), write_all(three, sizeof(three)));
	EXPECT_RESULT(-EINVAL, write_all(&three[1], 2 * sizeof(late)));
	EXPECT_RESULT(sizeof(late), write_all(&three[2], sizeof(late)));
	/* The same reply again, before a valid one. */
	const struct migcompat_broker_write_reply again[] = {replies[2], replies[2]};

	EXPECT_RESULT(sizeof(late), write_all(again, sizeof(again)));
	users_end(3);
}

static void each_reply_is_a_whole_yes_or_none(void)
{
	begin_with_users();
	replies[1].count--;
	EXPECT_RESULT(sizeof(replies[0]), write_all(replies, sizeof(replies)));
	EXPECT_RESULT(-EINVAL, write_all(&replies[1], 2 * sizeof(replies[1])));
	refuse(&replies[1]);
	refuse(&replies[2]);
	EXPECT_RESULT(2 * sizeof(replies[1]), write_all(&replies[1], 2 * sizeof(replies[1])));
	users_end(1);
}

static void truncated_reply_is_refused(void)
{
	begin_with_users();
	for (size_t cut = 1; cut < sizeof(replies[0]); cut++)
		EXPECT_RESULT(-EINVAL, write_all(replies, cut));
	EXPECT_RESULT(sizeof(replies[0]), write_all(replies, 2 * sizeof(replies[0]) - 1));
	EXPECT_RESULT(-EINVAL, write_all(&replies[1], sizeof(replies[1]) - 1));
	replies[1].header.size++; /* its size reaches into the next reply */
	EXPECT_RESULT(-EINVAL, write_all(&replies[1], 2 * sizeof(replies[1])));
	replies[1].header.size = 0;
	EXPECT_RESULT(-EINVAL, write_all(&replies[1], 2 * sizeof(replies[1])));
	replies[1].header.size = sizeof(replies[1]);
	EXPECT_RESULT(2 * sizeof(replies[1]), write_all(&replies[1], 2 * sizeof(replies[1])));
	users_end(3);
}

static void command_is_alone_in_its_write(void)
{
	struct {
		struct migcompat_broker_write_reply reply;
		struct migcompat_broker_detach detach;
		struct migcompat_broker_write_reply last;
	} mixed;
	union broker_message listed;

	begin_with_users();
	mixed.detach = (struct migcompat_broker_detach){
		.header = {.size = sizeof(mixed.detach),
			   .op = MIGCOMPAT_BROKER_OP_DETACH,
			   .id = broker.command + 1,
			   .epoch = broker.epoch},
		.attachment = attachment,
	};
	mixed.reply = replies[0];
	mixed.last = replies[1];
	EXPECT_RESULT(sizeof(mixed.reply), write_all(&mixed, sizeof(mixed)));
	EXPECT_RESULT(-EINVAL, write_all((char *)&mixed + sizeof(mixed.reply),
					 sizeof(mixed.detach) + sizeof(mixed.last)));
	EXPECT_RESULT(0, broker_list(&broker, 0, &listed));
	shim_expect(listed.list_reply.attachment == attachment,
		    "a command in company was carried out");
	EXPECT_RESULT(2 * sizeof(replies[1]), write_all(&replies[1], 2 * sizeof(replies[1])));
	users_end(3);
}

/* The buffer ends after the first message, so the second one is queued again. */
static void message_that_cannot_be_copied_is_not_lost(void)
{
	char *pages = mmap(NULL, BUFFER, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t count;

	begin(2);
	users_start();
	EXPECT_RESULT(0, mprotect(pages, 4096, PROT_READ | PROT_WRITE));
	count = read(broker.fd, pages + 4096 - REQUEST, BUFFER - 4096);
	EXPECT_RESULT(REQUEST, count);
	memcpy(buffer, pages + 4096 - REQUEST, (size_t)REQUEST);
	replies[0] = yes_to(0);
	EXPECT_RESULT(2 * REQUEST, read_all(BUFFER));
	replies[1] = yes_to(0);
	replies[2] = yes_to(REQUEST);
	shim_expect(replies[0].header.id < replies[1].header.id, "out of order");
	/* A reply that cannot be copied ends the write. */
	memcpy(pages + 4096 - sizeof(replies[0]), &replies[0], sizeof(replies[0]));
	EXPECT_RESULT(sizeof(replies[0]),
		      write_all(pages + 4096 - sizeof(replies[0]), sizeof(replies)));
	EXPECT_RESULT(-EFAULT, write_all(pages + 4096, 2 * sizeof(replies[1])));
	EXPECT_RESULT(2 * sizeof(replies[1]), write_all(&replies[1], 2 * sizeof(replies[1])));
	users_end(3);
	munmap(pages, BUFFER);
}

static void answers_are_read_before_requests(void)
{
	struct migcompat_broker_list list = {
		.header = {.size = sizeof(list), .op = MIGCOMPAT_BROKER_OP_LIST}, .after = 0};
	struct migcompat_broker_header header;

	begin(2);
	users_start();
	list.header.id = ++broker.command;
	list.header.epoch = broker.epoch;
	EXPECT_RESULT(sizeof(list), write_all(&list, sizeof(list)));
	ssize_t count = read_all(BUFFER);

	memcpy(&header, buffer, sizeof(header));
	EXPECT_RESULT(MIGCOMPAT_BROKER_OP_LIST | MIGCOMPAT_BROKER_OP_REPLY, (ssize_t)header.op);
	EXPECT_RESULT((ssize_t)header.size + USERS * REQUEST, count);
	for (int i = 0; i < USERS; i++)
		replies[i] = yes_to((ssize_t)header.size + i * REQUEST);
	EXPECT_RESULT(sizeof(replies), write_all(replies, sizeof(replies)));
	users_end(3);
}

static void requests_that_were_read_together_are_queued_again_together(void)
{
	begin_with_users();
	EXPECT_RESULT(sizeof(replies[1]), write_all(&replies[1], sizeof(replies[1])));
	EXPECT_RESULT(0, broker_hello_version(&broker, broker.fd, 2));
	EXPECT_RESULT(2, (ssize_t)broker.hello.requeued);
	EXPECT_RESULT(2 * REQUEST, read_all(BUFFER));
	EXPECT_RESULT(-EINVAL,
		      write_all(&replies[0], sizeof(replies[0]))); /* of the epoch before */
	replies[0] = yes_to(0);
	replies[1] = yes_to(REQUEST);
	EXPECT_RESULT(2 * sizeof(replies[0]), write_all(replies, 2 * sizeof(replies[0])));
	users_end(3);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(several_requests_and_replies_pass_at_once),
	TEST(version_1_has_one_message_at_a_time),
	TEST(further_messages_need_room_for_any),
	TEST(write_stops_at_the_first_reply_that_is_refused),
	TEST(each_reply_is_a_whole_yes_or_none),
	TEST(truncated_reply_is_refused),
	TEST(command_is_alone_in_its_write),
	TEST(message_that_cannot_be_copied_is_not_lost),
	TEST(answers_are_read_before_requests),
	TEST(requests_that_were_read_together_are_queued_again_together),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
