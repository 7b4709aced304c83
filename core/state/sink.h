/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The destination of a state: a file that gets its name after it is complete, or standard output. A
 * state may hold secrets of a guest, so only the owner can read the file.
 */
#ifndef CORE_STATE_SINK_H
#define CORE_STATE_SINK_H

#include "core/state/destination.h"
#include "core/state/transport.h"

struct state_sink {
	struct state_transport transport; /* points to this struct: do not move it */
	int fd;
	int stop;                       /* if it is readable, writing ends: -ECANCELED. -1: none */
	const char *path;               /* as given; NULL: standard output */
	struct destination destination; /* unless path is NULL */
	char temporary[NAME_MAX + 1];   /* the file's name until it is kept; "": none */
};

/*
 * Begin a file beside the one that it will replace, or take "-", standard output. The path must
 * outlive the sink. Errors are those of destination_open and openat; the sink is closed then.
 */
int sink_open(struct state_sink *sink, const char *path, int stop, struct error *err);
/* Write the file to disk and give it its name. */
int sink_keep(struct state_sink *sink, struct error *err);
/* A file that was not kept is removed. */
void sink_close(struct state_sink *sink);

#endif
