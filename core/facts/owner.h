/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may change a file or folder that something depends on: root and the caller alone. */
#ifndef CORE_FACTS_OWNER_H
#define CORE_FACTS_OWNER_H

#include <sys/stat.h>

#include "core/facts/error.h"

#define OWNER_SINCE_VERDICTS ", since it decides verdicts"

/*
 * 0, or -EPERM: it belongs to neither root nor the caller, or another user can write it. The sticky
 * bit of a folder is no excuse: others could not replace what is there, but add to it. since: the
 * end of the sentence, which says why that matters, or "".
 */
int owner_check(const struct stat *st, const char *path, const char *since, struct error *err);

#endif
