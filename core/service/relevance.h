/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the kernel's events can change what stands in sysfs, or an answer. Pure, but for a look
 * whether a folder is there. */
#ifndef CORE_SERVICE_RELEVANCE_H
#define CORE_SERVICE_RELEVANCE_H

#include "core/check/engine.h"
#include "core/service/events.h"

enum relevance {
	RELEVANCE_NONE,
	RELEVANCE_GONE, /* the device of that name is gone, or its driver is */
	RELEVANCE_ONE,	/* the device of that name is new, or may be another */
	RELEVANCE_HOST, /* a fact of the host, or what types there are: any answer may be another */
};

enum relevance relevance_of(const struct engine *engine, const struct events_change *change);

#endif
