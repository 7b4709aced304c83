/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output of "prepare": a script that fails for all answers but "ready", errors of
 * usage included.
 */
#ifndef CORE_CLI_SCRIPT_H
#define CORE_CLI_SCRIPT_H

#include <stdbool.h>

#include "core/check/plan.h"

struct cli;

/* Does the command print a script? Works even if the rest of the line is wrong. */
bool script_wanted(const struct cli *cli);

/*
 * Print the writes of a plan. On another host than host the script writes nothing and
 * fails. It ends at the first write that fails.
 */
void script_plan(const struct plan *plan, const char *host);
/*
 * Print a script that says why there is nothing to do, and exits with status. why has no
 * control characters. NULL: the reason was printed already.
 */
void script_refuse(const char *why, int status);

#endif
