/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule and its message, for all files and folders that others must not write. */
#include "core/facts/owner.h"

#include <errno.h>
#include <unistd.h>

int owner_check(const struct stat *st, const char *path, const char *since, struct error *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(err, -EPERM,
				 "%s belongs to user %u, expected root or the caller%s", path,
				 (unsigned)st->st_uid, since);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, -EPERM,
				 "%s can be written by others (mode %04o), "
				 "expected by its owner alone%s",
				 path, (unsigned)st->st_mode & 07777u, since);
	return 0;
}
