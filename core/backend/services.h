/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host table: the services that a backend gets instead of symbols to link to. */
#ifndef CORE_BACKEND_SERVICES_H
#define CORE_BACKEND_SERVICES_H

#include <stdbool.h>

#include "core/backend/info.h"
#include "core/facts/model.h"

/* Values of the backend's declared settings as text, in the order of info->settings. Owned by
 * whoever opens. */
struct settings {
	const char *const *values;
};

/* The setting by which a backend writes an older payload format. Its init value is the newest. */
#define SETTING_EMIT_FORMAT "emit_format"

/* What stands behind the opaque struct of backend.h; lives from open to close. */
struct migcompat_facts {
	const struct device *device;
	const struct backend_info *info;
	const struct settings *settings;
	struct error *err; /* valid during open only, else NULL */
	bool newest;	   /* emit_format is as if nobody had set it */
};

extern const struct migcompat_host services_table;

/* Does one of the backend's wants cover this key in this scope (MIGCOMPAT_WANT_HOST or 0)? */
bool services_wanted(const struct backend_info *info, uint32_t scope, const char *key);

#endif
