/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening backend files, and copying those that the worker's user cannot reach. Runs before any vendor code. */
#include "core/worker/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "core/backend/child.h"
#include "core/backend/loader.h"

#define FILE_FD (CHILD_LIFE + 1)
#define FILE_FD_PATH "/proc/self/fd/5"
#define PIECE (1u << 20) /* bytes that are copied at a time */

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* since 6.3, and asked for by some administrators; it is mapped, never executed as a program */
#endif

_Static_assert(FILE_FD == 5, "the path says so too");

void file_open(struct file *file, const char *path)
{
	*file = (struct file){.path = path, .fd = -1, .folder = -1};
	file->fd = loader_open(path, &file->folder, &file->refusal);
	if (file->fd < 0)
		file->fd = -1;
}

static int memory(void)
{
	int fd = memfd_create("migcompat-backend", MFD_CLOEXEC | MFD_NOEXEC_SEAL | MFD_ALLOW_SEALING);

	return fd < 0 && errno == EINVAL ? memfd_create("migcompat-backend", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

/* A descriptor of a copy that nobody can change any more, or -errno. */
static int copy(int fd)
{
	int to = memory();
	ssize_t n = 1;
	int r = to < 0 ? -errno : 0;

	while (!r && n > 0) {
		n = sendfile(to, fd, NULL, PIECE);
		if (n < 0 && errno != EINTR)
			r = -errno;
	}
	if (!r && fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r && to >= 0)
		close(to);
	return r ? r : to;
}

void file_reach(struct file *file)
{
	int fd;

	if (file->fd < 0 || access(file->path, R_OK) == 0)
		return;
	fd = copy(file->fd);
	close(file->fd);
	file->fd = fd < 0 ? -1 : fd;
	if (fd < 0)
		error_set(&file->refusal, fd, "its worker can neither read it nor copy it: %s", strerror(-fd));
	else
		file->from = FILE_FD_PATH;
}

int file_keep(struct file *file)
{
	unsigned first = FILE_FD;

	if (file->from) {
		if (file->fd != FILE_FD && dup2(file->fd, FILE_FD) < 0)
			return -errno;
		first++;
	}
	file->fd = file->from ? FILE_FD : -1;
	file->folder = -1;
	return close_range(first, ~0u, 0) < 0 ? -errno : 0;
}

void file_done(struct file *file)
{
	if (file->from)
		close(FILE_FD);
	file->fd = -1;
}
