/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows: what belongs to a device, a type or the host, and where its keys begin. Must not decide which devices there are. */
#include "core/discovery/collect.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/vfio"

int collector_init(struct collector *c, const struct wants *wants, struct intern *intern, const struct stated *stated)
{
	*c = (struct collector){.wants = wants, .stated = stated, .debugfs = -1};
	return gather_init(&c->gather, intern, &wants->device);
}

void collector_free(struct collector *c)
{
	gather_free(&c->gather);
	*c = (struct collector){0};
}

static int row_fail(int r, const char *what, struct error *err)
{
	return error_set(err, r, r == -ENOMEM ? "%s: out of memory" : "%s: more facts or folder entries than can be kept", what);
}

static int row_finish(struct collector *c, const char *id, const char *what, struct factset *ret, struct error *err)
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

/* What the kernel says of migration. It is root's alone in many places, so that a refusal tells nothing of the device. */
static int visit_vfio(struct collector *c, const struct walk_row *row)
{
	struct sysfs_path path;
	int r;

	if (c->debugfs < 0)
		c->debugfs = access(DEBUGFS, X_OK) == 0;
	if (!c->debugfs || !c->wants->vfio)
		return 0;
	sysfs_path_set(&path, DEBUGFS);
	if (sysfs_path_push(&path, sysfs_name(row->path)) < 0)
		return 0;
	c->gather.lenient = true;
	r = gather_folder(&c->gather, &path, c->wants->vfio, c->wants->vfio->key);
	c->gather.lenient = false;
	return r;
}

/* An instance has a link to the type's folder; a type is that folder. */
static int visit_type(struct collector *c, struct sysfs_path *path)
{
	const char *name = sysfs_name(path->text);
	int r = gather_value(&c->gather, c->wants->type->key, name, strlen(name));

	return r ? r : gather_shared(&c->gather, path, c->wants->type);
}

static int visit_parent(struct collector *c, const struct walk_row *row)
{
	struct sysfs_path path;

	if (!row->parent || row->kind == MIGCOMPAT_KIND_PHYSICAL || !c->wants->parent || sysfs_path_set(&path, row->parent) < 0)
		return 0;
	return gather_shared(&c->gather, &path, c->wants->parent);
}

/*
 * What was missed may mean that the device went away while it was read: half a row is a wrong one. A type is looked at in
 * any case: its folder may have been read before, for an instance, or be no folder.
 */
static bool row_gone(const struct collector *c, const struct walk_row *row)
{
	struct sysfs_path folder;

	if (!c->gather.missed && row->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		return false;
	return sysfs_path_set(&folder, row->path) < 0 || sysfs_path_push(&folder, ".") < 0 || access(folder.text, F_OK) < 0;
}

int collect_device(struct collector *c, const struct walk_row *row, struct factset *ret, struct error *err)
{
	struct sysfs_path path;
	bool gone;
	int r;

	gather_reset(&c->gather);
	if (sysfs_path_set(&path, row->path) < 0)
		return 0;
	if (row->kind == MIGCOMPAT_KIND_MDEV_TYPE)
		r = visit_type(c, &path);
	else
		r = gather_folder(&c->gather, &path, &c->wants->device, "");
	/* Not even the folder was there, whatever comes next. */
	gone = c->gather.missed && c->gather.count == 0;
	if (r == 0 && row->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		r = visit_vfio(c, row);
	if (r == 0)
		r = visit_parent(c, row);
	if (r < 0)
		return row_fail(r, row->id, err);
	if (gone || row_gone(c, row))
		return 0;
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
