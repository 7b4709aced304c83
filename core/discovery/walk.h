/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices this host has: mdevs, the types of all parents, and physical functions. Reads no
 * facts. */
#ifndef CORE_DISCOVERY_WALK_H
#define CORE_DISCOVERY_WALK_H

#include "core/discovery/discovery.h"

#define WALK_MAX (1u << 20) /* devices, parents, names in one folder */

struct walk_row {
	const char *id;
	const char *path;   /* "/sys/devices/…" */
	const char *parent; /* the parent's folder (mdev, type) or the PF's (VF), likewise; NULL:
			       none */
	enum migcompat_kind kind;
};

struct walk {
	struct walk_row *rows; /* mdevs by path, types by id, functions by path */
	size_t count;
	size_t room;
	struct arena *arena; /* the caller's; holds all strings */
};

/* Zeroed but for the arena is a valid start. Free it in any case. -ENOMEM or -E2BIG. */
int walk_run(struct walk *walk, const struct discovery_options *options, struct error *err);
void walk_free(struct walk *walk);

#endif
