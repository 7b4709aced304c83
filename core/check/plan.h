/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of a device, and the plan of writes that makes a target ready: each file written once.
 */
#ifndef CORE_CHECK_PLAN_H
#define CORE_CHECK_PLAN_H

#include "core/check/check.h"

struct plan_write {
	const char *path;  /* below the device's own folder in /sys, or what creates the device */
	const char *value; /* without control characters */
	bool runtime;	   /* may be written while the device is open */
};

struct plan {
	struct plan_write *writes; /* in this order */
	size_t nwrites;
	bool sets_up; /* the verdict refuses the target as it is, and these writes make it fit */
	struct arena arena;
};

/* The device's parameters into a sink. A backend without parameters leaves it empty. */
int plan_parameters(const struct engine *engine, const struct device *device,
		    struct migcompat_sink *sink, struct error *err);

/*
 * Check first: if the verdict is not "compatible", the plan is empty and 0 is returned, unless the
 * backend has a candidate that writes would set up (sets_up). source
 * NULL: text is a bare string. uuid: of the device to create where the target is a type; NULL: the
 * source's own if it is an mdev of another host, else a new one. -EINVAL: a parameter that the
 * target does not know or does not allow, or a target to which no write can be named (writable.h);
 * err says which.
 */
int plan_make(const struct engine *engine, const struct device *source, const char *text,
	      size_t len, const struct device *target, const char *uuid,
	      struct migcompat_verdict *verdict, struct plan *ret, struct error *err);
void plan_free(struct plan *plan);

#endif
