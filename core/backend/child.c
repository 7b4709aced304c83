/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a child by exec and ending it. posix_spawn neither copies the caller's memory nor runs its code in the
 * child, so locks that other threads hold do not matter.
 */
#include "core/backend/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED_MS 1000 /* for a killed process to be gone; it takes longer only where the kernel itself is stuck */

/* Nothing of the environment may steer the linker or the C library of a process that vendor code runs in. */
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

/* The socket goes first: it may stand where the standard descriptors belong. */
static int descriptors(posix_spawn_file_actions_t *actions, int socket, bool keep_stderr)
{
	int r = posix_spawn_file_actions_adddup2(actions, socket, CHILD_SOCKET);

	if (!r)
		r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
	if (!r && !keep_stderr)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
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
	return r ? r : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Positive errno, as posix_spawn has it. */
static int spawn(const char *program, const char *argument, int socket, bool keep_stderr, pid_t *ret)
{
	char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)argument, NULL};
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
	r = descriptors(&actions, socket, keep_stderr);
	if (!r)
		r = attributes(&attr);
	if (!r)
		r = posix_spawn(ret, program, &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int child_start(struct child *child, const char *program, const char *argument, bool keep_stderr, struct error *err)
{
	int sockets[2];
	int process, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		r = errno;
		return error_set(err, -r, "no socket for a worker: %s", strerror(r));
	}
	r = spawn(program, argument, sockets[1], keep_stderr, &pid);
	close(sockets[1]);
	if (r) {
		close(sockets[0]);
		return error_set(err, -r, "the worker program %s could not be started: %s", program, strerror(r));
	}
	process = pidfd_open(pid, 0);
	if (process < 0) {
		r = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(sockets[0]);
		return error_set(err, -r, "no descriptor for a worker's process: %s", strerror(r));
	}
	*child = (struct child){.socket = sockets[0], .process = process};
	return 0;
}

/* Has it ended? Reaps it then. */
static bool reap(int process, int timeout_ms, siginfo_t *info)
{
	struct pollfd pollfd = {.fd = process, .events = POLLIN};

	*info = (siginfo_t){0};
	while (poll(&pollfd, 1, timeout_ms) < 0 && errno == EINTR)
		;
	/* A program that ignores SIGCHLD, or waits for whatever child, leaves nothing to reap: ECHILD, and it is gone. */
	return waitid(P_PIDFD, (id_t)process, info, WEXITED | WNOHANG) < 0 ? errno == ECHILD : info->si_pid != 0;
}

static void describe(const siginfo_t *info, char *how, size_t size)
{
	const char *name = sigdescr_np(info->si_status);

	if (info->si_pid == 0)
		snprintf(how, size, "ended");
	else if (info->si_code == CLD_EXITED)
		snprintf(how, size, "ended (exit status %d)", info->si_status);
	else
		snprintf(how, size, "was killed by signal %d (%s)", info->si_status, name ? name : "unknown");
}

void child_end(struct child *child, unsigned grace_ms, char *how, size_t size)
{
	siginfo_t info;

	if (child->socket < 0)
		return;
	if (grace_ms && reap(child->process, (int)grace_ms, &info)) {
		if (how)
			describe(&info, how, size);
	} else {
		if (how)
			snprintf(how, size, "closed its connection");
		pidfd_send_signal(child->process, SIGKILL, NULL, 0);
		reap(child->process, KILLED_MS, &info);
	}
	close(child->socket);
	close(child->process);
	*child = (struct child){.socket = -1, .process = -1};
}
