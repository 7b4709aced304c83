/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the backend that serves a device, or says why there is none. Must not open a
 * device, and must not know drivers: those are known to the fallback backend.
 *
 * A device without a backend is ENOTCONN, status 2: that is no statement about the
 * device. Only a known "no" of either device replaces it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/backend/registry.h"
#include "core/check/engine.h"
#include "core/facts/kernel_word.h"

static const char *prefer(void *arg, const char *key)
{
	const struct engine *engine = arg;

	return policy_prefer(engine->policy, key);
}

/* Name the first backend that did not load, since it may be the missing one. */
static void failed_say(const struct engine *engine, char *text, size_t size)
{
	const struct backend_info *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < engine->nproviders; i++) {
		if (!engine->infos[i]->error)
			continue;
		if (!first)
			first = engine->infos[i];
		count++;
	}
	*text = '\0';
	if (count == 1)
		snprintf(text, size, "; not loaded: %s: %s", first->path, first->error);
	else if (count)
		snprintf(text, size,
			 "; not loaded: %s and %zu more, see \"migcompat backend list\"",
			 first->path, count - 1);
}

/* Set the error that no backend serves the device. */
static int unserved(const struct engine *engine, const struct device *device, bool movable,
		    struct error *err)
{
	char names[512], failed[ERROR_TEXT_MAX];

	registry_looked_up(device, names, sizeof(names));
	failed_say(engine, failed, sizeof(failed));
	if (!movable)
		return error_set(err, -ENOTCONN, "no backend serves device \"%s\" (%s)%s",
				 device->id, names, failed);
	return error_set(
		err, -ENOTCONN,
		"the kernel can migrate device \"%s\", but no backend knows the rules of its "
		"driver (%s)%s",
		device->id, names, failed);
}

/*
 * May the fallback answer? If the kernel says that the device can move, its word wins
 * over the fallback's table, since another module may have replaced the known driver.
 * Then the fallback may compare only if the policy allows it, and only physical
 * functions.
 */
static bool fallback_answers(const struct engine *engine, const struct device *device, bool movable,
			     bool any_driver)
{
	if (movable)
		return policy_generic_equal(engine->policy) &&
		       device->kind == MIGCOMPAT_KIND_PHYSICAL;
	return !any_driver;
}

int engine_provider(const struct engine *engine, const struct device *device, struct provider **ret,
		    struct error *err)
{
	const struct backend_info *info = NULL;
	const struct registry registry = {.infos = engine->infos,
					  .count = engine->nproviders,
					  .prefer = prefer,
					  .arg = (void *)(uintptr_t)engine};
	bool movable = kernel_word(device) == MIGCOMPAT_YES;
	int r = registry_find_device(&registry, device, &info, err);

	if (r < 0)
		return r;
	if (info && info->fallback && !fallback_answers(engine, device, movable, r > 0))
		info = NULL;
	for (size_t i = 0; i < engine->nproviders && info; i++) {
		if (engine->infos[i] == info) {
			*ret = engine->providers[i];
			return 0;
		}
	}
	return unserved(engine, device, movable, err);
}
