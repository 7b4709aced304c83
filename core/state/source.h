/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that a state comes from, to be read more than once: first all of it is checked, then it
 * is loaded. What cannot be read again (a pipe) is kept in an unlinked file while it is read the
 * first time.
 */
#ifndef CORE_STATE_SOURCE_H
#define CORE_STATE_SOURCE_H

#include <stdbool.h>

#include "core/state/transport.h"

struct state_source {
	struct state_transport transport; /* points to this struct: do not move it */
	int fd;
	int spool; /* what was read of fd; -1: fd can be read again */
	int stop;  /* readable: reading ends with -ECANCELED; -1: never */
	bool again;
};

/*
 * Open a file, or "-" for standard input; twice: it will be rewound, for which a pipe needs a
 * spool. The path must outlive the source. Errors: -EISDIR, what open says, or what no room for a
 * spool is called. Nothing is to be closed then.
 */
int source_open(struct state_source *source, const char *path, bool twice, int stop,
		struct error *err);
/* From the beginning again; of a pipe, as far as it was read. Of what was opened to be read twice.
 */
int source_rewind(struct state_source *source, struct error *err);
void source_close(struct state_source *source);

#endif
