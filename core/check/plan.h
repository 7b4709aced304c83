/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of a device, and the plan of writes that makes a target ready. */
#ifndef CORE_CHECK_PLAN_H
#define CORE_CHECK_PLAN_H

#include "core/check/check.h"

struct plan_write {
	const char *path;  /* below the device's folder in /sys, or the file that creates it */
	const char *value; /* without control characters */
	bool runtime;      /* may be written while the device is open */
};

struct plan {
	struct plan_write *writes; /* in this order, none twice */
	size_t nwrites;
	bool sets_up; /* the target as it is was refused, and these writes make it fit */
	struct arena arena;
};

struct plan_question {
	const struct device *source; /* NULL: text is a bare string */
	const char *text;            /* not used if there is a source */
	size_t len;
	const struct device *target;
	/*
	 * The UUID of the device to create, if the target is a type. NULL: the source's, if that is
	 * an mdev of another host; otherwise a new one.
	 */
	const char *uuid;
};

/* Get the parameters of a device. The sink stays empty if the backend has none. */
int plan_parameters(const struct engine *engine, const struct device *device,
		    struct migcompat_sink *sink, struct error *err);

/*
 * Check the target and make the plan. If the verdict is not "compatible", 0 is returned and the
 * plan is empty, unless writes would set up a candidate of the backend (sets_up). -EINVAL: the
 * target does not know or does not allow a parameter, or nothing can be written to it (writable.h);
 * err says which.
 */
int plan_make(const struct engine *engine, const struct plan_question *question,
	      struct migcompat_verdict *verdict, struct plan *ret, struct error *err);
void plan_free(struct plan *plan);

#endif
