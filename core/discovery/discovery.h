/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This host's VFIO devices and their facts, read from sysfs. Reads only what is wanted,
 * never a migration_* attribute, and survives whatever it meets: a row that cannot be made
 * is left out, a fact that cannot be read is kept as its error.
 */
#ifndef CORE_DISCOVERY_DISCOVERY_H
#define CORE_DISCOVERY_DISCOVERY_H

#include "core/facts/inventory_json.h"
#include "core/facts/model.h"

struct discovery_want {
	const char *glob;
	uint32_t flags; /* enum migcompat_want_flags */
};

struct discovery_options {
	const struct discovery_want *wants; /* the union of all backends' */
	size_t nwants;
	/* Is a function bound to this module (dashes as underscores) with this modalias some
	 * backend's? NULL: none is. */
	bool (*served)(void *arg, const char *module, const char *modalias);
	void *arg;
	const struct stated *stated; /* or NULL */
	const char *only;	     /* collect just the device of this id; NULL: all */
};

/*
 * What is collected whatever backends want: to pick a backend, and for the core's own duties. A
 * static table.
 *
 * Globs are relative and hold no "." or "..", at most 16 components and FACT_KEY_MAX bytes; others
 * are refused, as are those that end in migration_*, resource0 or rom, whose reading is an act.
 * Such a glob is not collected and does not stand in the host's "wanted", so that its facts read as
 * "not collected". '*' in the middle of a glob crosses no link, but for the entries of a host's
 * bus/X/devices and class/X, which are links by nature and stand there for the devices themselves;
 * at the end it finds links too. A folder that cannot be listed gives its error under the glob's
 * own text as the key.
 */
const struct discovery_want *discovery_base_wants(size_t *ret_count);

/* Does the kernel tell of migration here at all? That changes as debugfs is mounted. */
bool discovery_kernel_tells(void);

/*
 * Append this host and its devices to an inventory. A machine without any is no error.
 * -ENOMEM or -E2BIG.
 */
int discovery_run(struct inventory *inventory, const struct discovery_options *options,
		  struct error *err);

#endif
