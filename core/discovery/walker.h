/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of the walk: walk.c (mdevs, parents, types) and functions.c (PCI) both use
 * walker.c.
 */
#ifndef CORE_DISCOVERY_WALKER_H
#define CORE_DISCOVERY_WALKER_H

#include "core/discovery/walk.h"

#define WALK_DEVICES "/sys/devices/"
#define WALK_TYPES "mdev_supported_types"

/* Strings that are collected and then sorted. The arena of the walk has them. */
struct names {
	const char **list;
	size_t count;
};

struct walker {
	struct walk *walk;
	const struct discovery_options *options;
	struct error *err;
	/* paths, sorted by last name; parents of instances may have no types */
	struct names parents;
};

/* Both return -ENOMEM or -E2BIG, with a message. */
int walker_add(struct walker *w, const struct walk_row *row);
int walker_no_memory(struct walker *w);
/* Can this path be a row? */
bool walker_takes(const char *path);
/* A copy in the arena, or NULL. */
char *walker_keep(struct walker *w, const char *text);

/* Append a text, which lives at least as long as the arena. */
int walker_name(struct walker *w, struct names *names, const char *text);
/* For qsort over names. */
int walker_name_order(const void *a, const void *b);
/* Append the valid names in a folder, sorted. A folder that cannot be listed has none. */
int walker_names(struct walker *w, const char *folder, struct names *names);
/*
 * The device that the link FOLDER/NAME of a bus or class refers to. 0: none. 1: *ret is
 * its path. -ENOMEM.
 */
int walker_member(struct walker *w, const char *folder, const char *name, const char **ret);

/* Add the physical functions. Call it after the parents are known. */
int walk_functions(struct walker *w);

#endif
