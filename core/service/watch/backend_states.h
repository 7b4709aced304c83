/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of each backend's worker, and which of them changed since they were last
 * read.
 */
#ifndef CORE_SERVICE_WATCH_BACKEND_STATES_H
#define CORE_SERVICE_WATCH_BACKEND_STATES_H

#include <stdint.h>

#include <jansson.h>

#include "core/service/world.h"

/* The last state of each backend of one world. Zeroed, it is empty. */
struct backend_states {
	struct backend_state *list;
	size_t count;
};

/* Read the states. -ENOMEM: the old ones stay. */
int backend_states_read(struct backend_states *states, const struct engine *engine);
/*
 * Read them again. An array of documents of the backends that changed, empty if none did;
 * NULL: out of memory.
 */
json_t *backend_states_changed(struct backend_states *states, const struct engine *engine);
void backend_states_free(struct backend_states *states);

/*
 * Log the confinement steps (enum confinement) that workers could not take, each once:
 * *logged holds those that were logged before.
 */
void backend_states_log_missing(const struct engine *engine, uint32_t *logged);

#endif
