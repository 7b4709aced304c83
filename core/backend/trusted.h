/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that are executed or loaded. Owner and mode are checked on descriptors, and the
 * file is then used through the descriptor of its folder (/proc/self/fd/N/NAME). So the
 * owner of a folder above cannot exchange it after the check, and libraries beside a
 * backend ($ORIGIN) are still found. This needs /proc.
 */
#ifndef CORE_BACKEND_TRUSTED_H
#define CORE_BACKEND_TRUSTED_H

#include <limits.h>

#include "core/facts/error.h"

#define TRUSTED_PATH_MAX (NAME_MAX + 100)

struct trusted {
	int file;                /* for reading */
	int folder;              /* O_PATH */
	char name[NAME_MAX + 1]; /* in the folder */
};

/*
 * Open an absolute path, after following links, if file and folder belong to root or the
 * caller and nobody else can write them. Both descriptors are O_CLOEXEC.
 *
 * -EPERM: others own or can write one of them; -EINVAL: a relative path, or no regular
 * file; -ENOSYS: /proc is not mounted; otherwise the error of opening. The sentence names
 * the file or folder.
 */
int trusted_open(const char *path, struct trusted *ret, struct error *err);
/*
 * Check that root or the caller owns a file or folder, and nobody else can write it: 0,
 * -EPERM or an error of fstat. path is for the sentence.
 */
int trusted_check(int fd, const char *path, struct error *err);
/*
 * The path of a file through the descriptor of its folder. Valid as long as the
 * descriptor.
 */
void trusted_path(int folder, const char *name, char ret[static TRUSTED_PATH_MAX]);
void trusted_close(struct trusted *trusted);

#endif
