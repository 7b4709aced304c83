/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making workers by clone. Each copy is a child of the process that started this program.
 */
#include "core/worker/copies.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/operation/step.h"
#include "core/wire/worker_process.h"

static int send_hello(uint32_t missing)
{
	struct worker_hello hello = {.pid = getpid(), .missing = missing};

	return write(WORKER_SOCKET, &hello, sizeof(hello)) == sizeof(hello) ? 0 : -EPIPE;
}

/* As fork, but the copy is a child of this process's parent. */
static long fork_sibling(void)
{
	const unsigned long flags = CLONE_PARENT | SIGCHLD;

#ifdef __s390__
	return syscall(SYS_clone, NULL, flags, NULL, NULL, 0ul);
#else
	return syscall(SYS_clone, flags, NULL, NULL, NULL, 0ul);
#endif
}

/* In copy number i. */
static int copy_start(int i, int steps, uint32_t missing)
{
	int socket = WORKER_SOCKET + 2 * i;
	int r;

	step_publish(step_write(steps, (size_t)i));
	r = dup2(socket, WORKER_SOCKET) < 0 || dup2(socket + 1, WORKER_LIFE) < 0
		    ? -errno
		    : send_hello(missing);
	return r ? r : i;
}

int copies_make(size_t count, uint32_t missing)
{
	const int steps = WORKER_STEPS(count);

	for (size_t i = 1; i < count; i++) {
		long pid = fork_sibling();

		if (pid < 0)
			return -errno;
		if (pid == 0)
			return copy_start((int)i, steps, missing);
	}
	step_publish(step_write(steps, 0));
	return send_hello(missing);
}
