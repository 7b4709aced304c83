/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wanted facts as trees of path components, one tree per folder at which keys begin. They
 * are made once per run, so each folder is walked once for the globs of all backends.
 */
#ifndef CORE_DISCOVERY_WANTS_H
#define CORE_DISCOVERY_WANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/discovery/discovery.h"
#include "core/facts/intern.h"
#include "core/facts/kernel_word.h"

#define WANTS_MAX 4096u    /* globs */
#define WANT_DEPTH_MAX 16u /* components of a glob */

/* Keys of the host that are no files. */
#define DISCOVERY_RELEASE "kernel/release"
#define DISCOVERY_BYTEORDER "kernel/byteorder"
/*
 * Keys of a device that are no files: its variant drivers, and KERNEL_WORD_FOLDER, which
 * is "yes" if VFIO's debugfs has a folder of the device.
 */
#define DISCOVERY_VARIANTS "vfio/variant_drivers"

struct want {
	const char *name;   /* one component; NULL: the root of a tree */
	const char *key;    /* the key so far; NULL: a glob comes before, so keys differ */
	struct want *child; /* wanted facts below it */
	struct want *next;
	unsigned children;
	bool glob;
	bool below_glob; /* some child is a glob */
	bool wanted;     /* is wanted itself, not only on the way to others */
};

struct wants {
	struct want host;   /* below /sys */
	struct want device; /* below the device's folder */
	/* below the folder of its mdev type; a part of the device's tree, never NULL */
	struct want *type;
	struct want *parent; /* below the folder of the parent, or NULL */
	struct want *vfio;   /* below the device's folder in VFIO's debugfs; never NULL */
	const char **globs;  /* all collected globs, each once */
	size_t count;
};

/*
 * The base set, then these globs. Refused globs (discovery.h) are left out. All memory is
 * the arena's. -ENOMEM.
 */
int wants_compile(struct wants *wants, struct intern *intern, const struct discovery_want *list,
		  size_t count, struct error *err);

/*
 * May an attribute of this name be read? by_name: a backend names it in full, without a
 * glob.
 */
bool want_readable(const char *name, bool by_name);

/* Does a component match a name? */
bool want_fits(const struct want *want, const char *name);

#endif
