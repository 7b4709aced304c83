/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of "state load": what is asked, and what came of it. */
#ifndef CORE_CLI_STATE_LOADING_H
#define CORE_CLI_STATE_LOADING_H

#include "core/cli/state.h"

struct loading {
	struct cli *cli;
	struct state_file file;
	const struct device *target;
	struct migcompat_verdict verdict;
	json_t *document; /* the verdict's */
	struct kernel_report report;
	bool regions;     /* the device has regions; nothing is read back */
	struct error err; /* what went wrong; "": nothing did */
	bool tried;
	int r;
};

/* The part of a load that differs between a kernel driver and regions: sets tried, r, err and the
 * report. Returns 0, or CLI_TROUBLE after an error that was printed. */
typedef int loading_fn(struct loading *loading, void *arg);

/*
 * Load if the file has this content and the verdict, --force included, allows it. Prints what came
 * of it, and returns the exit status.
 */
int loading_run(struct loading *loading, enum format_content content, loading_fn *load, void *arg);
/* Free what the file and the verdict hold. */
void loading_end(struct loading *loading);

#endif
