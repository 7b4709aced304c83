// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of what interrupts a task that waits for a silent daemon: suspend, the cgroup
 * freezer, signals. Each must get the task while it waits. Afterwards the call continues
 * by itself, and is answered.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERSION "migration_version"
#define STRING "mtty:mdev:serial:1:x"
#define CGROUP "/sys/fs/cgroup/migcompat-test"

enum waiter { WRITER, CLASS_READER, SESSION_READER, SESSION_POLLER, WAITER_COUNT };

static struct broker_process broker;
static ssize_t id;

/* No question is answered before answers_come(), and none times out. */
static void setup(void)
{
	broker_start_clean(&broker);
	id = broker_do_attach(&broker, shim_mdev_a, STRING);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", id));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask hang"));
	shim_set_timeout(SHIM_FOREVER_MS);
}

/* Answer questions from now on. Those asked before stay unanswered. */
static void answers_come(void)
{
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd normal", id));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "ask normal"));
}

static void teardown(void)
{
	shim_set_timeout(SHIM_TIMEOUT_MS);
	broker_stop(&broker);
}

static int session_wait(bool by_poll)
{
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	char buffer[64];

	if (write(fd, STRING, strlen(STRING)) < 0)
		return errno;
	if (by_poll)
		return poll(&polled, 1, -1) < 0 ? errno : 0;
	return read(fd, buffer, sizeof(buffer)) < 0 ? errno : 0;
}

/* Exits with the errno of the call. */
static pid_t waiter_start(enum waiter kind)
{
	static const int counts[WAITER_COUNT] = {
		[WRITER] = 1, [CLASS_READER] = 0, [SESSION_READER] = 2, [SESSION_POLLER] = 2};
	unsigned long before = broker_count(&broker, counts[kind]);
	pid_t child = fork();

	if (child != 0) {
		shim_expect(broker_count_comes(&broker, counts[kind], before + 1),
			    "the broker was not asked");
		return child;
	}
	switch (kind) {
	case WRITER:
		_exit((int)-attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	case CLASS_READER:
		_exit(attr_reads_as(shim_class_file(shim_mdev_a, VERSION), STRING "\n") ? 0 : 1);
	default:
		_exit(session_wait(kind == SESSION_POLLER));
	}
}

static void expect_end(pid_t child, int wanted)
{
	int status;

	waitpid(child, &status, 0);
	shim_expect(WIFEXITED(status) && WEXITSTATUS(status) == wanted,
		    "a waiter ended with %x, expected %s", (unsigned int)status,
		    shim_name(-wanted));
}

/* The question of a session is not asked again, so its waiter continues to wait. */
static void waiters_end(const pid_t *children)
{
	for (int kind = 0; kind < WAITER_COUNT; kind++) {
		if (kind != SESSION_READER && kind != SESSION_POLLER) {
			expect_end(children[kind], 0);
			continue;
		}
		EXPECT_RESULT(0, waitpid(children[kind], NULL, WNOHANG));
		kill(children[kind], SIGKILL);
		waitpid(children[kind], NULL, 0);
	}
}

/*
 * Freeze all processes for a second, as suspend does, and thaw them. The kernel gives up
 * with EBUSY after 20 seconds.
 */
static void system_suspends_while_tasks_wait(void)
{
	pid_t children[WAITER_COUNT];

	if (attr_put("/sys/power/pm_test", "freezer")) {
		printf("  this kernel cannot try to suspend\n");
		return;
	}
	attr_put("/sys/module/suspend/parameters/pm_test_delay", "1");
	setup();
	for (int kind = 0; kind < WAITER_COUNT; kind++)
		children[kind] = waiter_start(kind);
	answers_come();
	EXPECT_RESULT(0, attr_put("/sys/power/state", "freeze"));
	waiters_end(children);
	/* Each question was asked again, and the first ones were cancelled. */
	EXPECT_RESULT(2, (ssize_t)broker_count(&broker, 1));
	EXPECT_RESULT(2, (ssize_t)broker_count(&broker, 0));
	shim_expect(broker_count_comes(&broker, 3, WAITER_COUNT),
		    "not each question that is over was cancelled once");
	EXPECT_RESULT(0, attr_put("/sys/power/pm_test", "none"));
	teardown();
}

static bool cgroup_becomes(const char *line)
{
	char text[256] = "";

	for (int waited = 0; waited < 60000; waited += 20) {
		attr_text(CGROUP "/cgroup.events", text, sizeof(text));
		if (strstr(text, line))
			return true;
		sleep_ms(20);
	}
	return false;
}

static void cgroup_freezes_while_tasks_wait(void)
{
	pid_t children[WAITER_COUNT];
	char number[16];

	if (mkdir(CGROUP, 0755) || access(CGROUP "/cgroup.freeze", F_OK)) {
		printf("  this kernel has no freezer for cgroups\n");
		return;
	}
	setup();
	for (int kind = 0; kind < WAITER_COUNT; kind++) {
		children[kind] = waiter_start(kind);
		snprintf(number, sizeof(number), "%d", children[kind]);
		EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.procs", number));
	}
	answers_come();
	EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.freeze", "1"));
	shim_expect(cgroup_becomes("frozen 1"), "tasks that wait are not frozen");
	EXPECT_RESULT(0, waitpid(children[WRITER], NULL, WNOHANG));
	EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.freeze", "0"));
	waiters_end(children);
	shim_expect(cgroup_becomes("populated 0"), "some tasks did not exit");
	rmdir(CGROUP);
	teardown();
}

/*
 * Remove the device while a frozen task has its file open. A task that froze inside the
 * file would block the removal.
 */
static void device_is_removed_while_its_reader_is_frozen(void)
{
	char number[16];
	pid_t child;

	if (mkdir(CGROUP, 0755) || access(CGROUP "/cgroup.freeze", F_OK))
		return;
	setup();
	child = waiter_start(WRITER);
	snprintf(number, sizeof(number), "%d", child);
	EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.procs", number));
	EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.freeze", "1"));
	shim_expect(cgroup_becomes("frozen 1"), "a task that waits is not frozen");
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach %zd", id));
	EXPECT_RESULT(0, attr_put(CGROUP "/cgroup.freeze", "0"));
	expect_end(child, ENODEV);
	shim_expect(cgroup_becomes("populated 0"), "some tasks did not exit");
	rmdir(CGROUP);
	teardown();
}

static bool process_becomes(pid_t pid, char state)
{
	char path[64], text[512], *found;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int waited = 0; waited < 60000; waited += 20) {
		attr_text(path, text, sizeof(text));
		found = strrchr(text, ')');
		if (found && found[2] == state)
			return true;
		sleep_ms(20);
	}
	return false;
}

static void stopped_writer_continues(void)
{
	pid_t child;

	setup();
	child = waiter_start(WRITER);
	answers_come();
	kill(child, SIGSTOP);
	shim_expect(process_becomes(child, 'T'), "a task that waits is not stopped");
	kill(child, SIGCONT);
	expect_end(child, 0);
	teardown();
}

static void on_signal(int signal)
{
	(void)signal;
}

static void handler_decides_if_the_write_is_restarted(void)
{
	setup();
	for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
		struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
		pid_t child;

		EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", id));
		sigaction(SIGUSR1, &action, NULL); /* inherited */
		child = waiter_start(WRITER);
		answers_come();
		kill(child, SIGUSR1);
		expect_end(child, flags ? 0 : EINTR);
	}
	signal(SIGUSR1, SIG_DFL);
	teardown();
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(system_suspends_while_tasks_wait),
	TEST(cgroup_freezes_while_tasks_wait),
	TEST(device_is_removed_while_its_reader_is_frozen),
	TEST(stopped_writer_continues),
	TEST(handler_decides_if_the_write_is_restarted),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
