// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of /dev/migcompat: asking, waiting, reading, poll, one question at a time, and
 * many sessions at once that never get another's answer.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSION "/dev/migcompat"
#define STRING "mtty:mdev:serial:1:x"
#define SESSIONS 16
#define ANSWER_MAX 262144

static struct broker_process broker;

static void setup(void)
{
	broker_start_clean(&broker);
	shim_expect(broker_do_attach(&broker, shim_mdev_a, STRING) > 0, "cannot attach");
	shim_expect(broker_do_attach(&broker, shim_mdev_b, "mtty:other") > 0, "cannot attach");
}

static int session_open(int flags)
{
	int fd = open(SESSION, O_RDWR | O_CLOEXEC | flags);

	shim_expect(fd >= 0, "cannot open a session: %s", strerror(errno));
	return fd;
}

static ssize_t ask(int fd, const char *string)
{
	ssize_t count = write(fd, string, strlen(string));

	return count < 0 ? -errno : count;
}

static ssize_t answer(int fd, char *buffer, size_t size)
{
	size_t used = 0;
	ssize_t count;

	do {
		count = read(fd, buffer + used, size - used);
		if (count < 0)
			return -errno;
		used += (size_t)count;
	} while (count > 0);
	buffer[used] = '\0';
	return (ssize_t)used;
}

static short events(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};

	poll(&polled, 1, 0);
	return polled.revents;
}

static void question_is_answered_by_lines(void)
{
	char buffer[4096];
	int fd;

	setup();
	fd = session_open(0);
	EXPECT_RESULT(-1, read(fd, buffer, sizeof(buffer)));
	EXPECT_RESULT(EINVAL, errno);
	for (int round = 0; round < 3; round++) {
		EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
		shim_expect(answer(fd, buffer, sizeof(buffer) - 1) > 0, "no answer");
		shim_expect(strstr(buffer, "no ") && strstr(buffer, "yes ") &&
				    strstr(buffer, " identical "),
			    "another answer: %s", buffer);
		EXPECT_RESULT(0, read(fd, buffer, sizeof(buffer)));
	}
	/* An unread answer is dropped at the next question. */
	EXPECT_RESULT((ssize_t)strlen(STRING) + 1, ask(fd, STRING "\n"));
	EXPECT_RESULT(4, read(fd, buffer, 4));
	EXPECT_RESULT(10, ask(fd, "mtty:other"));
	shim_expect(answer(fd, buffer, sizeof(buffer) - 1) > 0 && strstr(buffer, "mtty:other"),
		    "the answer of another question");
	close(fd);
	broker_stop(&broker);
}

static void malformed_question_is_refused(void)
{
	static char text[5000];
	char *volatile nowhere = NULL;
	int fd;

	setup();
	fd = session_open(0);
	memset(text, 'a', sizeof(text));
	EXPECT_RESULT(-1, write(fd, text, 5000));
	EXPECT_RESULT(E2BIG, errno);
	EXPECT_RESULT(-1, write(fd, text, 4095));
	EXPECT_RESULT(E2BIG, errno);
	EXPECT_RESULT(4094, write(fd, text, 4094));
	answer(fd, text, sizeof(text) - 1);
	EXPECT_RESULT(-1, write(fd, "", 0));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT(-EINVAL, ask(fd, "mtty:\na"));
	EXPECT_RESULT(-1, write(fd, "mtty:\0a", 7));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT(-1, write(fd, nowhere, 7));
	EXPECT_RESULT(EFAULT, errno);
	close(fd);
	broker_stop(&broker);
}

static void errors_reach_the_caller(void)
{
	static const struct {
		const char *name;
		int error;
	} codes[] = {{"EINVAL", EINVAL}, {"EIO", EIO}, {"EBUSY", EBUSY}};
	char buffer[16];
	int fd;

	setup();
	fd = session_open(0);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask %s", codes[i].name));
		EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
		EXPECT_RESULT(-codes[i].error, answer(fd, buffer, sizeof(buffer) - 1));
	}
	close(fd);
	broker_stop(&broker);
}

static void one_question_at_a_time(void)
{
	struct pollfd polled = {.events = POLLIN};
	char buffer[4096];
	int fd;

	setup();
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask hang"));
	shim_set_timeout(1000);
	fd = polled.fd = session_open(O_NONBLOCK);
	EXPECT_RESULT(POLLOUT, events(fd));
	EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
	EXPECT_RESULT(-EBUSY, ask(fd, STRING));
	EXPECT_RESULT(0, events(fd));
	EXPECT_RESULT(-1, read(fd, buffer, sizeof(buffer)));
	EXPECT_RESULT(EAGAIN, errno);
	/* The question times out, and poll reports it. */
	EXPECT_RESULT(1, poll(&polled, 1, -1));
	EXPECT_RESULT(-ETIMEDOUT, answer(fd, buffer, sizeof(buffer) - 1));
	shim_set_timeout(SHIM_TIMEOUT_MS);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask normal"));
	EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
	EXPECT_RESULT(1, poll(&polled, 1, -1));
	EXPECT_RESULT(POLLIN | POLLOUT, events(fd));
	shim_expect(answer(fd, buffer, sizeof(buffer) - 1) > 0, "no answer");
	close(fd);
	broker_stop(&broker);
}

static void long_answer_comes_whole(void)
{
	char *buffer = malloc(ANSWER_MAX + 1);
	ssize_t count;
	int fd;

	setup();
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "lines 1000000"));
	fd = session_open(0);
	EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
	count = answer(fd, buffer, ANSWER_MAX);
	shim_expect(count > ANSWER_MAX - 200 && count <= ANSWER_MAX && buffer[count - 1] == '\n',
		    "%zd bytes came", count);
	close(fd);
	free(buffer);
	broker_stop(&broker);
}

static void question_ends_with_its_daemon(void)
{
	char buffer[16];
	int fd;

	setup();
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask hang"));
	fd = session_open(0);
	EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
	broker_kill(&broker);
	EXPECT_RESULT(-ENOTCONN, answer(fd, buffer, sizeof(buffer) - 1));
	EXPECT_RESULT(-ENOTCONN, ask(fd, STRING));
	close(fd);
}

static void closed_session_is_cancelled(void)
{
	int fd;

	setup();
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask hang"));
	fd = session_open(0);
	EXPECT_RESULT((ssize_t)strlen(STRING), ask(fd, STRING));
	shim_expect(broker_count_comes(&broker, 2, 1), "the broker was not asked");
	close(fd);
	shim_expect(broker_count_comes(&broker, 3, 1), "the daemon got no CANCEL");
	broker_stop(&broker);
}

static void waiting_reader_can_be_killed(void)
{
	char buffer[16];
	pid_t child;
	int status;

	setup();
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask hang"));
	shim_set_timeout(SHIM_FOREVER_MS);
	child = fork();
	if (child == 0) {
		int fd = session_open(0);

		ask(fd, STRING);
		_exit((int)answer(fd, buffer, sizeof(buffer) - 1));
	}
	shim_expect(broker_count_comes(&broker, 2, 1), "the broker was not asked");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	shim_expect(WIFSIGNALED(status), "the reader ended with %x", (unsigned int)status);
	shim_set_timeout(SHIM_TIMEOUT_MS);
	broker_stop(&broker);
}

/* Each session must find its own string in each line, and no other's. */
static void *session_run(void *argument)
{
	long number = (long)argument;
	char string[64], buffer[8192];
	int fd = session_open(0);

	for (int round = 0; round < 50; round++) {
		snprintf(string, sizeof(string), "mtty:s%ld:r%d:", number, round);
		EXPECT_RESULT((ssize_t)strlen(string), ask(fd, string));
		shim_expect(answer(fd, buffer, sizeof(buffer) - 1) > 0, "no answer to %s", string);
		for (char *rest = buffer, *line; (line = strsep(&rest, "\n")) && *line;)
			shim_expect(strstr(line, string) != NULL, "session %ld was answered: %s",
				    number, line);
	}
	close(fd);
	return NULL;
}

static void sessions_never_mix(void)
{
	pthread_t threads[SESSIONS];

	setup();
	for (long i = 0; i < SESSIONS; i++)
		pthread_create(&threads[i], NULL, session_run, (void *)i);
	for (int i = 0; i < SESSIONS; i++)
		pthread_join(threads[i], NULL);
	broker_stop(&broker);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(question_is_answered_by_lines),
	TEST(malformed_question_is_refused),
	TEST(errors_reach_the_caller),
	TEST(one_question_at_a_time),
	TEST(long_answer_comes_whole),
	TEST(question_ends_with_its_daemon),
	TEST(closed_session_is_cancelled),
	TEST(waiting_reader_can_be_killed),
	TEST(sessions_never_mix),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
