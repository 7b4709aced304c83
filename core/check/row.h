/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device of "list" and "show": its backend, and whether it can be source and target. */
#ifndef CORE_CHECK_ROW_H
#define CORE_CHECK_ROW_H

#include "core/check/check.h"

struct row {
	const struct device *device;
	const char *driver;      /* or NULL */
	const char *backend;     /* NULL: none */
	const char *type;        /* NAMESPACE:TYPE, or NULL */
	const char *model;       /* or NULL */
	const char *label;       /* or NULL */
	const char *class;       /* of all devices of this type and payload; NULL: no payload */
	const char *version;     /* NULL: none, or the device is held, or may be */
	const char *fingerprint; /* or NULL */
	uint32_t source;         /* enum migcompat_state: can it be a source? */
	uint32_t target;
	struct mechanism mechanism;
	bool refused;               /* the mode refuses the mechanism, and reason says so */
	uint32_t available;         /* of an mdev type: is an instance left? */
	const char *available_text; /* or NULL */
	const char *hold;           /* why an operator holds it, or NULL */
	const char *reason;         /* why a role is missing or not known, or NULL */
	int error;                  /* why a role is not known: a negative errno, or 0 */
};

/* Strings are put into the arena. -ENOMEM is the only error: others become part of the row. */
int row_make(const struct engine *engine, const struct device *device, struct arena *arena,
	     struct row *ret);

/*
 * The answer after mechanism and mode: "yes", "no", "source" or "target" (in that role only),
 * "unknown" or "error".
 */
const char *row_migratable(const struct row *row);

#endif
