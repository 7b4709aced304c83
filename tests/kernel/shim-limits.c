// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the kernel resources that users can take through the module: sessions by user
 * and in all, memory of unread answers, and its charge to a cgroup.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/migcompat.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSION "/dev/migcompat"
#define STRING "mtty:mdev:serial:1:x"
#define GROUP 991
#define USER 2000
#define MANY 2500
#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/migcompat-test"
#define ANSWER_KB (MIGCOMPAT_BROKER_LINES_MAX / 1024)
/* An allowance for all other memory of a process and of the kernel. */
#define SLACK_KB 32768

static struct broker_process broker;

/*
 * A process of another user, with sessions. It reports its state at first, and again
 * after each byte that it is sent.
 */
struct user {
	pid_t pid;
	int to;
	int from;
	int sessions;
	int asked;
	int error;     /* errno of the failed open */
	int ask_error; /* errno of the failed write */
};

struct user_wish {
	uid_t uid;
	int sessions;
	bool ask;
	bool in_cgroup;
};

static void user_become(const struct user_wish *wish)
{
	struct rlimit files = {MANY + 100, MANY + 100};

	signal(SIGPIPE, SIG_DFL);
	if (wish->in_cgroup && attr_put(CGROUP "/cgroup.procs", "0"))
		_exit(2);
	setrlimit(RLIMIT_NOFILE, &files);
	if (wish->uid && (setgroups(0, NULL) || setgid(GROUP) || setuid(wish->uid)))
		_exit(2);
}

/* Wait until the question is answered, and leave the answer unread. */
static int ask(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	if (write(fd, STRING, strlen(STRING)) < 0)
		return errno;
	poll(&polled, 1, -1);
	return 0;
}

static void drain(int fd)
{
	static char buffer[65536];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
}

static void user_run(struct user *self, const struct user_wish *wish)
{
	static int fds[MANY];
	char byte;

	user_become(wish);
	while (self->sessions < wish->sessions) {
		int fd = open(SESSION, O_RDWR | O_CLOEXEC);

		if (fd < 0) {
			self->error = errno;
			break;
		}
		fds[self->sessions++] = fd;
	}
	for (; wish->ask && self->asked < self->sessions && !self->ask_error; self->asked++)
		self->ask_error = ask(fds[self->asked]);
	for (;;) {
		if (write(self->from, self, sizeof(*self)) != sizeof(*self) ||
		    read(self->to, &byte, 1) != 1)
			_exit(0);
		for (int i = 0; i < self->sessions; i++)
			drain(fds[i]);
	}
}

/* False: it exited without a report, as if its memory cgroup is full. */
static bool user_tells(struct user *user)
{
	struct user told;

	if (read(user->from, &told, sizeof(told)) != sizeof(told))
		return false;
	user->sessions = told.sessions;
	user->asked = told.asked;
	user->error = told.error;
	user->ask_error = told.ask_error;
	return true;
}

static bool user_start(struct user *user, struct user_wish wish)
{
	int to[2], from[2];

	*user = (struct user){.pid = -1};
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return false;
	user->pid = fork();
	if (user->pid == 0) {
		struct user self = {.to = to[0], .from = from[1]};

		close(to[1]);
		close(from[0]);
		user_run(&self, &wish);
	}
	close(to[0]);
	close(from[1]);
	user->to = to[1];
	user->from = from[0];
	return user_tells(user);
}

static void user_end(struct user *user)
{
	close(user->to);
	close(user->from);
	kill(user->pid, SIGKILL);
	waitpid(user->pid, NULL, 0);
}

static void expect_sessions(const struct user *user, int sessions, int error)
{
	shim_expect(user->sessions == sessions && user->error == error,
		    "%d sessions, then %s; expected %d, then %s", user->sessions,
		    shim_name(-user->error), sessions, shim_name(-error));
}

static void setup(void)
{
	EXPECT_RESULT(0, chown(SESSION, 0, GROUP));
	broker_start_clean(&broker);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "lines 1000000"));
}

static void user_has_a_bound_of_sessions(void)
{
	struct user user, again, other, root;

	setup();
	user_start(&user, (struct user_wish){.uid = USER, .sessions = MANY});
	expect_sessions(&user, MIGCOMPAT_BROKER_SESSIONS_USER_MAX, EMFILE);
	user_start(&again, (struct user_wish){.uid = USER, .sessions = 1});
	expect_sessions(&again, 0, EMFILE);
	user_start(&other, (struct user_wish){.uid = USER + 1, .sessions = 1});
	expect_sessions(&other, 1, 0);
	user_start(&root, (struct user_wish){.sessions = 1});
	expect_sessions(&root, 1, 0);
	user_end(&again);
	user_end(&user);
	user_start(&user, (struct user_wish){.uid = USER, .sessions = MANY});
	expect_sessions(&user, MIGCOMPAT_BROKER_SESSIONS_USER_MAX, EMFILE);
	user_end(&user);
	user_end(&other);
	user_end(&root);
	broker_stop(&broker);
}

#define CROWD (MIGCOMPAT_BROKER_SESSIONS_USERS_MAX / MIGCOMPAT_BROKER_SESSIONS_USER_MAX)

static void users_leave_root_its_sessions(void)
{
	struct user users[CROWD], one_more, root;

	setup();
	for (int i = 0; i < CROWD; i++) {
		user_start(&users[i],
			   (struct user_wish){.uid = (uid_t)(USER + i), .sessions = MANY});
		expect_sessions(&users[i], MIGCOMPAT_BROKER_SESSIONS_USER_MAX, EMFILE);
	}
	user_start(&one_more, (struct user_wish){.uid = USER + CROWD, .sessions = 1});
	expect_sessions(&one_more, 0, ENFILE);
	user_end(&one_more);
	user_start(&root, (struct user_wish){.sessions = MANY});
	expect_sessions(&root, MIGCOMPAT_BROKER_SESSIONS_USER_MAX, EMFILE);
	user_end(&users[0]);
	user_start(&users[0], (struct user_wish){.uid = USER + CROWD, .sessions = 1});
	expect_sessions(&users[0], 1, 0);
	for (int i = 0; i < CROWD; i++)
		user_end(&users[i]);
	user_end(&root);
	broker_stop(&broker);
}

/* In kB, as in /proc/meminfo. */
static long memory_available(void)
{
	char text[4096], *found;

	attr_text("/proc/meminfo", text, sizeof(text));
	found = strstr(text, "MemAvailable:");
	return found ? atol(found + strlen("MemAvailable:")) : -1;
}

static void expect_taken(long before, long bound)
{
	long taken = before - memory_available();

	shim_expect(taken <= bound + SLACK_KB, "%ld kB are in use, expected at most %ld", taken,
		    bound + SLACK_KB);
	printf("  %ld kB of %ld\n", taken, bound);
}

static void unread_answers_of_a_user_have_a_bound(void)
{
	struct user user;
	long before;

	setup();
	before = memory_available();
	user_start(&user, (struct user_wish){.uid = USER, .sessions = MANY, .ask = true});
	EXPECT_RESULT(MIGCOMPAT_BROKER_SESSIONS_USER_MAX, user.asked);
	expect_taken(before, MIGCOMPAT_BROKER_SESSIONS_USER_MAX * ANSWER_KB);
	user_end(&user);
	broker_stop(&broker);
}

static void unread_answers_of_all_have_a_bound(void)
{
	struct user users[CROWD + 1];
	long before;

	setup();
	before = memory_available();
	for (int i = 0; i <= CROWD; i++) {
		uid_t uid = i < CROWD ? (uid_t)(USER + i) : 0;

		user_start(&users[i],
			   (struct user_wish){.uid = uid, .sessions = MANY, .ask = true});
		EXPECT_RESULT(MIGCOMPAT_BROKER_SESSIONS_USER_MAX, users[i].asked);
	}
	expect_taken(before,
		     (MIGCOMPAT_BROKER_SESSIONS_USERS_MAX + MIGCOMPAT_BROKER_SESSIONS_USER_MAX) *
			     ANSWER_KB);
	for (int i = 0; i <= CROWD; i++)
		user_end(&users[i]);
	broker_stop(&broker);
}

/* False: this kernel does not have it. */
static bool cgroup_make(const char *limit)
{
	if (access(CGROUPS "/cgroup.controllers", F_OK) == 0) {
		EXPECT_RESULT(0, mkdir(CGROUP, 0755));
		if (attr_put(CGROUP "/memory.max", limit) == 0)
			return true;
	}
	printf("  this kernel has no memory cgroups\n");
	rmdir(CGROUP);
	return false;
}

static void cgroup_end(void)
{
	while (rmdir(CGROUP) && errno == EBUSY)
		sleep_ms(20);
}

static long cgroup_kb(void)
{
	char text[32];

	attr_text(CGROUP "/memory.current", text, sizeof(text));
	return atol(text) / 1024;
}

/* An idle process of this kind uses far less memory. */
static void answers_are_charged_to_the_asker_until_they_are_read(void)
{
	const long bound = MIGCOMPAT_BROKER_SESSIONS_USER_MAX * ANSWER_KB;
	struct user user;
	char text[128];

	if (!cgroup_make("max"))
		return;
	setup();
	user_start(&user, (struct user_wish){
				  .uid = USER, .in_cgroup = true, .sessions = MANY, .ask = true});
	EXPECT_RESULT(MIGCOMPAT_BROKER_SESSIONS_USER_MAX, user.asked);
	shim_expect(cgroup_kb() >= bound, "the asker is charged for %ld kB, expected %ld",
		    cgroup_kb(), bound);
	EXPECT_RESULT(1, write(user.to, "r", 1));
	shim_expect(user_tells(&user), "the asker is gone");
	snprintf(text, sizeof(text), "the asker is still charged for %ld kB", cgroup_kb());
	for (int waited = 0; cgroup_kb() > bound / 2 && waited < 60000; waited += 20)
		sleep_ms(20);
	shim_expect(cgroup_kb() <= bound / 2, "%s", text);
	user_end(&user);
	broker_stop(&broker);
	cgroup_end();
}

/* It may be killed at its cgroup's limit, or get ENOMEM. No other process is affected. */
static void asker_without_memory_fails_alone(void)
{
	struct user user, other;
	bool alive;

	if (!cgroup_make("6M"))
		return;
	setup();
	alive = user_start(
		&user,
		(struct user_wish){.uid = USER, .in_cgroup = true, .sessions = MANY, .ask = true});
	shim_expect(!alive || user.ask_error == ENOMEM, "an asker beyond its limit gets %s",
		    shim_name(-user.ask_error));
	user_start(&other, (struct user_wish){.uid = USER + 1, .sessions = 4, .ask = true});
	EXPECT_RESULT(4, other.asked);
	EXPECT_RESULT(0, other.ask_error);
	user_end(&user);
	user_end(&other);
	broker_stop(&broker);
	cgroup_end();
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(user_has_a_bound_of_sessions),
	TEST(users_leave_root_its_sessions),
	TEST(unread_answers_of_a_user_have_a_bound),
	TEST(unread_answers_of_all_have_a_bound),
	TEST(answers_are_charged_to_the_asker_until_they_are_read),
	TEST(asker_without_memory_fails_alone),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	attr_put(CGROUPS "/cgroup.subtree_control", "+memory");
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
