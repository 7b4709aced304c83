/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host table: backends get their services here, since they link to nothing of ours.
 */
#ifndef CORE_BACKEND_SERVICES_H
#define CORE_BACKEND_SERVICES_H

#include <stdbool.h>

#include "core/backend/info.h"
#include "core/facts/model.h"

/*
 * Values of the declared settings as text, in the order of info->settings. Owned by the
 * provider.
 */
struct settings {
	const char *const *values;
};

/*
 * The setting that selects an older payload format. Its init value is the newest format.
 */
#define SETTING_EMIT_FORMAT "emit_format"

/* The facts that a backend gets. Valid from open to close. */
struct migcompat_facts {
	const struct device *device;
	const struct backend_info *info;
	const struct settings *settings;
	struct error *err; /* valid during open, otherwise NULL */
	bool newest;       /* emit_format has its init value, whatever is set */
};

extern const struct migcompat_host services_table;

/* Does a want of the backend cover this key? scope: MIGCOMPAT_WANT_HOST or 0. */
bool services_wanted(const struct backend_info *info, uint32_t scope, const char *key);

#endif
