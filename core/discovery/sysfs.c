/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading sysfs. Must not know what a device is. */
#include "core/discovery/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/factset.h"

#define ROOT "/sys"

int sysfs_path_set(struct sysfs_path *path, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(path->text))
		return -ENAMETOOLONG;
	memcpy(path->text, text, len + 1);
	path->len = len;
	return 0;
}

int sysfs_path_push(struct sysfs_path *path, const char *name)
{
	size_t len = strlen(name);

	if (len + 2 > sizeof(path->text) - path->len)
		return -ENAMETOOLONG;
	path->text[path->len] = '/';
	memcpy(path->text + path->len + 1, name, len + 1);
	path->len += len + 1;
	return 0;
}

void sysfs_path_cut(struct sysfs_path *path, size_t len)
{
	path->len = len;
	path->text[len] = '\0';
}

const char *sysfs_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int sysfs_link(const char *path, char *target, size_t size)
{
	ssize_t len = readlink(path, target, size);

	if (len < 0)
		return -errno;
	if ((size_t)len >= size)
		return -ENAMETOOLONG;
	target[len] = '\0';
	return 0;
}

/* Apply one component of a target to the path. */
static int follow_step(struct sysfs_path *path, const char *name)
{
	if (!*name || strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") != 0)
		return sysfs_path_push(path, name);
	if (path->len <= strlen(ROOT))
		return -ENOENT;
	sysfs_path_cut(path, (size_t)(sysfs_name(path->text) - path->text) - 1);
	return 0;
}

static bool is_inside(const char *path)
{
	return strcmp(path, ROOT) == 0 || strncmp(path, ROOT "/", strlen(ROOT "/")) == 0;
}

int sysfs_follow(const struct sysfs_path *folder, const char *target, struct sysfs_path *ret)
{
	char name[NAME_MAX + 1];
	int r = 0;

	if (!is_inside(target[0] == '/' ? target : folder->text))
		return -ENOENT;
	if (target[0] == '/') {
		sysfs_path_set(ret, ROOT);
		target += strlen(ROOT);
	} else {
		memcpy(ret->text, folder->text, folder->len + 1);
		ret->len = folder->len;
	}
	while (*target && r == 0) {
		size_t len = strcspn(target, "/");

		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, target, len);
		name[len] = '\0';
		r = follow_step(ret, name);
		target += len;
		target += *target == '/';
	}
	return r;
}

/*
 * Only regular files that can be read. Root could also open files that are only for
 * writing, and would get bytes that mean nothing.
 */
static int attribute_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	return st.st_mode & 0444 ? 0 : -EACCES;
}

int sysfs_read_open(int fd, char *buffer, size_t size, size_t *ret_len)
{
	size_t len = 0;
	char beyond;

	for (;;) {
		bool full = len == size;
		ssize_t got = full ? read(fd, &beyond, 1) : read(fd, buffer + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		if (full)
			return -EFBIG;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

int sysfs_read(const char *path, char *buffer, size_t size, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return -errno;
	r = attribute_check(fd);
	if (r == 0)
		r = sysfs_read_open(fd, buffer, size, ret_len);
	close(fd);
	return r;
}

bool sysfs_missing(int error)
{
	switch (abs(error)) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
		return true;
	default:
		return false;
	}
}

bool sysfs_name_sane(const char *name)
{
	size_t len = strlen(name);

	return len && len <= FACT_KEY_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       utf8_clean(name, len);
}

bool sysfs_modalias(const char *folder, char ret[static SYSFS_MODALIAS_MAX])
{
	struct sysfs_path path;
	size_t len = 0;

	if (sysfs_path_set(&path, folder) < 0 || sysfs_path_push(&path, "modalias") < 0 ||
	    sysfs_read(path.text, ret, SYSFS_MODALIAS_MAX - 1, &len) < 0)
		len = 0;
	ret[len] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return *ret != '\0';
}
