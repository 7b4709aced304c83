/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts gathered from folders, along the tree of what is wanted there. What many devices lead to
 * (parent, type, driver) is read once. One thread at a time.
 */
#ifndef CORE_DISCOVERY_GATHER_H
#define CORE_DISCOVERY_GATHER_H

#include "core/discovery/sysfs.h"
#include "core/discovery/wants.h"

struct gather {
	struct intern *intern;	   /* its arena takes keys and values */
	const struct want *device; /* the tree of device folders, where some names are reserved */
	struct fact *facts;	   /* of the row at work, in any order, maybe twice */
	size_t count;
	size_t room;
	size_t entries;	    /* looked at for the row at work */
	void *shared;	    /* tree of struct shared */
	struct arena notes; /* what is remembered of shared folders */
	char *buffer;	    /* for a value */
	bool host;	    /* the row at work is the host */
	bool missed;	    /* something that had been there was gone when it was read */
	bool strict;	    /* only ENOENT says that nothing is there */
};

/* intern and device outlive it. -ENOMEM. Zeroed is a valid start for gather_free. */
int gather_init(struct gather *gather, struct intern *intern, const struct want *device);
void gather_free(struct gather *gather);
/* Begin a row. */
void gather_reset(struct gather *gather);

/* All of these: -ENOMEM, or -E2BIG: more facts or names than a row may have. */

int gather_value(struct gather *gather, const char *key, const char *value, size_t len);
/* Keeps an errno (any sign) in place of a value, unless it says that nothing is there. */
int gather_error(struct gather *gather, const char *key, int error);
/* What is wanted below a folder; key is what leads there ("" for a root). The path comes back as it
 * was. */
int gather_folder(struct gather *gather, struct sysfs_path *path, const struct want *want,
		  const char *key);
/* The same, remembered: for a folder that has the same keys from everywhere, so that no glob stands
 * before. */
int gather_shared(struct gather *gather, struct sysfs_path *path, const struct want *want);
/* The row as a set: sorted, each key once (an error wins), with what more the caller puts into the
 * builder before it is finished. */
int gather_build(struct gather *gather, struct factset_builder *builder);

#endif
