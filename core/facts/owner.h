/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks who can change a file or folder that verdicts depend on: only root and the
 * caller may.
 */
#ifndef CORE_FACTS_OWNER_H
#define CORE_FACTS_OWNER_H

#include <sys/stat.h>

#include "core/facts/error.h"

#define OWNER_SINCE_VERDICTS ", since it decides verdicts"

/*
 * -EPERM: it belongs to neither root nor the caller, or another user can write it. The
 * sticky bit of a folder does not help: other users could still add files. since ends the
 * sentence with the reason why it matters, or is "".
 */
int owner_check(const struct stat *st, const char *path, const char *since, struct error *err);

#endif
