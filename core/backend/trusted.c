/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening files that are executed or loaded. */
#include "core/backend/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/owner.h"

int trusted_check(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		int code = -errno;

		return error_set(err, code, "%s: %s", path, strerror(-code));
	}
	return owner_check(&st, path, "", err);
}

/*
 * Open a file or folder that others cannot write; a negative errno with a sentence. at:
 * as for openat.
 */
static int open_checked(int at, const char *name, int flags, const char *path, struct error *err)
{
	int fd = openat(at, name, flags | O_CLOEXEC);
	int r;

	if (fd < 0) {
		int code = -errno;

		return error_set(err, code, "%s: %s", path, strerror(-code));
	}
	r = trusted_check(fd, path, err);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Pipes and devices are refused before they are opened, since opening a device can have
 * effects. The check is repeated after that, since the name may have changed its meaning.
 */
static int open_regular(int folder, const char *name, const char *path, struct error *err)
{
	struct stat st;
	int fd;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s: is no regular file", path);
	/* O_NONBLOCK: never wait for a pipe or device. */
	fd = open_checked(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, path, err);
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return error_set(err, -EINVAL, "%s: is no regular file", path);
}

static int open_both(char *real, struct trusted *trusted, struct error *err)
{
	char *slash = strrchr(real, '/');
	char path[TRUSTED_PATH_MAX];

	/* Realpath allows at most NAME_MAX bytes. */
	snprintf(trusted->name, sizeof(trusted->name), "%s", slash + 1);
	*slash = '\0';
	trusted->folder = open_checked(AT_FDCWD, *real ? real : "/",
				       O_PATH | O_DIRECTORY | O_NOFOLLOW, *real ? real : "/", err);
	*slash = '/';
	if (trusted->folder < 0)
		return trusted->folder;
	trusted->file = open_regular(trusted->folder, trusted->name, real, err);
	if (trusted->file < 0)
		return trusted->file;
	trusted_path(trusted->folder, trusted->name, path);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return error_set(
			err, -ENOSYS,
			"%s: /proc is not mounted, which is needed to open what was checked", real);
	return 0;
}

int trusted_open(const char *path, struct trusted *ret, struct error *err)
{
	struct trusted trusted = {.file = -1, .folder = -1};
	char real[PATH_MAX];
	int r;

	if (path[0] != '/')
		return error_set(err, -EINVAL, "%s: expected an absolute path", path);
	if (!realpath(path, real)) {
		r = -errno;
		return error_set(err, r, "%s: %s", path, strerror(-r));
	}
	r = open_both(real, &trusted, err);
	if (r)
		trusted_close(&trusted);
	else
		*ret = trusted;
	return r;
}

void trusted_path(int folder, const char *name, char ret[static TRUSTED_PATH_MAX])
{
	snprintf(ret, TRUSTED_PATH_MAX, "/proc/self/fd/%d/%s", folder, name);
}

void trusted_close(struct trusted *trusted)
{
	if (trusted->file >= 0)
		close(trusted->file);
	if (trusted->folder >= 0)
		close(trusted->folder);
	trusted->file = trusted->folder = -1;
}
