/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes an answer doubtful that is right of the facts at hand: inventories that are old, hosts
 * that stand in two, backends that could not be loaded. Warnings: no verdict changes for them.
 */
#ifndef CORE_CHECK_DOUBTS_H
#define CORE_CHECK_DOUBTS_H

#include <jansson.h>

#include "core/check/engine.h"

/* A finding "taken" if the inventory of a side is older than the policy's stale_after. A side may
 * be NULL. */
void doubts_judge(const struct engine *engine, const struct device *source,
		  const struct device *target, struct migcompat_result *result);
/* The same of many hosts, and a finding "host" if one stands in two inventories, as a document's
 * list of findings. host: of this name and home's alone, or NULL: all. NULL: out of memory. */
json_t *doubts_ask(const struct engine *engine, const struct host *home, const char *host);
/* That, and what else somebody who looks at the list should know. */
json_t *doubts_list(const struct engine *engine);

#endif
