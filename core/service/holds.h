/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operators' holds: devices that nothing may move to or from until they are released, each with a reason. Every change is on disk before
 * it counts, and a file that cannot be understood is an error: a hold that is forgotten would be a wrong yes.
 */
#ifndef CORE_SERVICE_HOLDS_H
#define CORE_SERVICE_HOLDS_H

#include <stdbool.h>

#include "core/facts/error.h"
#include "core/facts/model.h"

#define HOLDS_MAX 4096u
#define HOLD_REASON_BYTES 512u
#define HOLD_NAME_BYTES 1024u /* of a device and of a host */

struct hold {
	char *host;
	char *device;
	char *reason;
};

struct holds {
	struct hold *list;
	size_t count;
	char path[4096]; /* of the file */
};

/* Read DIR/holds.json; none is an empty list. Errors name the file. */
int holds_load(struct holds *holds, const char *dir, struct error *err);
void holds_free(struct holds *holds);

/* The reason, or NULL: not held. Valid until the next change. */
const char *holds_find(const struct holds *holds, const struct device *device);
/* As engine's callback wants it; arg is the holds. */
bool holds_ask(void *arg, const struct device *device, char *reason, size_t size);

/* Is it UTF-8 without control characters, not empty and not too long? */
bool hold_reason_valid(const char *reason);
/* A second hold replaces the reason. -EINVAL: no valid reason; -ENOSPC: too many; or why the file could not be written. */
int holds_add(struct holds *holds, const char *host, const char *device, const char *reason, struct error *err);
/* -ENOENT: it is not held. */
int holds_remove(struct holds *holds, const char *host, const char *device, struct error *err);

#endif
