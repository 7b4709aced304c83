/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be collected, as trees of path components: one for each folder that keys begin at.
 * Made once a run, so that each folder is walked once for all backends' globs.
 */
#ifndef CORE_DISCOVERY_WANTS_H
#define CORE_DISCOVERY_WANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/discovery/discovery.h"
#include "core/facts/intern.h"
#include "core/facts/kernel_word.h"

#define WANTS_MAX 4096u	   /* globs */
#define WANT_DEPTH_MAX 16u /* components of a glob */

/* Keys of the host that stand for no file. */
#define DISCOVERY_RELEASE "kernel/release"
#define DISCOVERY_BYTEORDER "kernel/byteorder"
/* Keys of a device that stand for no file: "yes" if VFIO's debugfs has its folder, and drivers. */
#define DISCOVERY_VARIANTS "vfio/variant_drivers"

struct want {
	const char *name; /* one component; NULL: a tree's root */
	const char *key;  /* the key up to here; NULL: a glob stands before, so that keys differ */
	struct want *child; /* what is wanted below */
	struct want *next;
	unsigned children;
	bool glob;
	bool below_glob; /* some child is a glob */
	bool wanted;	 /* a fact of its own; not only on the way to others */
};

struct wants {
	struct want host;   /* below /sys */
	struct want device; /* below the device's folder */
	struct want *type; /* below the mdev type's folder; part of the device's tree. Never NULL */
	struct want *parent; /* below the parent's folder, or NULL */
	struct want *vfio;   /* below the device's folder of VFIO's debugfs. Never NULL */
	const char **globs;  /* all that is collected, each once */
	size_t count;
};

/* The base set, then these. Globs that are refused (see discovery.h) are left out. All memory is
 * the arena's. -ENOMEM. */
int wants_compile(struct wants *wants, struct intern *intern, const struct discovery_want *list,
		  size_t count, struct error *err);

/* May an attribute of this name be read? by_name: it was asked for by its full name, not by a glob.
 */
bool want_readable(const char *name, bool by_name);

/* Does a component fit a name? */
bool want_fits(const struct want *want, const char *name);

#endif
