/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gathers facts from folders, along the tree of wanted facts. Folders that many devices
 * refer to (parent, type, driver) are read once. One thread at a time.
 */
#ifndef CORE_DISCOVERY_GATHER_H
#define CORE_DISCOVERY_GATHER_H

#include "core/discovery/sysfs.h"
#include "core/discovery/wants.h"

struct gather {
	struct intern *intern; /* its arena gets keys and values */
	/* the tree of device folders, in which some names are reserved */
	const struct want *device;
	/* of the current row, in any order, with repetitions */
	struct fact *facts;
	size_t count;
	size_t entries;     /* names examined for the current row */
	void *shared;       /* a tree of struct shared */
	struct arena notes; /* facts of shared folders */
	char *buffer;       /* for one value */
	bool host;          /* the current row is the host */
	bool missed;        /* something vanished while it was read */
	bool strict;        /* only ENOENT means that a fact is missing */
};

/* intern and device must outlive it. -ENOMEM. gather_free also takes a zeroed one. */
int gather_init(struct gather *gather, struct intern *intern, const struct want *device);
void gather_free(struct gather *gather);
/* Begin a row. */
void gather_reset(struct gather *gather);

/* All of these return -ENOMEM, or -E2BIG: more facts or names than a row may have. */

int gather_value(struct gather *gather, const char *key, const char *value, size_t len);
/*
 * Keep an errno (of any sign) in place of a value, unless it means that the file does not
 * exist.
 */
int gather_error(struct gather *gather, const char *key, int error);
/*
 * Gather the wanted facts below a folder. key is its key, "" for a root. The path is
 * unchanged at the end.
 */
int gather_folder(struct gather *gather, struct sysfs_path *path, const struct want *want,
		  const char *key);
/*
 * The same, but a folder is read only once. For folders whose facts have the same keys
 * for all rows, so no glob may come before them.
 */
int gather_shared(struct gather *gather, struct sysfs_path *path, const struct want *want);
/*
 * Finish the row as a set, sorted, each key once; an error wins over a value. The builder
 * may have other facts already.
 */
int gather_build(struct gather *gather, struct factset_builder *builder);

#endif
