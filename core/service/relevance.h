/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides which devices an event may concern: their attributes in sysfs, or answers about
 * them. Pure, except that it checks whether a folder in sysfs exists.
 */
#ifndef CORE_SERVICE_RELEVANCE_H
#define CORE_SERVICE_RELEVANCE_H

#include "core/check/engine.h"
#include "core/service/events.h"

/* Does not use change->relevance. */
enum relevance relevance_of(const struct engine *engine, const struct events_change *change);

#endif
