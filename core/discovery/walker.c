/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of names and rows, and reading the folders of a bus or class into them. */
#include "core/discovery/walker.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/discovery/sysfs.h"
#include "core/facts/array.h"
#include "core/facts/name.h"

int walker_no_memory(struct walker *w)
{
	return error_set(w->err, -ENOMEM, "out of memory");
}

int walker_name(struct walker *w, struct names *names, const char *text)
{
	const char **list = array_grow(names->list, names->count, sizeof(*list));

	if (!list)
		return walker_no_memory(w);
	names->list = list;
	if (names->count >= WALK_MAX)
		return error_set(w->err, -E2BIG,
				 "more than %u names in /sys where devices are expected", WALK_MAX);
	list[names->count++] = text;
	return 0;
}

int walker_add(struct walker *w, const struct walk_row *row)
{
	struct walk *walk = w->walk;
	struct walk_row *rows = array_grow(walk->rows, walk->count, sizeof(*rows));

	if (!rows)
		return walker_no_memory(w);
	walk->rows = rows;
	if (walk->count >= WALK_MAX)
		return error_set(w->err, -E2BIG, "more than %u devices on this host", WALK_MAX);
	rows[walk->count++] = *row;
	return 0;
}

char *walker_keep(struct walker *w, const char *text)
{
	return arena_copy(w->walk->arena, text, strlen(text));
}

bool walker_takes(const char *path)
{
	const char *name = sysfs_name(path);

	return strncmp(path, WALK_DEVICES, strlen(WALK_DEVICES)) == 0 &&
	       path_valid(path + strlen("/sys")) && name_valid(name, strlen(name));
}

int walker_name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int walker_names(struct walker *w, const char *folder, struct names *names)
{
	DIR *listing = opendir(folder);
	struct dirent *found;
	int r = 0;

	if (!listing)
		return errno == ENOMEM ? walker_no_memory(w) : 0;
	while (r == 0 && (found = readdir(listing))) {
		const char *name;

		if (!name_valid(found->d_name, strlen(found->d_name)))
			continue;
		name = walker_keep(w, found->d_name);
		r = name ? walker_name(w, names, name) : walker_no_memory(w);
	}
	closedir(listing);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), walker_name_order);
	return r;
}

int walker_member(struct walker *w, const char *folder, const char *name, const char **ret)
{
	struct sysfs_path at, real;
	char target[PATH_MAX];

	if (sysfs_path_set(&at, folder) < 0 || sysfs_path_push(&at, name) < 0 ||
	    sysfs_link(at.text, target, sizeof(target)) < 0)
		return 0;
	sysfs_path_cut(&at, strlen(folder));
	if (sysfs_follow(&at, target, &real) < 0 || !walker_takes(real.text))
		return 0;
	*ret = walker_keep(w, real.text);
	return *ret ? 1 : walker_no_memory(w);
}
