/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The facts of a device, a type or the host, and where their keys begin. Must not decide
 * which devices there are.
 */
#include "core/discovery/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/vfio"
#define TRIES 3u

int collector_init(struct collector *c, const struct wants *wants, struct intern *intern,
		   const struct stated *stated)
{
	*c = (struct collector){.wants = wants, .stated = stated};
	return gather_init(&c->gather, intern, &wants->device);
}

void collector_free(struct collector *c)
{
	gather_free(&c->gather);
	variants_free(&c->variants);
	*c = (struct collector){0};
}

static int row_fail(int r, const char *what, struct error *err)
{
	return error_set(err, r,
			 r == -ENOMEM ? "%s: out of memory"
				      : "%s: more facts or folder entries than can be kept",
			 what);
}

static int row_finish(struct collector *c, const char *id, const char *what, struct factset *ret,
		      struct error *err)
{
	struct factset_builder builder;
	int r;

	factset_builder_init(&builder, c->gather.intern->arena);
	r = gather_build(&c->gather, &builder);
	if (r == 0 && c->stated)
		r = stated_add(c->stated, id, &builder);
	if (r < 0) {
		factset_builder_free(&builder);
		return row_fail(r, what, err);
	}
	return factset_builder_finish(&builder, ret, err);
}

bool discovery_kernel_tells(void)
{
	return access(DEBUGFS, X_OK) == 0;
}

/* 0: it exists. Otherwise a positive errno. */
static int look_up(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? errno : 0;
}

/*
 * The kernel's word on migration: whether files exist. If the folder cannot be read, its
 * error takes the place of the folder's fact, and the files are not collected.
 */
static int visit_vfio(struct collector *c, const struct walk_row *row)
{
	bool missed = c->gather.missed;
	struct sysfs_path path, state;
	int error, r;

	sysfs_path_set(&path, DEBUGFS);
	if (sysfs_path_push(&path, sysfs_name(row->path)) < 0)
		return 0;
	state = path;
	error = sysfs_path_push(&state, "migration/state") < 0 ? ENAMETOOLONG : look_up(state.text);
	if (!error || error == ENOENT)
		error = look_up(path.text);
	if (error)
		return error == ENOENT ? 0 : gather_error(&c->gather, KERNEL_WORD_FOLDER, error);
	c->gather.strict = true;
	r = gather_folder(&c->gather, &path, c->wants->vfio, c->wants->vfio->key);
	c->gather.strict = false;
	c->gather.missed = missed;
	return r ? r : gather_value(&c->gather, KERNEL_WORD_FOLDER, "yes", strlen("yes"));
}

/*
 * Modules that the kernel would load for VFIO in place of vfio-pci, which serves every
 * function.
 */
static int visit_variants(struct collector *c, const struct walk_row *row)
{
	char modalias[SYSFS_MODALIAS_MAX], *drivers = NULL;
	int r;

	if (row->kind != MIGCOMPAT_KIND_PHYSICAL || !sysfs_modalias(row->path, modalias))
		return 0;
	r = variants_find(&c->variants, modalias, &drivers);
	if (r == 0 && drivers)
		r = gather_value(&c->gather, DISCOVERY_VARIANTS, drivers, strlen(drivers));
	else if (r && r != -ENOMEM)
		r = gather_error(&c->gather, DISCOVERY_VARIANTS, r);
	free(drivers);
	return r;
}

/* An instance has a link to the folder of its type. A type is that folder. */
static int visit_type(struct collector *c, struct sysfs_path *path)
{
	const char *name = sysfs_name(path->text);
	int r = gather_value(&c->gather, c->wants->type->key, name, strlen(name));

	return r ? r : gather_shared(&c->gather, path, c->wants->type);
}

static int visit_parent(struct collector *c, const struct walk_row *row)
{
	struct sysfs_path path;

	if (!row->parent || row->kind == MIGCOMPAT_KIND_PHYSICAL || !c->wants->parent ||
	    sysfs_path_set(&path, row->parent) < 0)
		return 0;
	return gather_shared(&c->gather, &path, c->wants->parent);
}

/*
 * The folder of a type may have been read before, for an instance. Some names beside
 * types are files.
 */
static bool row_stands(const struct walk_row *row)
{
	struct sysfs_path folder;

	return sysfs_path_set(&folder, row->path) == 0 && sysfs_path_push(&folder, ".") == 0 &&
	       access(folder.text, F_OK) == 0;
}

static int row_gather(struct collector *c, const struct walk_row *row)
{
	struct sysfs_path path;
	int r;

	gather_reset(&c->gather);
	r = sysfs_path_set(&path, row->path);
	if (r == 0 && row->kind == MIGCOMPAT_KIND_MDEV_TYPE)
		r = visit_type(c, &path);
	else if (r == 0)
		r = gather_folder(&c->gather, &path, &c->wants->device, "");
	if (r == 0 && row->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		r = visit_vfio(c, row);
	if (r == 0)
		r = visit_variants(c, row);
	return r ? r : visit_parent(c, row);
}

int collect_device(struct collector *c, const struct walk_row *row, struct factset *ret,
		   struct error *err)
{
	unsigned tries = 0;
	int r;

	/*
	 * If something vanished during the read, the device may be gone, or have come
	 * back. Half a row would be wrong, so read again.
	 */
	do {
		r = row_gather(c, row);
		if (r < 0)
			return row_fail(r, row->id, err);
		if ((c->gather.missed || row->kind == MIGCOMPAT_KIND_MDEV_TYPE) && !row_stands(row))
			return 0;
	} while (c->gather.missed && ++tries < TRIES);
	r = row_finish(c, row->id, row->id, ret, err);
	return r < 0 ? r : 1;
}

int collect_host(struct collector *c, struct factset *ret, struct error *err)
{
	const char *order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big";
	struct gather *gather = &c->gather;
	struct sysfs_path path;
	struct utsname names;
	int r;

	gather_reset(gather);
	if (uname(&names) < 0)
		r = gather_error(gather, DISCOVERY_RELEASE, errno);
	else
		r = gather_value(gather, DISCOVERY_RELEASE, names.release, strlen(names.release));
	if (r == 0)
		r = gather_value(gather, DISCOVERY_BYTEORDER, order, strlen(order));
	sysfs_path_set(&path, "/sys");
	gather->host = true;
	if (r == 0)
		r = gather_folder(gather, &path, &c->wants->host, "");
	gather->host = false;
	return r < 0 ? row_fail(r, "this host", err) : row_finish(c, NULL, "this host", ret, err);
}
