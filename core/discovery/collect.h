/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects the facts of devices and of their host. One thread at a time. */
#ifndef CORE_DISCOVERY_COLLECT_H
#define CORE_DISCOVERY_COLLECT_H

#include "core/discovery/gather.h"
#include "core/discovery/variants.h"
#include "core/discovery/walk.h"

struct collector {
	const struct wants *wants;
	const struct stated *stated; /* or NULL */
	struct gather gather;
	struct variants variants;
};

/* wants and intern must outlive it. -ENOMEM. collector_free also takes a zeroed one. */
int collector_init(struct collector *collector, const struct wants *wants, struct intern *intern,
		   const struct stated *stated);
void collector_free(struct collector *collector);

/*
 * 1: *ret has the facts. 0: the device went away. -ENOMEM. -E2BIG: there are more facts
 * or names than a device may have; err names it.
 */
int collect_device(struct collector *collector, const struct walk_row *row, struct factset *ret,
		   struct error *err);
int collect_host(struct collector *collector, struct factset *ret, struct error *err);

#endif
