/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creating or taking over the listening socket, and the lock of the holds. */
#include "core/service/varlink/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/check/holds_file.h"
#include "core/facts/text.h"

#define BACKLOG SOMAXCONN /* beyond it, the kernel refuses clients that do not wait */
#define CLAIM_NAME ".lock"

/* Only root can give a file to any group. For other users the file keeps their group. */
static int set_group(const char *path, const struct peer_group *group, struct error *err)
{
	if (!group->exists || lchown(path, (uid_t)-1, group->gid) == 0 ||
	    (errno == EPERM && geteuid() != 0))
		return 0;
	return error_set(err, -errno, "cannot change the group of %s: %s", path, strerror(errno));
}

int listen_folder(const char *path, const struct peer_group *group, struct error *err)
{
	struct stat st;

	if (mkdir(path, 0750) == 0)
		return set_group(path, group, err);
	if (errno != EEXIST)
		return error_set(err, -errno, "cannot create folder %s: %s", path, strerror(errno));
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "%s is no folder", path);
	return 0;
}

/* Another process may have created the lock file: it must be ours, and closed to others. */
static int claim_check(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s is no regular file", path);
	if (st.st_uid != geteuid() || st.st_nlink != 1)
		return error_set(
			err, -EPERM,
			"%s belongs to user %u and has %ju names, expected user %u and one", path,
			(unsigned)st.st_uid, (uintmax_t)st.st_nlink, (unsigned)geteuid());
	if (st.st_mode & 077 && fchmod(fd, 0600) < 0)
		return error_set(err, -errno, "cannot set the mode of %s: %s", path,
				 strerror(errno));
	return 0;
}

static int claim_open(int folder, const char *path, struct error *err)
{
	int fd = openat(folder, CLAIM_NAME,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	int r;

	if (fd < 0 && errno == ELOOP)
		return error_set(err, -EINVAL, "%s is no regular file", path);
	if (fd < 0)
		return error_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	r = claim_check(fd, path, err);
	if (!r)
		return fd;
	close(fd);
	return r;
}

int listen_claim(const char *folder, int *ret, struct error *err)
{
	char path[PATH_MAX];
	int at, fd, r;

	if (text_format(path, sizeof(path), "%s/" CLAIM_NAME, folder) < 0)
		return error_set(err, -ENAMETOOLONG, "%.64s…: the folder's name is too long",
				 folder);
	at = holds_folder_open(folder, err);
	if (at < 0)
		return at;
	fd = claim_open(at, path, err);
	close(at);
	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret = fd;
		return 0;
	}
	r = -errno;
	close(fd);
	if (r == -EWOULDBLOCK)
		return error_set(err, -EBUSY, "another service keeps its holds in %s", folder);
	return error_set(err, r, "cannot lock %s: %s", path, strerror(-r));
}

/* The process that listens at the other end; -1: unknown. */
static int listener_pid(int fd)
{
	struct ucred cred = {.pid = -1};
	socklen_t size = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 ? -1 : (int)cred.pid;
}

/* Remove a socket at which no process answers. Everything else stays, with an error. */
static int remove_dead_socket(const struct sockaddr_un *address, struct error *err)
{
	struct stat st;
	int fd, r, pid;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0
				       : error_set(err, -errno, "%s: %s", address->sun_path,
						   strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EADDRINUSE, "%s is in the way: it is no socket",
				 address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, -errno, "cannot create a socket: %s", strerror(errno));
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	pid = r ? -1 : listener_pid(fd);
	close(fd);
	if (pid > 0)
		return error_set(err, -EADDRINUSE, "another service answers at %s: pid %d",
				 address->sun_path, pid);
	if (r != -ECONNREFUSED)
		return error_set(err, -EADDRINUSE, "another service answers at %s",
				 address->sun_path);
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return error_set(err, -errno, "cannot remove %s: %s", address->sun_path,
				 strerror(errno));
	return 0;
}

static int bind_listen(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0117);
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

	umask(before);
	if (!r && listen(fd, BACKLOG) < 0)
		r = -errno;
	return r;
}

int listen_open(const char *path, const struct peer_group *group, int *ret, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG, "%s: a socket's path has at most %zu bytes",
				 path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = remove_dead_socket(&address, err);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, -errno, "cannot create a socket: %s", strerror(errno));
	r = bind_listen(fd, &address);
	if (r)
		error_set(err, r, "cannot listen at %s: %s", path, strerror(-r));
	else
		r = set_group(path, group, err);
	if (r)
		close(fd);
	else
		*ret = fd;
	return r;
}

/* Assign one of the passed descriptors. */
static int assign_passed(int fd, bool is_stored, int *ret_socket, int *ret_stored)
{
	int flags;

	if (is_stored && *ret_stored < 0) {
		*ret_stored = fd;
		return 0;
	}
	if (is_stored || *ret_socket >= 0 || sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	*ret_socket = fd;
	return 0;
}

int listen_passed(const char *stored, int *ret_socket, int *ret_stored, struct error *err)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names), r = 0;

	*ret_socket = *ret_stored = -1;
	if (count < 0)
		return error_set(err, count, "cannot read the descriptors from systemd: %s",
				 strerror(-count));
	for (int i = 0; i < count; i++) {
		if (!r)
			r = assign_passed(SD_LISTEN_FDS_START + i, strcmp(names[i], stored) == 0,
					  ret_socket, ret_stored);
		free(names[i]);
	}
	free(names);
	if (!r)
		return 0;
	for (int i = 0; i < count; i++)
		close(SD_LISTEN_FDS_START + i);
	*ret_socket = *ret_stored = -1;
	return error_set(err, r,
			 "%d descriptors were passed, expected one listening unix stream socket, "
			 "and one called \"%s\" at most",
			 count, stored);
}
