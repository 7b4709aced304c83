/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service that lies: it accepts calls at a socket in a folder, one after the other, and
 * answers with the bytes that it was given.
 */
#ifndef TESTS_CLI_FAKE_SERVICE_H
#define TESTS_CLI_FAKE_SERVICE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/support/files.h"

enum fake_end {
	FAKE_CLOSES,  /* closes the connection after its bytes */
	FAKE_WAITS,   /* waits for the client to close it */
	FAKE_REPEATS, /* repeats its bytes until the client closes it */
};

struct fake {
	char path[160];
	pid_t pid;
	unsigned *calls; /* number of calls, shared with its process */
	/* number of first connections that get `away` and are closed */
	unsigned turned_away;
	const char *away;
};

static inline void fake_answer(int fd, const char *bytes, size_t len, enum fake_end end)
{
	char call[65536];
	ssize_t got = 0;

	/* One whole call and its answer. Some clients send several. */
	while ((got = recv(fd, call, sizeof(call), 0)) > 0) {
		if (call[got - 1] != '\0')
			continue;
		do {
			for (size_t at = 0; at < len;) {
				ssize_t done = send(fd, bytes + at, len - at, MSG_NOSIGNAL);

				if (done <= 0)
					return;
				at += (size_t)done;
			}
		} while (end == FAKE_REPEATS);
		if (end == FAKE_CLOSES)
			return;
	}
}

/* Read a call, answer that there is no room, or nothing, and close. */
static inline void fake_turn_away(const struct fake *fake, int fd)
{
	char call[65536];
	ssize_t got;

	do
		got = recv(fd, call, sizeof(call), 0);
	while (got > 0 && call[got - 1] != '\0');
	if (fake->away)
		(void)!send(fd, fake->away, strlen(fake->away) + 1, MSG_NOSIGNAL);
}

static inline void fake_start(struct fake *fake, struct folder *folder, const char *bytes,
			      size_t len, enum fake_end end)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(fake->path, sizeof(fake->path), "%s", folder_path(folder, "fake"));
	unlink(fake->path);
	assert_true(strlen(fake->path) < sizeof(address.sun_path));
	memcpy(address.sun_path, fake->path, strlen(fake->path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	fake->calls = mmap(NULL, sizeof(*fake->calls), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(fake->calls, MAP_FAILED);
	fake->pid = fork();
	assert_true(fake->pid >= 0);
	if (fake->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned i = 0;; i++) {
			int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			if (client < 0)
				_exit(1);
			*fake->calls = i + 1;
			if (i < fake->turned_away)
				fake_turn_away(fake, client);
			else
				fake_answer(client, bytes, len, end);
			close(client);
		}
	}
	close(fd);
}

static inline void fake_stop(struct fake *fake)
{
	kill(fake->pid, SIGKILL);
	assert_int_equal(waitpid(fake->pid, NULL, 0), fake->pid);
	munmap(fake->calls, sizeof(*fake->calls));
}

#endif
