/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict for people. */
#ifndef CORE_CLI_VERDICT_TABLE_H
#define CORE_CLI_VERDICT_TABLE_H

#include "core/cli/output.h"

/* Headline, notes and findings; of an error, whose sentence was said, only with --verbose. Returns status, or CLI_TROUBLE. */
int verdict_print(const struct cli *cli, const struct migcompat_verdict *verdict, int status);

#endif
