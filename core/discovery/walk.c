/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds mdevs, the types of all parents, and physical functions. Invalid links and names
 * are ignored. Must not read the facts that backends want.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/discovery/sysfs.h"
#include "core/discovery/walker.h"
#include "core/facts/name.h"

#define MDEV_BUS "/sys/class/mdev_bus"

void walk_free(struct walk *walk)
{
	free(walk->rows);
	*walk = (struct walk){0};
}

static int row_order(const void *a, const void *b)
{
	return strcmp(((const struct walk_row *)a)->path, ((const struct walk_row *)b)->path);
}

static int last_name_order(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int order = strcmp(sysfs_name(x), sysfs_name(y));

	return order ? order : strcmp(x, y);
}

/* ---------------------------------------------------------------- mdevs */

/* The folder of a device's parent. NULL: the device has none. */
static int parent_path(struct walker *w, const char *path, const char *before, const char **ret)
{
	const char *name = sysfs_name(path);
	size_t len = name > path ? (size_t)(name - path) - 1 : 0;

	if (before && strncmp(path, before, len) == 0 && before[len] == '\0') {
		*ret = before;
		return 0;
	}
	if (len < strlen(WALK_DEVICES))
		return 0;
	*ret = arena_copy(w->walk->arena, path, len);
	return *ret ? walker_name(w, &w->parents, *ret) : walker_no_memory(w);
}

static int mdevs_read(struct walker *w, const char *folder)
{
	struct names names = {0};
	const char *only = w->options->only;
	int r;

	r = only && !strchr(only, '/') ? walker_name(w, &names, only)
				       : walker_names(w, folder, &names);
	for (size_t i = 0; i < names.count && r >= 0; i++) {
		struct walk_row row = {.kind = MIGCOMPAT_KIND_MDEV};

		r = walker_member(w, folder, names.list[i], &row.path);
		if (r <= 0)
			continue;
		row.id = sysfs_name(row.path);
		if (strcmp(row.id, names.list[i]) == 0)
			r = walker_add(w, &row);
	}
	free(names.list);
	return r < 0 ? r : 0;
}

/* A recorded host may have the subsystem as a class. */
static int walk_mdevs(struct walker *w)
{
	static const char *const folders[] = {"/sys/bus/mdev/devices", "/sys/class/mdev"};
	struct walk *walk = w->walk;
	const char *before = NULL;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && r == 0; i++)
		r = mdevs_read(w, folders[i]);
	if (walk->count)
		qsort(walk->rows, walk->count, sizeof(*walk->rows), row_order);
	for (size_t i = 0; i < walk->count && r == 0; i++) {
		struct walk_row *row = &walk->rows[i];

		if (kept && strcmp(walk->rows[kept - 1].path, row->path) == 0)
			continue;
		r = parent_path(w, row->path, before, &row->parent);
		before = row->parent;
		walk->rows[kept++] = *row;
	}
	walk->count = kept;
	return r;
}

/* ---------------------------------------------------------------- parents and types */

/* The members of a bus or class. look: only those that have a folder of types. */
static int parents_read(struct walker *w, const char *folder, bool look)
{
	struct names names = {0};
	int r = walker_names(w, folder, &names);

	for (size_t i = 0; i < names.count && r >= 0; i++) {
		struct sysfs_path types;
		const char *path;

		if (look &&
		    (sysfs_path_set(&types, folder) < 0 ||
		     sysfs_path_push(&types, names.list[i]) < 0 ||
		     sysfs_path_push(&types, WALK_TYPES) < 0 || access(types.text, F_OK) < 0))
			continue;
		r = walker_member(w, folder, names.list[i], &path);
		if (r > 0)
			r = walker_name(w, &w->parents, path);
	}
	free(names.list);
	return r < 0 ? r : 0;
}

static int parents_search(struct walker *w, const char *root, const char *below)
{
	struct names names = {0};
	struct sysfs_path folder;
	int r = walker_names(w, root, &names);

	for (size_t i = 0; i < names.count && r == 0; i++) {
		sysfs_path_set(&folder, root);
		if (sysfs_path_push(&folder, names.list[i]) < 0 ||
		    (below && sysfs_path_push(&folder, below) < 0))
			continue;
		if (strcmp(folder.text, MDEV_BUS) != 0 && strcmp(names.list[i], "mdev") != 0)
			r = parents_read(w, folder.text, true);
	}
	free(names.list);
	return r;
}

/*
 * On a kernel, class/mdev_bus has all parents. A recorded host may lack that class, or
 * have a part of it; then all devices are examined. A recording is recognised by the lack
 * of /sys/fs, which every kernel has.
 */
static bool parents_hidden(void)
{
	return access("/sys/fs", F_OK) < 0 ||
	       (access(MDEV_BUS, F_OK) < 0 && access("/sys/bus/mdev", F_OK) == 0);
}

static int walk_parents(struct walker *w)
{
	struct names *parents = &w->parents;
	size_t kept = 0;
	int r = parents_read(w, MDEV_BUS, false);

	if (r == 0 && parents_hidden()) {
		r = parents_search(w, "/sys/bus", "devices");
		if (r == 0)
			r = parents_search(w, "/sys/class", NULL);
	}
	if (parents->count)
		qsort(parents->list, parents->count, sizeof(*parents->list), last_name_order);
	for (size_t i = 0; i < parents->count; i++)
		if (kept == 0 || strcmp(parents->list[kept - 1], parents->list[i]) != 0)
			parents->list[kept++] = parents->list[i];
	parents->count = kept;
	return r;
}

static int types_read(struct walker *w, const char *parent)
{
	struct names names = {0};
	struct sysfs_path folder, id;
	int r;

	if (sysfs_path_set(&folder, parent) < 0 || sysfs_path_push(&folder, WALK_TYPES) < 0)
		return 0;
	r = walker_names(w, folder.text, &names);
	for (size_t i = 0; i < names.count && r == 0; i++) {
		struct walk_row row = {.kind = MIGCOMPAT_KIND_MDEV_TYPE, .parent = parent};
		size_t len = folder.len;

		sysfs_path_set(&id, sysfs_name(parent));
		if (sysfs_path_push(&folder, names.list[i]) < 0 ||
		    sysfs_path_push(&id, names.list[i]) < 0)
			continue;
		row.path = walker_keep(w, folder.text);
		row.id = walker_keep(w, id.text);
		sysfs_path_cut(&folder, len);
		if (!row.path || !row.id)
			r = walker_no_memory(w);
		else if (id_valid(row.kind, row.id) &&
			 (!w->options->only || strcmp(w->options->only, row.id) == 0))
			r = walker_add(w, &row);
	}
	free(names.list);
	return r;
}

/*
 * Types of parents with the same name would have the same id. The kernel has no second
 * name in class/mdev_bus either.
 */
static int walk_types(struct walker *w)
{
	int r = 0;

	for (size_t i = 0; i < w->parents.count && r == 0; i++)
		if (i == 0 ||
		    strcmp(sysfs_name(w->parents.list[i - 1]), sysfs_name(w->parents.list[i])) != 0)
			r = types_read(w, w->parents.list[i]);
	return r;
}

int walk_run(struct walk *walk, const struct discovery_options *options, struct error *err)
{
	struct walker w = {.walk = walk, .options = options, .err = err};
	bool type_only = options->only && strchr(options->only, '/');
	int r = walk_mdevs(&w);

	/* Instances were read only to find their parents. */
	if (type_only)
		walk->count = 0;
	if (r == 0)
		r = walk_parents(&w);
	if (r == 0 && (!options->only || type_only))
		r = walk_types(&w);
	if (r == 0 && !type_only && !(options->only && walk->count))
		r = walk_functions(&w);
	free(w.parents.list);
	return r;
}
