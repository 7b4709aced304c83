// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of migration_type and migration_version on a real kernel: each error of the errno
 * table, lengths, bytes, short writes, time-outs and permissions. A test broker gives the
 * answers, so a wrong answer is a fault of the module.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker-client.h"

#define VERSION "migration_version"
#define STRING "mtty:mdev:serial-2port:1:ports=2;crc=9af3"

static struct broker_process broker;
static ssize_t id;

static void setup(const char *string)
{
	broker_start_clean(&broker);
	id = broker_do_attach(&broker, shim_mdev_a, string);
	shim_expect(id > 0, "cannot attach %s: %s", shim_mdev_a, shim_name(id));
}

static void answer(const char *code)
{
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd %s", id, code));
}

static void equal_string_is_written_whole(void)
{
	setup(STRING);
	EXPECT_RESULT((ssize_t)strlen(STRING),
		      attr_write(shim_file(shim_mdev_a, VERSION), STRING, strlen(STRING)));
	EXPECT_RESULT((ssize_t)strlen(STRING) + 1,
		      attr_write(shim_file(shim_mdev_a, VERSION), STRING "\n", strlen(STRING) + 1));
	EXPECT_RESULT((ssize_t)strlen(STRING),
		      attr_write(shim_class_file(shim_mdev_a, VERSION), STRING, strlen(STRING)));
	EXPECT_RESULT(-EINVAL, attr_put(shim_file(shim_mdev_a, VERSION),
					"mtty:mdev:serial-1port:1:ports=1"));
	broker_stop(&broker);
}

static void string_is_read_with_newline(void)
{
	char buffer[64];
	int fd;

	setup(STRING);
	shim_expect(attr_reads_as(shim_file(shim_mdev_a, VERSION), STRING "\n"),
		    "device's own file reads otherwise");
	shim_expect(attr_reads_as(shim_class_file(shim_mdev_a, VERSION), STRING "\n"),
		    "class device's file reads otherwise");
	shim_expect(attr_reads_as(shim_file(shim_mdev_a, "migration_type"), "mtty:serial\n"),
		    "type reads otherwise");
	shim_expect(attr_reads_as(shim_class_file(shim_mdev_a, "migration_type"), "mtty:serial\n"),
		    "class type reads otherwise");
	fd = open(shim_file(shim_mdev_a, VERSION), O_RDONLY);
	EXPECT_RESULT((ssize_t)strlen(STRING) + 1, read(fd, buffer, sizeof(buffer)));
	EXPECT_RESULT(0, read(fd, buffer, sizeof(buffer)));
	close(fd);
	broker_stop(&broker);
}

/* ENOTCONN from a daemon. Another test is about ENOTCONN without a daemon. */
static void each_error_reaches_the_caller(void)
{
	static const struct {
		const char *name;
		int error;
	} codes[] = {
		{"EINVAL", EINVAL},       {"ENODEV", ENODEV},     {"EPERM", EPERM},
		{"EBUSY", EBUSY},         {"E2BIG", E2BIG},       {"EIO", EIO},
		{"ETIMEDOUT", ETIMEDOUT}, {"ENOTCONN", ENOTCONN},
	};
	char buffer[64];

	setup(STRING);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		answer(codes[i].name);
		EXPECT_RESULT(-codes[i].error,
			      attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)));
		EXPECT_RESULT(-codes[i].error, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
		EXPECT_RESULT(-codes[i].error, attr_read(shim_class_file(shim_mdev_a, VERSION),
							 buffer, sizeof(buffer)));
		EXPECT_RESULT(-codes[i].error,
			      attr_put(shim_class_file(shim_mdev_a, VERSION), STRING));
	}
	answer("normal");
	EXPECT_RESULT(0, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	broker_stop(&broker);
}

static void longest_string_passes_and_longer_is_e2big(void)
{
	static char text[5001], buffer[8192];
	unsigned long before;

	memset(text, 'a', sizeof(text));
	memcpy(text, "mtty:", 5);
	text[4094] = '\0';
	setup(text);
	EXPECT_RESULT(4094, attr_write(shim_file(shim_mdev_a, VERSION), text, 4094));
	text[4094] = '\n';
	EXPECT_RESULT(4095, attr_write(shim_file(shim_mdev_a, VERSION), text, 4095));
	EXPECT_RESULT(4095, attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)));
	shim_expect(!memcmp(buffer, text, 4095), "the longest string is read differently");
	before = broker_count(&broker, 1);
	text[4094] = 'a';
	EXPECT_RESULT(-E2BIG, attr_write(shim_file(shim_mdev_a, VERSION), text, 4095));
	EXPECT_RESULT(-E2BIG, attr_write(shim_file(shim_mdev_a, VERSION), text, 4096));
	EXPECT_RESULT(-E2BIG, attr_write(shim_file(shim_mdev_a, VERSION), text, 5000));
	EXPECT_RESULT(-E2BIG, attr_write(shim_class_file(shim_mdev_a, VERSION), text, 5000));
	text[4095] = '\n';
	EXPECT_RESULT(-E2BIG, attr_write(shim_file(shim_mdev_a, VERSION), text, 4096));
	shim_expect(broker_count(&broker, 1) == before,
		    "the daemon was asked about a string that is too long");
	broker_stop(&broker);
}

static void malformed_bytes_are_einval_at_once(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} strings[] = {
		{"mtty:a\0b:c", 10},
		{"mtty:a\nb:c", 10},
		{"\n", 1},
		{"\n\n", 2},
		{"mtty:a:b:c\n\n", 12},
		{"mtty:a b", 8},
		{"mtty:\x7f", 6},
		{"mtty:\xc3\xa4", 7},
		{"\0", 1},
		{STRING "\0", sizeof(STRING)},
		{"\tmtty", 5},
		{STRING "\r\n", sizeof(STRING) + 1},
	};
	unsigned long before;

	setup(STRING);
	before = broker_count(&broker, 1);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		EXPECT_RESULT(-EINVAL, attr_write(shim_file(shim_mdev_a, VERSION), strings[i].bytes,
						  strings[i].length));
	EXPECT_RESULT(0, attr_write(shim_file(shim_mdev_a, VERSION), "", 0));
	shim_expect(broker_count(&broker, 1) == before,
		    "the daemon was asked about malformed bytes");
	broker_stop(&broker);
}

static void prefix_is_refused(void)
{
	setup(STRING);
	for (size_t length = 1; length < strlen(STRING); length++)
		EXPECT_RESULT(-EINVAL, attr_write(shim_file(shim_mdev_a, VERSION), STRING, length));
	broker_stop(&broker);
}

static void each_write_is_a_string_of_its_own(void)
{
	int fd;

	setup(STRING);
	fd = open(shim_file(shim_mdev_a, VERSION), O_WRONLY);
	EXPECT_RESULT(-1, write(fd, STRING, 10));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT(-1, write(fd, STRING + 10, strlen(STRING) - 10));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT((ssize_t)strlen(STRING), write(fd, STRING, strlen(STRING)));
	close(fd);
	broker_stop(&broker);
}

static void without_a_daemon_enotconn_at_once(void)
{
	char buffer[64];
	int fd = -1;

	setup(STRING);
	broker_stop(&broker);
	shim_set_timeout(SHIM_FOREVER_MS);
	for (int round = 0; round < 2; round++) {
		EXPECT_RESULT(-ENOTCONN,
			      attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)));
		EXPECT_RESULT(-ENOTCONN, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
		EXPECT_RESULT(-ENOTCONN, attr_read(shim_file(shim_mdev_a, "migration_type"), buffer,
						   sizeof(buffer)));
		EXPECT_RESULT(-ENOTCONN, attr_read(shim_class_file(shim_mdev_a, VERSION), buffer,
						   sizeof(buffer)));
		EXPECT_RESULT(-ENOTCONN, attr_put("/dev/migcompat", STRING));
		/* A process that opened the broker and sent no HELLO is no daemon. */
		if (round == 0)
			fd = open(BROKER_PATH, O_RDWR);
	}
	close(fd);
	shim_set_timeout(SHIM_TIMEOUT_MS);
	/* Attachments remain for the next daemon. */
	EXPECT_RESULT(0, broker_start(&broker, -1, (char *[]){"*=" STRING, NULL}));
	shim_expect(attr_reads_as(shim_file(shim_mdev_a, VERSION), STRING "\n"),
		    "the next daemon does not serve it");
	broker_stop(&broker);
}

static void last_close_ends_waiting_questions(void)
{
	char buffer[64];
	pid_t child;
	int status;

	setup(STRING);
	answer("hang");
	shim_set_timeout(SHIM_FOREVER_MS);
	child = fork();
	if (child == 0)
		_exit(attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)) ==
				      -ENOTCONN
			      ? 0
			      : 1);
	shim_expect(broker_count_comes(&broker, 0, 1), "the broker was not asked");
	broker_kill(&broker);
	waitpid(child, &status, 0);
	EXPECT_RESULT(0, status);
	shim_set_timeout(SHIM_TIMEOUT_MS);
}

static void hanging_daemon_is_etimedout(void)
{
	char buffer[64];

	setup(STRING);
	answer("hang");
	shim_set_timeout(300);
	EXPECT_RESULT(-ETIMEDOUT,
		      attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)));
	EXPECT_RESULT(-ETIMEDOUT, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	shim_expect(broker_count_comes(&broker, 3, 2), "the daemon got no CANCEL");
	shim_set_timeout(SHIM_TIMEOUT_MS);
	answer("normal");
	EXPECT_RESULT(0, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	EXPECT_RESULT(-EINVAL, attr_put("/sys/module/migcompat/parameters/timeout_ms", "0"));
	EXPECT_RESULT(-EINVAL, attr_put("/sys/module/migcompat/parameters/timeout_ms", "600001"));
	broker_stop(&broker);
}

static void waiting_writer_can_be_killed(void)
{
	int status;

	setup(STRING);
	answer("hang");
	shim_set_timeout(SHIM_FOREVER_MS);
	for (int signal = SIGTERM; signal; signal = signal == SIGTERM ? SIGKILL : 0) {
		unsigned long before = broker_count(&broker, 1), cancels = broker_count(&broker, 3);
		pid_t child = fork();

		if (child == 0)
			_exit((int)attr_put(shim_file(shim_mdev_a, VERSION), STRING));
		while (broker_count(&broker, 1) == before)
			sleep_ms(5);
		kill(child, signal);
		waitpid(child, &status, 0);
		shim_expect(WIFSIGNALED(status) && WTERMSIG(status) == signal,
			    "the writer ended with %x", (unsigned int)status);
		shim_expect(broker_count_comes(&broker, 3, cancels + 1),
			    "the daemon got no CANCEL");
	}
	shim_set_timeout(SHIM_TIMEOUT_MS);
	broker_stop(&broker);
}

static void second_opener_is_ebusy(void)
{
	setup(STRING);
	EXPECT_RESULT(-1, open(BROKER_PATH, O_RDWR));
	EXPECT_RESULT(EBUSY, errno);
	broker_stop(&broker);
}

static int open_without_capability(bool in_namespace)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (in_namespace && unshare(CLONE_NEWUSER))
		return errno == EPERM || errno == ENOSPC || errno == EINVAL ? EPERM : errno;
	if (!in_namespace) {
		syscall(SYS_capget, &header, data);
		data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
		if (syscall(SYS_capset, &header, data))
			return 0;
	}
	return open(BROKER_PATH, O_RDWR) < 0 ? errno : 0;
}

static void broker_without_capability_is_eperm(void)
{
	for (int in_namespace = 0; in_namespace < 2; in_namespace++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(open_without_capability(in_namespace));
		waitpid(child, &status, 0);
		EXPECT_RESULT(EPERM, WEXITSTATUS(status));
	}
}

/* A process that opened the broker as root may have passed it to another process. */
static void inherited_broker_is_eperm_without_capability(void)
{
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC), status;
	struct broker self;
	pid_t child = fork();

	if (child == 0)
		_exit(setuid(2000) ? 2 : -broker_hello(&self, fd));
	waitpid(child, &status, 0);
	EXPECT_RESULT(EPERM, WEXITSTATUS(status));
	EXPECT_RESULT(0, broker_hello(&self, fd));
	close(fd);
}

static void own_access_of_the_daemon_is_edeadlk(void)
{
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC);
	struct broker self;
	char buffer[64];
	uint64_t number;

	EXPECT_RESULT(0, broker_hello(&self, fd));
	EXPECT_RESULT(0, broker_attach(&self, MIGCOMPAT_BROKER_OP_ATTACH, shim_mdev_b,
				       "mtty:serial", &number));
	EXPECT_RESULT(-EDEADLK, attr_read(shim_file(shim_mdev_b, VERSION), buffer, sizeof(buffer)));
	EXPECT_RESULT(-EDEADLK, attr_put(shim_file(shim_mdev_b, VERSION), STRING));
	EXPECT_RESULT(-EDEADLK,
		      attr_read(shim_class_file(shim_mdev_b, VERSION), buffer, sizeof(buffer)));
	EXPECT_RESULT(-EDEADLK, attr_put(shim_class_file(shim_mdev_b, VERSION), STRING));
	EXPECT_RESULT(-EDEADLK,
		      attr_read(shim_file(shim_mdev_b, "migration_type"), buffer, sizeof(buffer)));
	EXPECT_RESULT(-EDEADLK, attr_put("/dev/migcompat", STRING));
	EXPECT_RESULT(0, broker_detach(&self, number));
	close(fd);
}

static void expect_mode(const char *path, mode_t mode)
{
	struct stat status;

	EXPECT_RESULT(0, stat(path, &status));
	shim_expect((status.st_mode & 07777) == mode, "%s has mode %o", path,
		    status.st_mode & 07777);
}

static void files_have_their_modes(void)
{
	setup(STRING);
	expect_mode(shim_file(shim_mdev_a, VERSION), 0600);
	expect_mode(shim_file(shim_mdev_a, "migration_type"), 0444);
	expect_mode(shim_class_file(shim_mdev_a, VERSION), 0600);
	expect_mode(shim_class_file(shim_mdev_a, "migration_type"), 0444);
	expect_mode(BROKER_PATH, 0600);
	expect_mode("/dev/migcompat", 0660);
	EXPECT_RESULT(0, chmod(shim_file(shim_mdev_a, VERSION), 0660));
	EXPECT_RESULT(0, chown(shim_file(shim_mdev_a, VERSION), 0, 100));
	expect_mode(shim_file(shim_mdev_a, VERSION), 0660);
	broker_stop(&broker);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(equal_string_is_written_whole),
	TEST(string_is_read_with_newline),
	TEST(each_error_reaches_the_caller),
	TEST(longest_string_passes_and_longer_is_e2big),
	TEST(malformed_bytes_are_einval_at_once),
	TEST(prefix_is_refused),
	TEST(each_write_is_a_string_of_its_own),
	TEST(without_a_daemon_enotconn_at_once),
	TEST(last_close_ends_waiting_questions),
	TEST(hanging_daemon_is_etimedout),
	TEST(waiting_writer_can_be_killed),
	TEST(second_opener_is_ebusy),
	TEST(broker_without_capability_is_eperm),
	TEST(inherited_broker_is_eperm_without_capability),
	TEST(own_access_of_the_daemon_is_edeadlk),
	TEST(files_have_their_modes),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
