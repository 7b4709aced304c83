/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about state files share. */
#ifndef CORE_CLI_STATE_H
#define CORE_CLI_STATE_H

#include <jansson.h>

#include "core/check/check.h"
#include "core/cli/cli.h"
#include "core/state/source.h"
#include "core/state/survey.h"
#include "core/vfio/vfio.h"

/* A file that was read from end to end. Zeroed is a valid start; do not move it. */
struct state_file {
	struct state_source source;
	struct survey survey;
	bool opened;
	bool twice; /* it is to be read again: set before it is opened */
};

/* Each returns 0, or CLI_TROUBLE after saying what is wrong; the file is to be released in any
 * case. */

/* Open and survey. */
int state_read(struct cli *cli, const char *path, struct state_file *ret);
/*
 * The same of the first argument, and the device that the second one names. A file that is to be
 * loaded (twice) must be a state file; otherwise a kernel driver's bare stream will do.
 */
int state_target(struct cli *cli, struct state_file *file, const struct device **ret);
/* Hold the file's string and stream against the target. */
int state_judge(struct cli *cli, const struct state_file *file, const struct device *target,
		struct migcompat_verdict *verdict);
void state_release(struct state_file *file);
/* The way to a device that was asked for. */
int state_way(const struct cli *cli, enum vfio_way *ret);

#define STATE_CANNOT "its driver in this kernel cannot migrate it"

/* state_table.c: "migcompat-state/1" for people. Returns status, or CLI_TROUBLE. */
int state_print(const struct cli *cli, const json_t *document, int status);

#endif
