/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * While a state is moved: an interrupt (SIGINT, SIGTERM, SIGHUP, or a closed pipe) ends the move in
 * good order instead of the program. A terminal shows the progress.
 */
#ifndef CORE_CLI_STATE_WATCH_H
#define CORE_CLI_STATE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/regions/save.h"
#include "core/state/kernel.h"

/* Take interrupts until the program ends. Returns a descriptor that is readable after an interrupt,
 * or -errno. */
int interrupts_take(void);

struct state_watch {
	const char *what;
	uint64_t began; /* nanoseconds */
	uint64_t shown; /* when; 0: not yet */
	uint64_t total; /* bytes; 0: not known */
	bool terminal;  /* standard error is one */
};

/* what: the device; total: bytes, 0 if unknown. */
void state_watch_begin(struct state_watch *watch, const char *what, uint64_t total);
/* For kernel_options and save_options; arg is the watch. Return 0. */
int state_watch_show(void *arg, const struct kernel_progress *progress);
int state_watch_save(void *arg, const struct save_progress *progress);
/* Of a load: bytes so far. */
void state_watch_load(struct state_watch *watch, uint64_t bytes);
void state_watch_end(struct state_watch *watch);

/* "96 bytes", "64.0 MiB". Returns the buffer. */
const char *state_size(uint64_t bytes, char *buffer, size_t size);

#endif
