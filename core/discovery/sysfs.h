/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading sysfs: paths, links and attributes. It uses absolute paths and plain calls
 * only. So a recorded host, which a preloaded library puts in the place of /sys, is read
 * in the same way. No link that leads out of /sys is followed.
 */
#ifndef CORE_DISCOVERY_SYSFS_H
#define CORE_DISCOVERY_SYSFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* A path to which names are added and from which they are removed. */
struct sysfs_path {
	size_t len;
	char text[PATH_MAX];
};

/* -ENAMETOOLONG: it does not fit, and the path is unchanged. */
int sysfs_path_set(struct sysfs_path *path, const char *text);
int sysfs_path_push(struct sysfs_path *path, const char *name);
/* Shorten the path to an earlier length. */
void sysfs_path_cut(struct sysfs_path *path, size_t len);
/* The last name in a path or in the target of a link. */
const char *sysfs_name(const char *path);

/*
 * The target of a link as it is, zero-terminated. -EINVAL: it is no link. -ENAMETOOLONG.
 * Other errors are those of readlink.
 */
int sysfs_link(const char *path, char *target, size_t size);
/*
 * The folder that a link in this folder refers to, from its text alone. sysfs has one
 * name per folder, so the same folder always gives the same path. -ENOENT: it leads out
 * of /sys, as a dangling link does. ret must not be folder.
 */
int sysfs_follow(const struct sysfs_path *folder, const char *target, struct sysfs_path *ret);
/*
 * Read an attribute of at most size bytes. It never blocks. -EFBIG: it has more. -EISDIR:
 * it is a folder. -EACCES: also if it can only be written. Other errors are those of open
 * and read.
 */
int sysfs_read(const char *path, char *buffer, size_t size, size_t *ret_len);
/*
 * Read an open file to its end, at most size bytes. -EFBIG: there are more; or the errno
 * of read.
 */
int sysfs_read_open(int fd, char *buffer, size_t size, size_t *ret_len);

#define SYSFS_MODALIAS_MAX 4097u /* bytes, with its NUL */
/*
 * The modalias of a device, without the newline. false and "": it has none, or it cannot
 * be read.
 */
bool sysfs_modalias(const char *folder, char ret[static SYSFS_MODALIAS_MAX]);

/*
 * Does this errno (of any sign) mean that a file does not exist, perhaps because its
 * device went away?
 */
bool sysfs_missing(int error);
/* Can a name from a folder be part of a key or an id? */
bool sysfs_name_sane(const char *name);

#endif
