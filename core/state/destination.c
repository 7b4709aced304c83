/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking a path component by component. Must not create anything. */
#include "core/state/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/text.h"

#define LINKS_MAX 40u /* as the kernel has it */
#define FOLDER_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct walk {
	const char *path; /* for messages */
	int folder;       /* in which the rest begins */
	char rest[PATH_MAX];
	unsigned links;
};

static int failed(const struct walk *walk, int r, struct error *err)
{
	return error_set(err, r, "%s could not be made: %s", walk->path, strerror(-r));
}

static int no_file(const struct walk *walk, struct error *err)
{
	return error_set(err, -ENOTSUP, "%s could not be made: it is there and no regular file",
			 walk->path);
}

/* Enter the folder of this name; "/" is the root. */
static int folder_enter(struct walk *walk, const char *name)
{
	int folder = openat(walk->folder, name, FOLDER_FLAGS);

	if (folder < 0)
		return -errno;
	if (walk->folder != AT_FDCWD)
		close(walk->folder);
	walk->folder = folder;
	return 0;
}

/* Take the next component off the rest. *ret_last: it is the last one. */
static int component_take(struct walk *walk, char name[NAME_MAX + 1], bool *ret_last)
{
	char *at = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(at, "/");
	char *next = at + len + strspn(at + len, "/");

	if (len == 0)
		return -EISDIR;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, at, len);
	name[len] = '\0';
	*ret_last = at[len] == '\0';
	memmove(walk->rest, next, strlen(next) + 1);
	return 0;
}

static bool is_ours(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* In a sticky folder nobody can replace the link of another user. */
static int link_check(const struct walk *walk, const char *name, const struct stat *link,
		      struct error *err)
{
	struct stat folder;
	bool closed;

	if (fstat(walk->folder, &folder) < 0)
		return failed(walk, -errno, err);
	closed = !(folder.st_mode & (S_IWGRP | S_IWOTH)) || (folder.st_mode & S_ISVTX);
	if (is_ours(folder.st_uid) && is_ours(link->st_uid) && closed)
		return 0;
	return error_set(err, -EPERM,
			 "%s could not be made: \"%s\" is a link that another user can have made",
			 walk->path, name);
}

/* The link's target goes before the rest. */
static int link_follow(struct walk *walk, const char *name, bool last)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlinkat(walk->folder, name, target, sizeof(target) - 1);
	int r;

	if (len < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	target[len] = '\0';
	r = text_format(rest, sizeof(rest), "%s%s%s", target, last ? "" : "/", walk->rest);
	if (r < 0)
		return r;
	memcpy(walk->rest, rest, (size_t)r + 1);
	return target[0] == '/' ? folder_enter(walk, "/") : 0;
}

/* 1: the name is the last one, and may be made; 0: there are more. */
static int step(struct walk *walk, char name[NAME_MAX + 1], struct error *err)
{
	struct stat st;
	bool last = false;
	int r = component_take(walk, name, &last);

	if (r < 0)
		return failed(walk, r, err);
	if (fstatat(walk->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return last && errno == ENOENT ? 1 : failed(walk, -errno, err);
	if (S_ISLNK(st.st_mode)) {
		r = link_check(walk, name, &st, err);
		if (r < 0)
			return r;
		r = link_follow(walk, name, last);
	} else if (last) {
		return S_ISREG(st.st_mode) ? 1 : no_file(walk, err);
	} else {
		r = folder_enter(walk, name);
	}
	return r < 0 ? failed(walk, r, err) : 0;
}

int destination_open(const char *path, struct destination *ret, struct error *err)
{
	struct walk walk = {.path = path, .folder = AT_FDCWD};
	struct stat st;
	int r;

	/* A pipe or a device cannot be replaced, and its link in /proc leads to no path. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return no_file(&walk, err);
	r = *path ? text_format(walk.rest, sizeof(walk.rest), "%s", path) : -ENOENT;
	if (r >= 0)
		r = folder_enter(&walk, path[0] == '/' ? "/" : ".");
	if (r < 0)
		return failed(&walk, r, err);
	do
		r = step(&walk, ret->name, err);
	while (r == 0);
	if (r < 0) {
		close(walk.folder);
		return r;
	}
	ret->folder = walk.folder;
	return 0;
}
