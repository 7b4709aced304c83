/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which devices this host has: mdevs, the types of all parents, and physical functions.
 * Reads no facts.
 */
#ifndef CORE_DISCOVERY_WALK_H
#define CORE_DISCOVERY_WALK_H

#include "core/discovery/discovery.h"

#define WALK_MAX (1u << 20) /* devices, parents, names in one folder */

struct walk_row {
	const char *id;
	const char *path; /* "/sys/devices/…" */
	/*
	 * folder of the parent (mdev, type) or of the physical function (VF); NULL: none
	 */
	const char *parent;
	enum migcompat_kind kind;
};

struct walk {
	/* mdevs by path, then types by id, then functions by path */
	struct walk_row *rows;
	size_t count;
	struct arena *arena; /* the caller's; has all strings */
};

/*
 * walk needs an arena, and is zeroed otherwise. Free it in any case. -ENOMEM or -E2BIG.
 */
int walk_run(struct walk *walk, const struct discovery_options *options, struct error *err);
void walk_free(struct walk *walk);

#endif
