/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the output of programs and the service for tests/schema/validate, which runs
 * after all tests. Each test program appends to its own file.
 */
#ifndef TESTS_SUPPORT_DOCUMENTS_H
#define TESTS_SUPPORT_DOCUMENTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * It does not use cmocka, so that a child process can call it. ctest makes the folder: a
 * test that is run by hand keeps nothing, and neither does a child that became another
 * user. It is one write, because children append to the same file.
 */
static inline void documents_keep(const char *text)
{
	struct iovec parts[] = {
		{(void *)(uintptr_t)text, strlen(text)},
		{(void *)(uintptr_t) "\n", 1},
	};
	ssize_t len = (ssize_t)parts[0].iov_len + 1;
	char path[4096];
	int fd;

	if (!strchr(text, '{'))
		return;
	snprintf(path, sizeof(path), "%s/documents/%s", TEST_BUILD, program_invocation_short_name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 && (errno == ENOENT || errno == EACCES))
		return;
	if (fd < 0 || writev(fd, parts, 2) != len) {
		fprintf(stderr, "%s: a document is lost: %s\n", path, strerror(errno));
		abort();
	}
	close(fd);
}

#endif
