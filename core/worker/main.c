/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat-worker: the process that one backend's code runs in, or several such processes. Started by the library with
 * sockets from descriptor 3 on; it gives up what it can before it loads anything, and ends with the other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/backend/child.h"
#include "core/backend/serve.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What vendor code may use up. A sanitizer reserves address space without end, and looks for leaks in a process of its own. */
static const struct {
	int resource;
	rlim_t most;
} limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_NOFILE, 32},
#ifndef WORKER_SANITIZED
	{RLIMIT_AS, (rlim_t)1 << 30},
	{RLIMIT_NPROC, 0},
#endif
};

/* Lower a limit for good; one that is lower already stays. */
static int limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
		return -1;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &now);
}

/* Nothing has to be written to a file, but for standard error where the caller kept it and it is one, and covered lines. */
static bool writes_files(void)
{
	struct stat st;

#ifdef WORKER_COVERED
	return true;
#endif
	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

/* Give up what can be given up by anyone. Done before any vendor code runs, so that none of it can be undone. */
static int confine(void)
{
	if (close_range(CHILD_SOCKET + 1, ~0u, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(limits); i++)
		if (limit(limits[i].resource, limits[i].most) < 0)
			return -1;
	return writes_files() ? 0 : limit(RLIMIT_FSIZE, 0);
}

/* Something happened on the socket while nobody was reading it: a request that is early, or the end. */
static void on_socket(int signal)
{
	struct pollfd pollfd = {.fd = CHILD_SOCKET};
	int before = errno;

	(void)signal;
	if (poll(&pollfd, 1, 0) > 0 && pollfd.revents & (POLLHUP | POLLERR | POLLNVAL))
		_exit(EXIT_SUCCESS);
	errno = before;
}

/*
 * End with the other end even where vendor code never returns. PR_SET_PDEATHSIG would not do: it comes with the end of
 * the thread that started this process, and the library lives in programs whose threads come and go.
 */
static int watch_socket(void)
{
	struct sigaction action = {.sa_handler = on_socket, .sa_flags = SA_RESTART};

	if (sigaction(SIGIO, &action, NULL) < 0 || fcntl(CHILD_SOCKET, F_SETOWN, getpid()) < 0 ||
	    fcntl(CHILD_SOCKET, F_SETFL, O_RDWR | O_ASYNC) < 0)
		return -1;
	on_socket(SIGIO); /* it may have ended before anybody watched */
	return 0;
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: migcompat-worker BACKEND.so…\n"
				"Runs backends for libmigcompat, one a process, which starts this program with a socket for each.\n");
		return 2;
	}
	r = child_copy((size_t)argc - 1);
	if (r >= 0) {
		const char *path = argv[1 + r];

		r = watch_socket() < 0 || confine() < 0 ? -errno : serve(CHILD_SOCKET, path);
	}
	if (r)
		fprintf(stderr, "migcompat-worker: %s\n", strerror(-r));
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
