/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This host's VFIO devices and their facts, from sysfs. Reads only wanted facts, and
 * never a migration_* attribute. Errors of single devices and facts are no errors of
 * discovery: a device that cannot be read is left out, and a fact that cannot be read is
 * kept as its errno.
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
	const struct discovery_want *wants; /* of all backends together */
	size_t nwants;
	/*
	 * Does a backend serve functions with this modalias that are bound to this module
	 * (with underscores for dashes)? NULL: none does.
	 */
	bool (*served)(void *arg, const char *module, const char *modalias);
	void *arg;
	const struct stated *stated; /* or NULL */
	const char *only;            /* collect only the device with this id; NULL: all */
};

/*
 * Facts that are collected for any backend: the core needs them, for example to choose a
 * backend. A static table. Globs are relative paths of at most 16 components and
 * FACT_KEY_MAX bytes, without "." and "..". Globs that end in migration_*, resource0 or
 * rom are refused, because reading those has effects. A refused glob is not in the host's
 * "wanted", so its facts read as "not collected". '*' in the middle of a glob does not
 * match a link, except in bus/X/devices and class/X of a host, where all devices are
 * links. '*' at the end matches links, too. If a folder cannot be listed, its error
 * becomes a fact whose key is the glob.
 */
const struct discovery_want *discovery_base_wants(size_t *ret_count);

/* Is VFIO's debugfs readable at all? The answer changes when debugfs is mounted. */
bool discovery_kernel_tells(void);

/*
 * Append this host and its devices to an inventory. A host without devices is no error.
 * -ENOMEM or -E2BIG.
 */
int discovery_run(struct inventory *inventory, const struct discovery_options *options,
		  struct error *err);

#endif
