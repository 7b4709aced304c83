/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the PCI functions that are VFIO's or a backend's. The parent of mdevs is no
 * device of its own unless it is bound to a VFIO driver. Devices are found with readdir:
 * libudev takes three times as long for 2,000 devices as all the rest, and loses entries
 * if it runs out of memory.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/discovery/sysfs.h"
#include "core/discovery/walker.h"

#define FUNCTIONS "/sys/bus/pci/devices"

static bool has(const char *path, const char *name)
{
	struct sysfs_path at;

	return sysfs_path_set(&at, path) == 0 && sysfs_path_push(&at, name) == 0 &&
	       access(at.text, F_OK) == 0;
}

/* The last part of the target of a link in a device's folder. */
static bool link_name(const char *path, const char *link, char *ret, size_t size)
{
	struct sysfs_path at;
	char target[PATH_MAX];
	size_t len;

	if (sysfs_path_set(&at, path) < 0 || sysfs_path_push(&at, link) < 0 ||
	    sysfs_link(at.text, target, sizeof(target)) < 0)
		return false;
	len = strlen(sysfs_name(target));
	if (len == 0 || len >= size)
		return false;
	memcpy(ret, sysfs_name(target), len + 1);
	return true;
}

static bool is_mdev_parent(const struct walker *w, const char *path)
{
	for (size_t i = 0; i < w->parents.count; i++)
		if (strcmp(w->parents.list[i], path) == 0)
			return true;
	return has(path, WALK_TYPES);
}

/*
 * Does a backend serve its driver? A driver of a parent of mdevs serves the mdevs, which
 * is not enough.
 */
static bool is_served(const struct walker *w, const char *path, const char *driver)
{
	char module[NAME_MAX + 1], modalias[SYSFS_MODALIAS_MAX];

	if (!w->options->served || is_mdev_parent(w, path))
		return false;
	if (!link_name(path, "driver/module", module, sizeof(module)))
		memcpy(module, driver, strlen(driver) + 1);
	for (char *c = module; *c; c++)
		if (*c == '-')
			*c = '_';
	sysfs_modalias(path, modalias);
	return w->options->served(w->options->arg, module, modalias);
}

static bool is_assignable(const struct walker *w, const char *path)
{
	char driver[NAME_MAX + 1];

	if (!link_name(path, "driver", driver, sizeof(driver)))
		return has(path, "vfio-dev");
	return strstr(driver, "vfio") || has(path, "vfio-dev") || is_served(w, path, driver);
}

/* path must be in the arena. */
static int function_add(struct walker *w, const char *path)
{
	struct walk_row row = {
		.kind = MIGCOMPAT_KIND_PHYSICAL, .path = path, .id = sysfs_name(path)};
	struct sysfs_path folder, physfn;
	char target[PATH_MAX];

	if (!is_assignable(w, path) || sysfs_path_set(&folder, path) < 0 ||
	    sysfs_path_push(&folder, "physfn") < 0)
		return 0;
	if (sysfs_link(folder.text, target, sizeof(target)) == 0) {
		sysfs_path_cut(&folder, strlen(path));
		if (sysfs_follow(&folder, target, &physfn) == 0 &&
		    !(row.parent = walker_keep(w, physfn.text)))
			return walker_no_memory(w);
	}
	return walker_add(w, &row);
}

static int functions_read(struct walker *w, struct names *names, struct names *paths)
{
	const char *only = w->options->only;
	int r = only ? walker_name(w, names, only) : walker_names(w, FUNCTIONS, names);

	for (size_t i = 0; i < names->count && r >= 0; i++) {
		const char *path;

		r = walker_member(w, FUNCTIONS, names->list[i], &path);
		if (r > 0 && strcmp(sysfs_name(path), names->list[i]) == 0)
			r = walker_name(w, paths, path);
	}
	return r < 0 ? r : 0;
}

/* In the order of their paths, so a function follows the bridge that it is behind. */
int walk_functions(struct walker *w)
{
	struct names names = {0}, paths = {0};
	int r = functions_read(w, &names, &paths);

	if (paths.count)
		qsort(paths.list, paths.count, sizeof(*paths.list), walker_name_order);
	for (size_t i = 0; i < paths.count && r == 0; i++)
		r = function_add(w, paths.list[i]);
	free(names.list);
	free(paths.list);
	return r;
}
