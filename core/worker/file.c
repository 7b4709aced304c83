/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a backend's file, and copying it if the worker's user cannot read it. Runs
 * before vendor code.
 */
#include "core/worker/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "core/wire/worker_process.h"

#define FILE_FD (WORKER_LIFE + 1)
#define PIECE (1u << 20) /* bytes copied at a time */

#ifndef MFD_NOEXEC_SEAL
/* Since Linux 6.3. Some systems require it. The copy is mapped, never executed. */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

void file_open(struct file *file, const char *path)
{
	*file = (struct file){.path = path, .opened = {.file = -1, .folder = -1}, .copy = -1};
	trusted_open(path, &file->opened, &file->refusal);
}

static int memory_file(void)
{
	int fd = memfd_create("migcompat-backend",
			      MFD_CLOEXEC | MFD_NOEXEC_SEAL | MFD_ALLOW_SEALING);

	return fd < 0 && errno == EINVAL
		       ? memfd_create("migcompat-backend", MFD_CLOEXEC | MFD_ALLOW_SEALING)
		       : fd;
}

/* Copy the file into sealed memory. Returns a descriptor or a negative errno. */
static int copy_to_memory(int fd)
{
	int to = memory_file();
	ssize_t n = 1;
	int r = to < 0 ? -errno : 0;

	while (!r && n > 0) {
		n = sendfile(to, fd, NULL, PIECE);
		if (n < 0 && errno != EINTR)
			r = -errno;
	}
	if (!r &&
	    fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r && to >= 0)
		close(to);
	return r ? r : to;
}

void file_reach(struct file *file)
{
	if (file->opened.file < 0)
		return;
	trusted_path(FILE_FD, file->opened.name, file->from);
	if (faccessat(file->opened.folder, file->opened.name, R_OK, 0) == 0)
		return;
	file->copy = copy_to_memory(file->opened.file);
	if (file->copy < 0)
		error_set(&file->refusal, file->copy,
			  "its worker can neither read it nor copy it: %s", strerror(-file->copy));
	snprintf(file->from, sizeof(file->from), "/proc/self/fd/%d", FILE_FD);
}

int file_keep(struct file *file)
{
	int keep = file->copy >= 0 ? file->copy : file->opened.folder;
	unsigned first = FILE_FD;

	if (keep >= 0) {
		if (keep != FILE_FD && dup2(keep, FILE_FD) < 0)
			return -errno;
		first++;
	}
	return close_range(first, ~0u, 0) < 0 ? -errno : 0;
}

void file_done(struct file *file)
{
	if (file->opened.folder >= 0)
		close(FILE_FD);
	file->opened.folder = -1;
}
