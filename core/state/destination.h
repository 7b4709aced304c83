/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The destination of a path for a new file: an open folder and a name in it. Every folder of the
 * path is opened from the one before, so that nobody can exchange one meanwhile. A link is followed
 * only if root or the caller made it: if root saves a file in another user's folder, it must not
 * replace the target of that user's link.
 */
#ifndef CORE_STATE_DESTINATION_H
#define CORE_STATE_DESTINATION_H

#include <limits.h>

#include "core/facts/error.h"

struct destination {
	int folder; /* O_PATH */
	char name[NAME_MAX + 1];
};

/*
 * The caller closes the folder. -ENOTSUP: the path is there and no regular file; -EPERM: another
 * user can have made a link of the path, err names it; -ELOOP; -ENAMETOOLONG; otherwise the errno
 * of openat. err is always set.
 */
int destination_open(const char *path, struct destination *ret, struct error *err);

#endif
