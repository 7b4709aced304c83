/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting children by exec and ending them. posix_spawn neither copies the caller's memory nor
 * runs its code in the child, so locks that other threads hold do not matter; only the program that
 * was run makes copies of itself.
 */
#include "core/worker_client/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/wire/confinement.h"
#include "core/backend/trusted.h"
#include "core/wire/wire.h"

#define MEET_MS 1000 /* for a copy to say its number, or to end with its connection */

/* Nothing of the environment may steer the linker or the C library of a process that vendor code
 * runs in. */
static void environment(char *ret[4])
{
	static const char *const kept[] = {"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS="};
	size_t count = 0;

	for (char **at = environ; at && *at; at++)
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && count < 3; i++)
			if (strncmp(*at, kept[i], strlen(kept[i])) == 0)
				ret[count++] = *at;
	ret[count] = NULL;
}

/* They stand above all numbers that they move to, see place. */
static int descriptors(posix_spawn_file_actions_t *actions, const int *theirs, size_t count,
		       bool keep_stderr)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);

	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
	if (!r && !keep_stderr)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
	for (size_t i = 0; i < count && !r; i++)
		r = posix_spawn_file_actions_adddup2(actions, theirs[i], CHILD_SOCKET + (int)i);
	return r;
}

/* Ignored signals and a blocked mask outlive exec: they are the caller's, not the child's. */
static int attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attr, &none);
	if (!r)
		r = posix_spawnattr_setsigdefault(attr, &all);
	return r ? r
		 : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Positive errno, as posix_spawn has it. */
static int spawn(const char *path, char *const *argv, const int *theirs, size_t count,
		 bool keep_stderr, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *env[4];
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	environment(env);
	r = descriptors(&actions, theirs, count, keep_stderr);
	if (!r)
		r = attributes(&attr);
	if (!r)
		r = posix_spawn(ret, path, &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* fd, moved to least or above if it lies below. -1: errno says why, and fd is closed. */
static int lift(int fd, int least)
{
	int moved, code;

	if (fd >= least)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, least);
	code = errno;
	close(fd);
	errno = code;
	return moved;
}

/*
 * The child's end lies above least, so that moving one to its place never overwrites another. Ours
 * is no standard descriptor, even if the caller has closed those: its next printf would go to the
 * child. Positive errno: both are closed.
 */
static int place(const int ends[2], int least, int *ret_ours, int *ret_theirs)
{
	int ours = lift(ends[0], STDERR_FILENO + 1), theirs = ours < 0 ? -1 : lift(ends[1], least);
	int r = errno;

	if (ours >= 0 && theirs >= 0) {
		*ret_ours = ours;
		*ret_theirs = theirs;
		return 0;
	}
	if (ours < 0)
		close(ends[1]);
	else
		close(ours);
	return r;
}

/* A child's socket and pipe; theirs: the two ends that it gets. Positive errno: there is neither.
 */
static int connect_child(struct child *child, int least, int theirs[static 2])
{
	int ends[2], life[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	r = place(ends, least, &child->socket, &theirs[0]);
	if (r)
		return r;
	r = pipe2(life, O_CLOEXEC) < 0
		    ? errno
		    : place((int[]){life[1], life[0]}, least, &child->life, &theirs[1]);
	if (r) {
		close(child->socket);
		close(theirs[0]);
	}
	return r;
}

static void hang_up(const struct child *child)
{
	close(child->socket);
	close(child->life);
	step_free(child->step);
}

/*
 * Where to run program from, once it is sure that others cannot write it: through the descriptor of
 * its folder, which is moved above least as well.
 */
static int open_program(const char *program, int least, int *ret_folder,
			char path[static TRUSTED_PATH_MAX], struct error *err)
{
	struct trusted trusted = {.file = -1, .folder = -1};
	struct error why = {0};
	int folder = -1, r = trusted_open(program, &trusted, &why);

	if (!r) {
		folder = fcntl(trusted.folder, F_DUPFD_CLOEXEC, least);
		r = folder < 0 ? -errno : 0;
		trusted_path(folder, trusted.name, path);
	}
	trusted_close(&trusted);
	/* posix_spawn would say so as well, but not if vfork is no vfork, as under valgrind. */
	if (!r && access(path, X_OK) < 0)
		r = -errno;
	if (!r) {
		*ret_folder = folder;
		return 0;
	}
	if (folder >= 0)
		close(folder);
	error_set(err, r, "the worker program %s could not be started: %s", program,
		  *why.text && r != -ENOENT ? why.text : strerror(-r));
	return r;
}

int child_start(struct child *children, size_t count, const char *program, const char *first,
		const char *const *arguments, bool keep_stderr, struct error *err)
{
	char *argv[CHILDREN_MAX + 3] = {(char *)(uintptr_t)program, (char *)(uintptr_t)first};
	const int least = CHILD_STEPS(count) + 1;
	char path[TRUSTED_PATH_MAX];
	int theirs[CHILDREN_MAX * 2 + 1];
	size_t made = 0;
	int folder = -1, steps, r;

	if (!count || count > CHILDREN_MAX)
		return error_set(err, -E2BIG, "%zu workers, expected 1 to %u", count, CHILDREN_MAX);
	r = open_program(program, least, &folder, path, err);
	if (r)
		return r;
	/* Without them all goes on, and less is told of a death. */
	steps = step_make(count);
	steps = steps < 0 ? steps : lift(steps, least);
	for (; made < count && !r; made += !r) {
		argv[made + 2] = (char *)(uintptr_t)arguments[made];
		children[made] = (struct child){.socket = -1};
		theirs[2 * made] = theirs[2 * made + 1] = -1;
		r = connect_child(&children[made], least, &theirs[2 * made]);
		if (!r)
			children[made].step = step_read(steps, made);
	}
	theirs[2 * count] = steps;
	if (!r)
		r = spawn(path, argv, theirs, 2 * count + (steps >= 0), keep_stderr,
			  &children[0].process);
	close(folder);
	if (steps >= 0)
		close(steps);
	for (size_t i = 0; i < 2 * made; i++)
		close(theirs[i]);
	if (!r)
		return 0;
	for (size_t i = 0; i < made; i++)
		hang_up(&children[i]);
	return error_set(err, -r, "the worker program %s could not be started: %s", program,
			 strerror(r));
}

/* ---------------------------------------------------------------- copies */

/*
 * The first words of a child, sent before vendor code runs in it. A copy is not known to the
 * process whose child it is until it says its number.
 */
struct hello {
	pid_t process;
	uint32_t missing;
};

static int introduce(uint32_t missing)
{
	struct hello hello = {.process = getpid(), .missing = missing};

	return write(CHILD_SOCKET, &hello, sizeof(hello)) == sizeof(hello) ? 0 : -EPIPE;
}

/* As fork, but for a brother: a child of this process's parent. */
static long brother(void)
{
	const unsigned long flags = CLONE_PARENT | SIGCHLD;

#ifdef __s390__
	return syscall(SYS_clone, NULL, flags, NULL, NULL, 0ul);
#else
	return syscall(SYS_clone, flags, NULL, NULL, NULL, 0ul);
#endif
}

int child_copy(size_t count, uint32_t missing)
{
	const int steps = CHILD_STEPS(count);

	for (size_t i = 1; i < count; i++) {
		long pid = brother();

		if (pid < 0)
			return -errno;
		if (pid == 0) {
			int pair = CHILD_SOCKET + 2 * (int)i;
			int r;

			step_publish(step_write(steps, i));
			r = dup2(pair, CHILD_SOCKET) < 0 || dup2(pair + 1, CHILD_LIFE) < 0
				    ? -errno
				    : introduce(missing);

			return r ? r : (int)i;
		}
	}
	step_publish(step_write(steps, 0));
	return introduce(missing);
}

int child_meet(struct child *child, uint64_t deadline)
{
	struct hello hello;
	ssize_t n;
	int r;

	if (child->met)
		return 0;
	do {
		r = wire_wait(child->socket, POLLIN, deadline);
		if (r)
			return r;
		n = recv(child->socket, &hello, sizeof(hello), MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	if (n != sizeof(hello) || hello.process <= 0 ||
	    (child->process && child->process != hello.process) ||
	    hello.missing & ~(uint32_t)CONFINEMENT_ALL)
		return -EBADMSG;
	child->process = hello.process;
	child->missing = hello.missing;
	child->met = true;
	return 0;
}

/* ---------------------------------------------------------------- the end */

enum state {
	RUNNING,
	ENDED,
	GONE, /* a program that ignores SIGCHLD, or waits for whatever child, leaves nothing to
		 learn */
};

/* options: WNOHANG, or 0 to wait for the end. One that has ended is reaped, but with WNOWAIT. */
static enum state child_state(pid_t process, int options, siginfo_t *info)
{
	int r;

	*info = (siginfo_t){0};
	while ((r = waitid(P_PID, (id_t)process, info, WEXITED | options)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return GONE;
	return info->si_pid ? ENDED : RUNNING;
}

/* The end of the connection is the beginning of the end of the process. */
static enum state child_wait(pid_t process, unsigned grace_ms, siginfo_t *info)
{
	const struct timespec step = {.tv_nsec = 500000};
	enum state state;

	for (unsigned i = 0;
	     (state = child_state(process, WNOHANG, info)) == RUNNING && i < 2 * grace_ms; i++)
		nanosleep(&step, NULL);
	return state;
}

static void describe(enum state state, const siginfo_t *info, char *how, size_t size)
{
	const char *name = sigdescr_np(info->si_status);

	if (state == RUNNING)
		snprintf(how, size, "closed its connection");
	else if (state == GONE)
		snprintf(how, size, "ended");
	else if (info->si_code == CLD_EXITED)
		snprintf(how, size, "ended (exit status %d)", info->si_status);
	else
		snprintf(how, size, "was killed by signal %d (%s)", info->si_status,
			 name ? name : "unknown");
}

void child_kill(const struct child *child)
{
	siginfo_t info;

	/* As long as it is not reaped its number is nobody else's. */
	if (child->socket >= 0 && child->process &&
	    child_state(child->process, WNOHANG | WNOWAIT, &info) == RUNNING)
		kill(child->process, SIGKILL);
}

void child_end(struct child *child, unsigned grace_ms, char *how, size_t size)
{
	enum state state = GONE;
	siginfo_t info = {0};
	bool killed;

	if (child->socket < 0)
		return;
	/* A copy that nobody has met yet: it will be here at once, and must not stay behind as a
	 * zombie. */
	if (child->process || child_meet(child, wire_deadline(MEET_MS)) == 0)
		state = child_wait(child->process, grace_ms, &info);
	if (how)
		describe(state, &info, how, size);
	killed = state == RUNNING && kill(child->process, SIGKILL) == 0;
	hang_up(child);
	/* Root without CAP_KILL may not kill whom it started as another user; but that one ends
	 * with its connection. */
	if (killed)
		child_state(child->process, 0, &info);
	else if (state == RUNNING)
		child_wait(child->process, MEET_MS, &info);
	*child = (struct child){.socket = -1};
}
