/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Doubts about an answer: old inventories, hosts that are in two inventories, backends
 * that did not load. They are findings of status "warn" and change no verdict. now_s of
 * the engine's options replaces the clock, for doubts only.
 */
#ifndef CORE_CHECK_DOUBTS_H
#define CORE_CHECK_DOUBTS_H

#include <jansson.h>

#include "core/check/engine.h"

/*
 * Add a finding "taken" if an inventory is older than the policy's stale_after. A side
 * may be NULL.
 */
void doubts_judge(const struct engine *engine, const struct device *source,
		  const struct device *target, struct migcompat_result *result);
/*
 * The list of findings for a question to many hosts: "taken", and "host" if a host is in
 * two inventories. host: only of this host and home; NULL: of all. NULL: out of memory.
 */
json_t *doubts_ask(const struct engine *engine, const struct host *home, const char *host);
/* The same for a list of all devices, and backends that did not load. */
json_t *doubts_list(const struct engine *engine);

#endif
