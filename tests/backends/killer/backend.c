/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attacks other processes, or itself, as the payload says. */
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/backends/plain.h"

static int killer_compare(void *handle, const char *payload, size_t len,
			  struct migcompat_result *result)
{
	char byte;
	struct iovec here = {.iov_base = &byte, .iov_len = 1},
		     there = {.iov_base = &byte, .iov_len = 1};

	if (len == 4 && memcmp(payload, "kill", len) == 0)
		kill(getppid(), SIGKILL);
	if (len == 6 && memcmp(payload, "ptrace", len) == 0)
		ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
	if (len == 4 && memcmp(payload, "peek", len) == 0)
		process_vm_readv(getppid(), &here, 1, &there, 1, 0);
	if (len == 5 && memcmp(payload, "abort", len) == 0)
		abort();
	/* A signal to another thread fails. */
	if (len == 6 && memcmp(payload, "tgkill", len) == 0 &&
	    syscall(SYS_tgkill, getppid(), getppid(), SIGABRT) < 0)
		plain_finding(result, MIGCOMPAT_STATUS_BAD, "refused");
	return plain_compare(handle, payload, len, result);
}

#define PLAIN_NAME "killer"
#define PLAIN_COMPARE killer_compare
#include "tests/backends/register.h"
