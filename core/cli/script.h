/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "prepare" prints: a script that a shell may read, whatever the answer is. */
#ifndef CORE_CLI_SCRIPT_H
#define CORE_CLI_SCRIPT_H

#include <stdbool.h>

#include "core/check/plan.h"

struct cli;

/* Does the command print a script? Also known where the rest of the line is wrong. */
bool script_wanted(const struct cli *cli);

/*
 * The writes of a plan. Run on another host than this one, the script writes nothing and fails; the
 * first write that fails ends it.
 */
void script_plan(const struct plan *plan, const char *host);
/* One that says why there is nothing to do, and ends with the status. why: without control
 * characters; NULL: it was said. */
void script_refuse(const char *why, int status);

#endif
