/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that are executed or loaded: checked once, then reached through the descriptor of their
 * folder alone. Whoever owns a folder above can put another one in its place, but not in the
 * descriptor's.
 */
#ifndef CORE_BACKEND_TRUSTED_H
#define CORE_BACKEND_TRUSTED_H

#include <limits.h>

#include "core/facts/error.h"

#define TRUSTED_PATH_MAX (NAME_MAX + 100)

struct trusted {
	int file;		 /* for reading */
	int folder;		 /* O_PATH */
	char name[NAME_MAX + 1]; /* in the folder */
};

/*
 * Open path (absolute; links are followed first) if file and folder belong to root or the caller
 * and nobody else can write them. -EPERM: they do not; -EINVAL: path is relative, or no regular
 * file; -ENOSYS: /proc is not mounted, without which a descriptor is no path; otherwise what
 * opening says. The sentence names the file or folder. Both descriptors are O_CLOEXEC.
 */
int trusted_open(const char *path, struct trusted *ret, struct error *err);
/*
 * Does fd, of a file or folder, belong to root or the caller, and can nobody else write it? -EPERM
 * and fstat's errors. path: for the sentence.
 */
int trusted_check(int fd, const char *path, struct error *err);
/* The path of a file in a folder that is open; valid as long as the descriptor is. */
void trusted_path(int folder, const char *name, char ret[static TRUSTED_PATH_MAX]);
void trusted_close(struct trusted *trusted);

#endif
