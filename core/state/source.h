/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that a state is read from twice: first all of it is checked, then it is loaded, so that a
 * verdict is about the whole file. A pipe is kept in an unlinked file during the first reading.
 */
#ifndef CORE_STATE_SOURCE_H
#define CORE_STATE_SOURCE_H

#include <stdbool.h>

#include "core/state/transport.h"

struct state_source {
	struct state_transport transport; /* points to this struct: do not move it */
	int fd;
	int spool; /* a copy of what was read; -1: fd can be read again */
	int stop;  /* if it is readable, reading ends: -ECANCELED. -1: none */
	bool again;
};

/*
 * Open a file, or "-" for standard input. twice: it will be rewound, so a pipe needs a spool. The
 * path must outlive the source. -EISDIR; otherwise the errno of open or of making the spool. The
 * source is closed after an error.
 */
int source_open(struct state_source *source, const char *path, bool twice, int stop,
		struct error *err);
/* Read from the beginning again; of a pipe, as far as it was read. Only after an opening with
 * twice. */
int source_rewind(struct state_source *source, struct error *err);
void source_close(struct state_source *source);

#endif
