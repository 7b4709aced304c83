/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which PCI functions are VFIO's, or a backend's. libudev lists them. */
#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/discovery/sysfs.h"
#include "core/discovery/walker.h"

#define MODALIAS_MAX 4096

static bool has(const char *path, const char *name)
{
	struct sysfs_path at;

	return sysfs_path_set(&at, path) == 0 && sysfs_path_push(&at, name) == 0 && access(at.text, F_OK) == 0;
}

/* The last part of a link's target in a device's folder. */
static bool link_name(const char *path, const char *link, char *ret, size_t size)
{
	struct sysfs_path at;
	char target[PATH_MAX];
	size_t len;

	if (sysfs_path_set(&at, path) < 0 || sysfs_path_push(&at, link) < 0 || sysfs_link(at.text, target, sizeof(target)) < 0)
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

/* Is its driver some backend's? A parent of mdevs is not, by that alone: its driver serves the mdevs. */
static bool is_served(const struct walker *w, const char *path, const char *driver)
{
	char module[NAME_MAX + 1], modalias[MODALIAS_MAX + 1];
	struct sysfs_path at;
	size_t len;

	if (!w->options->served || is_mdev_parent(w, path))
		return false;
	if (!link_name(path, "driver/module", module, sizeof(module)))
		memcpy(module, driver, strlen(driver) + 1);
	for (char *c = module; *c; c++)
		if (*c == '-')
			*c = '_';
	if (sysfs_path_set(&at, path) < 0 || sysfs_path_push(&at, "modalias") < 0 || sysfs_read(at.text, modalias, MODALIAS_MAX, &len) < 0)
		len = 0;
	modalias[len] = '\0';
	modalias[strcspn(modalias, "\n")] = '\0';
	return w->options->served(w->options->arg, module, modalias);
}

static bool is_assignable(const struct walker *w, const char *path)
{
	char driver[NAME_MAX + 1];

	if (!link_name(path, "driver", driver, sizeof(driver)))
		return has(path, "vfio-dev");
	return strstr(driver, "vfio") || has(path, "vfio-dev") || is_served(w, path, driver);
}

static int function_add(struct walker *w, const char *path)
{
	struct walk_row row = {.kind = MIGCOMPAT_KIND_PHYSICAL};
	struct sysfs_path folder, physfn;
	char target[PATH_MAX];

	if (!walker_takes(path) || (w->options->only && strcmp(w->options->only, sysfs_name(path)) != 0) || !is_assignable(w, path))
		return 0;
	row.path = walker_keep(w, path);
	if (!row.path)
		return walker_no_memory(w);
	row.id = sysfs_name(row.path);
	if (sysfs_path_set(&folder, path) < 0 || sysfs_path_push(&folder, "physfn") < 0)
		return 0;
	if (sysfs_link(folder.text, target, sizeof(target)) == 0) {
		sysfs_path_cut(&folder, strlen(path));
		if (sysfs_follow(&folder, target, &physfn) == 0 && !(row.parent = walker_keep(w, physfn.text)))
			return walker_no_memory(w);
	}
	return walker_add(w, &row);
}

static int functions_read(struct walker *w, struct udev *udev)
{
	struct udev_enumerate *enumerate = udev_enumerate_new(udev);
	struct udev_list_entry *entry;
	int r = enumerate ? udev_enumerate_add_match_subsystem(enumerate, "pci") : -ENOMEM;

	if (r >= 0 && w->options->only)
		r = udev_enumerate_add_match_sysname(enumerate, w->options->only);
	if (r >= 0)
		r = udev_enumerate_scan_devices(enumerate);
	if (r < 0)
		error_set(w->err, r, "libudev cannot list the PCI functions: %s", error_name(r));
	udev_list_entry_foreach(entry, r < 0 ? NULL : udev_enumerate_get_list_entry(enumerate)) {
		r = function_add(w, udev_list_entry_get_name(entry));
		if (r < 0)
			break;
	}
	udev_enumerate_unref(enumerate);
	return r < 0 ? r : 0;
}

int walk_functions(struct walker *w)
{
	struct udev *udev = udev_new();
	int r = udev ? functions_read(w, udev) : walker_no_memory(w);

	udev_unref(udev);
	return r;
}

