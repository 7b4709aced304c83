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
	struct names parents; /* paths, by their last name; those of instances too, which may show
				 no types */
};

/* Both -ENOMEM or -E2BIG, with the sentence. */
int walker_add(struct walker *w, const struct walk_row *row);
int walker_no_memory(struct walker *w);
/* Can a row be made of this path? */
bool walker_takes(const char *path);
/* A copy in the arena, or NULL. */
char *walker_keep(struct walker *w, const char *text);

/* Add a text to names, which is the arena's already or lives as long. */
int walker_name(struct walker *w, struct names *names, const char *text);
/* For qsort over names. */
int walker_name_order(const void *a, const void *b);
/* The sane names in a folder, in order. That it cannot be listed means: none. */
int walker_names(struct walker *w, const char *folder, struct names *names);
/* Where the link FOLDER/NAME of a bus or class leads. 1: to a device; 0: to none; -ENOMEM. */
int walker_member(struct walker *w, const char *folder, const char *name, const char **ret);

/* Add the physical functions; after the parents are known. */
int walk_functions(struct walker *w);

#endif
