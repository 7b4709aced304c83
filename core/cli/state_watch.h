/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * While a state is moved: an interrupt (SIGINT, SIGTERM, SIGHUP, or a reader that is gone) ends it
 * in good order instead of the program, and a terminal is told how far it is.
 */
#ifndef CORE_CLI_STATE_WATCH_H
#define CORE_CLI_STATE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/kernel.h"

/* From now on to the end of the program. The descriptor is readable once it was interrupted;
 * -errno. */
int interrupts_take(void);

struct state_watch {
	const char *what;
	uint64_t began; /* nanoseconds */
	uint64_t shown; /* when; 0: not yet */
	uint64_t total; /* bytes; 0: not known */
	bool terminal;	/* standard error is one */
};

/* what: the device; total: bytes, where they are known. */
void state_watch_begin(struct state_watch *watch, const char *what, uint64_t total);
/* For kernel_options; arg is the watch. */
int state_watch_show(void *arg, const struct kernel_progress *progress);
void state_watch_end(struct state_watch *watch);

/* "96 bytes", "64.0 MiB". Returns the buffer. */
const char *state_size(uint64_t bytes, char *buffer, size_t size);

#endif
