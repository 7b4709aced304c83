/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "list" and "show" say of one device: who serves it and whether it can be source and target.
 */
#ifndef CORE_CHECK_ROW_H
#define CORE_CHECK_ROW_H

#include "core/check/check.h"

struct row {
	const struct device *device;
	const char *driver;	 /* or NULL */
	const char *backend;	 /* NULL: none */
	const char *type;	 /* NAMESPACE:TYPE, or NULL */
	const char *model;	 /* or NULL */
	const char *label;	 /* or NULL */
	const char *class;	 /* of all devices of this type and payload; NULL: no payload */
	const char *version;	 /* the version string, or NULL */
	const char *fingerprint; /* or NULL */
	uint32_t source; /* enum migcompat_state: can it be a source? unknown: could not be told */
	uint32_t target;
	struct mechanism mechanism;
	bool refused;		    /* by the mode, for its mechanism; reason says so */
	uint32_t available;	    /* mdev types: is an instance left? */
	const char *available_text; /* or NULL */
	const char *hold;   /* why an operator holds it, or NULL; one that is held, or may be, keeps
			       its string back */
	const char *reason; /* why a role is missing or could not be told, or NULL */
	int error;	    /* negative errno where it could not be told, else 0 */
};

/* Strings live in the arena. -ENOMEM only: what is wrong with a device stands in its row. */
int row_make(const struct engine *engine, const struct device *device, struct arena *arena,
	     struct row *ret);

/*
 * "yes", "no", "source", "target" (in that role only), "unknown" or "error", after mechanism and
 * mode.
 */
const char *row_migratable(const struct row *row);

#endif
