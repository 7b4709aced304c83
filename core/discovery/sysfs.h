/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading sysfs: paths, links and attributes. Absolute paths and plain calls only, so that a
 * recorded host that is put in the place of /sys by preloading is read in the same way. Follows no
 * link that leads out of /sys.
 */
#ifndef CORE_DISCOVERY_SYSFS_H
#define CORE_DISCOVERY_SYSFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* A path that grows and shrinks by one name at a time. */
struct sysfs_path {
	size_t len;
	char text[PATH_MAX];
};

/* -ENAMETOOLONG; the path is untouched then. */
int sysfs_path_set(struct sysfs_path *path, const char *text);
int sysfs_path_push(struct sysfs_path *path, const char *name);
/* Back to a length that it had. */
void sysfs_path_cut(struct sysfs_path *path, size_t len);
/* The last name in a path or in a link's target. */
const char *sysfs_name(const char *path);

/* A link's target as it stands there, zero-terminated. -EINVAL: no link; -ENAMETOOLONG; else
 * readlink's errno. */
int sysfs_link(const char *path, char *target, size_t size);
/*
 * Where a link in this folder leads, by its text alone: sysfs has one name for each folder, so that
 * equal folders give equal paths. -ENOENT: out of /sys, where nothing is that we read: it dangles.
 * ret may not be folder.
 */
int sysfs_follow(const struct sysfs_path *folder, const char *target, struct sysfs_path *ret);
/*
 * An attribute's bytes, at most size. -EFBIG: there are more; -EISDIR: a folder; -EACCES: also
 * where it can only be written; else the errno of open or read. Never blocks.
 */
int sysfs_read(const char *path, char *buffer, size_t size, size_t *ret_len);
/* Read an open file to its end, at most size bytes. -EFBIG: there are more; or the errno of read.
 */
int sysfs_read_open(int fd, char *buffer, size_t size, size_t *ret_len);

#define SYSFS_MODALIAS_MAX 4097u /* bytes, with its NUL */
/* A device's modalias without the newline; "" and false: it has none, or it could not be read. */
bool sysfs_modalias(const char *folder, char ret[static SYSFS_MODALIAS_MAX]);

/* Does this errno say that nothing is there? Also where a device went away meanwhile. Any sign. */
bool sysfs_missing(int error);
/* Could this name, as read from a folder, be part of a key or an id? */
bool sysfs_name_sane(const char *name);

#endif
