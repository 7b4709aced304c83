/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares an event's subsystem and path with the globs of the host's facts. */
#include "core/service/relevance.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/facts/text.h"

#define PATH_BYTES 4096

static bool is_assignable(const char *subsystem)
{
	return strcmp(subsystem, "pci") == 0 || strcmp(subsystem, "mdev") == 0;
}

/* Does the device offer mdev types, or did it before the event? */
static bool is_parent(const struct events_change *change)
{
	char path[PATH_BYTES];

	if (change->mdev_types)
		return true;
	/* A path too long to check may be a parent. */
	if (text_format(path, sizeof(path), "/sys%s/mdev_supported_types", change->devpath) < 0)
		return true;
	return access(path, F_OK) == 0;
}

/* Does the glob match files in the folder of this name, or below it? */
static bool glob_reaches(const char *glob, const char *name)
{
	char beginning[PATH_BYTES];
	const char *end = glob;

	/* Cut the glob to as many components as the name has. */
	for (const char *at = name; *at && *end; at++)
		if (*at == '/') {
			end += strcspn(end, "/");
			end += *end == '/';
		}
	end += strcspn(end, "/");
	if (text_format(beginning, sizeof(beginning), "%.*s", (int)(end - glob), glob) < 0)
		return true;
	return fact_glob_match(beginning, name);
}

static bool host_fact_below(const struct engine *engine, const char *name)
{
	const char *key;
	bool of_host;

	for (size_t i = 0; i < engine->nproviders; i++) {
		const struct backend_info *info = engine->infos[i];

		for (size_t w = 0; !info->error && w < info->nwants; w++)
			if (info->wants[w].flags & MIGCOMPAT_WANT_HOST &&
			    glob_reaches(info->wants[w].glob, name))
				return true;
	}
	for (size_t i = 0; policy_fact(engine->policy, i, &key, &of_host); i++)
		if (of_host && glob_reaches(key, name))
			return true;
	return false;
}

/* Facts of the host are named by a device's path, or by its bus or class. */
static bool is_of_host(const struct engine *engine, const struct events_change *change)
{
	char name[PATH_BYTES];

	if (host_fact_below(engine,
			    *change->devpath == '/' ? change->devpath + 1 : change->devpath))
		return true;
	if (!*change->subsystem)
		return false;
	if (text_format(name, sizeof(name), "bus/%s/devices/%s", change->subsystem,
			change->sysname) < 0 ||
	    host_fact_below(engine, name))
		return true;
	return text_format(name, sizeof(name), "class/%s/%s", change->subsystem, change->sysname) <
		       0 ||
	       host_fact_below(engine, name);
}

enum relevance relevance_of(const struct engine *engine, const struct events_change *change)
{
	if (change->action == EVENTS_RESCAN || is_parent(change) || is_of_host(engine, change))
		return RELEVANCE_HOST;
	if (!is_assignable(change->subsystem))
		return RELEVANCE_NONE;
	return change->action == EVENTS_REMOVE || change->action == EVENTS_UNBIND ? RELEVANCE_GONE
										  : RELEVANCE_ONE;
}
