/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which backend serves a device, by the module of its driver and, for a function, its
 * modalias. Pure functions over plain data.
 */
#ifndef CORE_BACKEND_REGISTRY_H
#define CORE_BACKEND_REGISTRY_H

#include "core/backend/info.h"
#include "core/facts/model.h"

/* The backend's name that the policy prefers for a tied key, or NULL. */
typedef const char *registry_prefer_fn(void *arg, const char *key);

/* The backends to choose from. Those with an error are skipped. */
struct registry {
	const struct backend_info *const *infos;
	size_t count;
	registry_prefer_fn *prefer; /* or NULL */
	void *arg;                  /* of prefer */
};

/*
 * Does a key of a backend that is no fallback fit, even if several tie? modalias may be
 * NULL.
 */
bool registry_knows(const struct registry *registry, const char *module, const char *modalias);

/*
 * The backend for a device. The name that is looked up is:
 * - for an mdev or a type: the module of the parent's driver; if the parent has no driver,
 *   the mdev's own driver or a prefix of the type id;
 * - for a function: the module of its driver, with its modalias or the part of one that
 *   its ids give.
 * The key with more literal characters wins. A fallback loses to every other backend.
 *
 * 0: *ret is the backend, or NULL if none fits. 1: only the key "*" of a fallback fits.
 * -ENOTUNIQ: two backends tie and prefer names neither; err names both and the key.
 */
int registry_find_device(const struct registry *registry, const struct device *device,
			 const struct backend_info **ret, struct error *err);

/* What was looked up for a device: "module vfio_pci, modalias pci:v…". */
void registry_looked_up(const struct device *device, char *text, size_t size);

/*
 * If two usable backends have the same name, the later one gets an error that names both.
 * 0 or -ENOMEM.
 */
int registry_check_names(struct backend_info **infos, size_t count, struct arena *arena);

#endif
