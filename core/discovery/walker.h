/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of the walk, shared by walk.c (mdevs, parents, types) and functions.c (PCI). */
#ifndef CORE_DISCOVERY_WALKER_H
#define CORE_DISCOVERY_WALKER_H

#include "core/discovery/walk.h"

#define WALK_DEVICES "/sys/devices/"
#define WALK_TYPES "mdev_supported_types"

/* Strings that are collected, then sorted. They belong to the walk's arena. */
struct names {
	const char **list;
	size_t count;
	size_t room;
};

struct walker {
	struct walk *walk;
	const struct discovery_options *options;
	struct error *err;
	struct names parents; /* paths, by their last name; those of instances too, which may show no types */
};

/* Both -ENOMEM or -E2BIG, with the sentence. */
int walker_add(struct walker *w, const struct walk_row *row);
int walker_no_memory(struct walker *w);
/* Can a row be made of this path? */
bool walker_takes(const char *path);
/* A copy in the arena, or NULL. */
char *walker_keep(struct walker *w, const char *text);

/* Add the physical functions; after the parents are known. */
int walk_functions(struct walker *w);

#endif
