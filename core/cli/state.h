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

/* A file that was read to its end. Starts zeroed; must not be moved. */
struct state_file {
	struct state_source source;
	struct survey survey;
	bool opened;
	bool twice; /* it will be read again; set before it is opened */
};

/* Each returns 0, or CLI_TROUBLE after saying what is wrong. The file must be released in both
 * cases. */

/* Open and survey. */
int state_read(struct cli *cli, const char *path, struct state_file *ret);
/*
 * The same for the first argument, and the device that the second one names. A file that will be
 * loaded (twice) must be a state file; otherwise it may be a kernel driver's bare stream.
 */
int state_target(struct cli *cli, struct state_file *file, const struct device **ret);
/* Compare the file's string and stream with the target. */
int state_judge(struct cli *cli, const struct state_file *file, const struct device *target,
		struct migcompat_verdict *verdict);
void state_release(struct state_file *file);
/* Add what is wrong with the file itself to the verdict. */
void state_judge_file(const struct survey *survey, struct migcompat_verdict *verdict);
/* The path of an argument "unix:PATH"; NULL: the argument is a device's name. */
const char *state_unix(const char *argument);
/* Is --interface regions given? */
bool state_by_regions(const struct cli *cli);
/* Check the options about a VFIO device: --stopped is none of them. ret: --interface. */
int state_device_options(const struct cli *cli, enum vfio_way *ret);

/* What was saved, for people or as "migcompat-state-saved/1". */
struct state_saved {
	const char *device;
	const char *host;
	const char *version;
	const char *interface;
	uint64_t bytes;
	uint64_t ahead_bytes; /* while the device ran */
	unsigned rounds;
};

/* Returns CLI_YES, or CLI_TROUBLE. */
int state_saved_say(const struct cli *cli, const struct state_saved *saved);
/* A device that cannot be saved at all is an answer: CLI_NO. */
int state_cannot(const struct cli *cli, const struct device *device, int error, const char *text);

#define STATE_CANNOT "its driver in this kernel cannot migrate it"

/* state_table.c: "migcompat-state/1" for people. Returns status, or CLI_TROUBLE. */
int state_print(const struct cli *cli, const json_t *document, int status);

#endif
