/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a path for a new file leads: an open folder and a name in it. Every folder on the way is
 * opened from the one before, so that nobody can exchange one meanwhile. A link counts only if
 * nobody but root and the caller can have put it there: root that saves a file in another user's
 * folder must not replace what that user's link leads to.
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
 * The caller closes the folder. -ENOTSUP: what is there is no regular file; -EPERM: a link of
 * others is on the way, err names it; -ELOOP, -ENAMETOOLONG, and what openat says. err is set
 * always.
 */
int destination_open(const char *path, struct destination *ret, struct error *err);

#endif
