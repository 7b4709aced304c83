/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts of devices and of their host. One thread at a time. */
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

/* wants and intern outlive it. -ENOMEM. Zeroed is a valid start for collector_free. */
int collector_init(struct collector *collector, const struct wants *wants, struct intern *intern,
		   const struct stated *stated);
void collector_free(struct collector *collector);

/* 1 and *ret; 0: the device went away; -ENOMEM, -E2BIG: more facts or names than a device may have,
 * err names it. */
int collect_device(struct collector *collector, const struct walk_row *row, struct factset *ret,
		   struct error *err);
int collect_host(struct collector *collector, struct factset *ret, struct error *err);

#endif
