/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the backends fare, for clients: what changed of it since the last look. */
#ifndef CORE_SERVICE_WATCH_BACKEND_STATES_H
#define CORE_SERVICE_WATCH_BACKEND_STATES_H

#include <stdint.h>

#include <jansson.h>

#include "core/service/world.h"

/* What was seen last of each, of one world. Zeroed is nothing yet. */
struct backends_seen {
	struct backend_seen *list;
	size_t count;
};

/* Look, without telling. -ENOMEM. */
int backends_seen_begin(struct backends_seen *seen, const struct engine *engine);
/* Look again: an array of those that changed, as in the document; empty where none did. NULL: out
 * of memory. */
json_t *backends_seen_again(struct backends_seen *seen, const struct engine *engine);
void backends_seen_free(struct backends_seen *seen);

/* Log the steps of their confinement that workers lack, enum confinement, unless they are among
 * *said already; adds them to it. */
void backends_say_missing(const struct engine *engine, uint32_t *said);

#endif
