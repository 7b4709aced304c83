/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which backend serves a device: by the module of a driver and, for a function, its modalias. Pure functions over plain data. */
#ifndef CORE_BACKEND_REGISTRY_H
#define CORE_BACKEND_REGISTRY_H

#include "core/backend/info.h"
#include "core/facts/model.h"

/* Says which backend (a name) a tied key goes to; NULL: nobody said. */
typedef const char *registry_prefer_fn(void *arg, const char *key);

/*
 * The backend for a module and a modalias (NULL: none). The key with more literal characters wins; *ret is NULL with 0
 * where none fits; -ENOTUNIQ where two backends tie and prefer names neither (err names both and the key). infos with an error are passed over.
 */
int registry_find(const struct backend_info *const *infos, size_t count, const char *module, const char *modalias, registry_prefer_fn *prefer, void *arg,
		  const struct backend_info **ret, struct error *err);

/*
 * The backend for a device, by the design's order: for an mdev or a type the module of the parent's driver; for a parent without a
 * driver the mdev's own driver or the type id's prefix; for a function the module of its driver with its modalias,
 * or with what vendor, device and the like tell of it.
 */
int registry_find_device(const struct backend_info *const *infos, size_t count, const struct device *device, registry_prefer_fn *prefer, void *arg,
			 const struct backend_info **ret, struct error *err);

/* Names that two usable backends share: the later one gets an error naming both. */
int registry_check_names(struct backend_info **infos, size_t count, struct arena *arena);

#endif
