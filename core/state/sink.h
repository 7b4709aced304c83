/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a state goes: a file that has its name only once it is whole, or standard output. A state
 * may hold secrets of a guest, so that a file is its owner's alone.
 */
#ifndef CORE_STATE_SINK_H
#define CORE_STATE_SINK_H

#include "core/state/destination.h"
#include "core/state/transport.h"

struct state_sink {
	struct state_transport transport; /* points to this struct: do not move it */
	int fd;
	int stop;			/* readable: writing ends with -ECANCELED; -1: never */
	const char *path;		/* as it was given; NULL: standard output */
	struct destination destination; /* where path is not NULL */
	char temporary[NAME_MAX + 1];	/* the file's name until it is kept; "": none */
};

/*
 * Begin a file beside the one that it will replace, or take "-", standard output. The path must
 * outlive the sink. Errors: those of destination_open, and what openat says. Nothing is to be
 * closed then.
 */
int sink_open(struct state_sink *sink, const char *path, int stop, struct error *err);
/* To disk, and to its name. */
int sink_keep(struct state_sink *sink, struct error *err);
/* Unless it was kept nothing of it stays. */
void sink_close(struct state_sink *sink);

#endif
