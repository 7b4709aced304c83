/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of one backend file, loaded here or in a worker: plain data that no vendor code
 * stands behind.
 */
#ifndef CORE_BACKEND_INFO_H
#define CORE_BACKEND_INFO_H

#include <stdbool.h>

#include "core/facts/arena.h"
#include "core/facts/error.h"
#include "migcompat/backend.h"

#define INFO_KEYS_MAX 64u
#define INFO_WANTS_MAX 256u
#define INFO_SETTINGS_MAX 64u
#define INFO_TEXT_MAX 512u /* bytes of any declared string */
#define INFO_KEY_ANY "*"   /* fits any driver; of fallbacks alone */

struct backend_info {
	const char *path;
	const char *error; /* NULL: usable; else why it is not, and only path is set */
	const char *name;
	const char *version;
	const char *description;
	uint32_t api_version;
	uint32_t thread_model;
	bool fallback; /* it loses to every other backend, and may have INFO_KEY_ANY */
	size_t struct_size;
	const char **keys; /* normalised: dashes of the module as underscores */
	size_t nkeys;
	struct migcompat_want *wants;
	size_t nwants;
	struct migcompat_setting *settings;
	size_t nsettings;
	const char *operations; /* the optional ones it has, blank-joined */
};

/*
 * Check what a backend declares (ops is the core's own, full-sized copy) and copy it. -EINVAL with
 * a sentence: a name that is no namespace, no key, a malformed key, glob or setting, a missing
 * operation.
 */
int info_make(const struct migcompat_backend *ops, const char *path, struct arena *arena,
	      struct backend_info *ret, struct error *err);

/* The same checks over plain data that came from a worker; nothing of it was trusted yet. */
int info_check(const struct backend_info *info, struct error *err);

/* What a backend says of itself now and did not say before: "its version", …; NULL: all is as it
 * was, but for what is shown alone. */
const char *info_differs(const struct backend_info *before, const struct backend_info *now);

/* Does it have the operation "stream"? "candidates"? */
bool info_reads_streams(const struct backend_info *info);
bool info_lists_candidates(const struct backend_info *info);

/* Find a declared setting; NULL: none. */
const struct migcompat_setting *info_setting(const struct backend_info *info, const char *name);

#endif
