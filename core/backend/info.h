/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The declarations of a backend, loaded in this process or in a worker. Plain data:
 * nothing points into vendor code.
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
#define INFO_TEXT_MAX 512u /* bytes of each declared string */
#define INFO_KEY_ANY "*"   /* a key that fits any driver; only a fallback may have it */

struct backend_info {
	const char *path;
	/* Why the backend cannot be used, and then only path is set; NULL: usable. */
	const char *error;
	const char *name;
	const char *version;
	const char *description;
	uint32_t api_version;
	uint32_t thread_model;
	bool fallback; /* it loses to every other backend and may have INFO_KEY_ANY */
	size_t struct_size;
	const char **keys; /* dashes in the module are underscores here */
	size_t nkeys;
	struct migcompat_want *wants;
	size_t nwants;
	struct migcompat_setting *settings;
	size_t nsettings;
	const char *operations; /* its optional operations, with spaces between them */
};

/*
 * Check and copy the declarations. ops is the core's copy of the vendor's struct, in full
 * size. -EINVAL with a sentence: an invalid name, key, glob or setting, no key, too many
 * of something, or a missing operation. -ENOMEM.
 */
int info_make(const struct migcompat_backend *ops, const char *path, struct arena *arena,
	      struct backend_info *ret, struct error *err);

/* The same checks of declarations that came from a worker. */
int info_check(const struct backend_info *info, struct error *err);

/*
 * What changed in the declarations: "its version" and so on. NULL: nothing that matters;
 * texts that are only shown may differ.
 */
const char *info_differs(const struct backend_info *before, const struct backend_info *now);

/*
 * True if every change of a compared fact is announced by an event. Availability is not
 * compared.
 */
bool info_announced(const struct backend_info *info);

/* Does it have this optional operation, such as "prepare"? */
bool info_has_operation(const struct backend_info *info, const char *word);
bool info_reads_streams(const struct backend_info *info);
bool info_lists_candidates(const struct backend_info *info);

/* A declared setting, or NULL. */
const struct migcompat_setting *info_setting(const struct backend_info *info, const char *name);

#endif
