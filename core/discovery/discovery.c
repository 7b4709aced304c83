/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of discovery: the host, then each device that was found, into an inventory. If
 * the run fails, the inventory is unchanged.
 */
#include "core/discovery/discovery.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/discovery/collect.h"
#include "core/discovery/walk.h"
#include "core/discovery/wants.h"
#include "core/facts/name.h"
#include "core/facts/rfc3339.h"

struct run {
	struct inventory *inventory;
	const struct discovery_options *options;
	struct host *host;
	struct intern intern;
	struct wants wants;
	struct collector collector;
	struct walk walk;
};

static const char *host_name(struct arena *arena)
{
	char name[256] = "";

	/* A name that fills the buffer may lack its zero. */
	if (gethostname(name, sizeof(name) - 1) < 0 || !name[0] || !utf8_clean(name, strlen(name)))
		return "localhost";
	return arena_copy(arena, name, strlen(name));
}

static const char *now(struct arena *arena)
{
	char text[RFC3339_BYTES];
	size_t len = rfc3339_now(text);

	return len ? arena_copy(arena, text, len) : NULL;
}

static int host_make(struct run *run, struct error *err)
{
	struct host *host = inventory_add_host(run->inventory);

	if (!host)
		return error_set(err, -ENOMEM, "out of memory");
	run->host = host;
	host->name = host_name(&run->inventory->arena);
	host->taken = now(&run->inventory->arena);
	host->wanted = (struct wanted){.globs = run->wants.globs, .count = run->wants.count};
	if (!host->name || !host->taken)
		return error_set(err, -ENOMEM, "out of memory");
	return collect_host(&run->collector, &host->facts, err);
}

/* NULL: the name of the folder above it is none that a device can have. */
static const char *parent_name(const struct walk_row *row)
{
	const char *name = row->parent ? sysfs_name(row->parent) : "";

	return name_valid(name, strlen(name)) ? name : NULL;
}

static int device_make(struct run *run, const struct walk_row *row, struct error *err)
{
	struct factset facts;
	struct device *device;
	int r = collect_device(&run->collector, row, &facts, err);

	if (r <= 0)
		return r;
	device = inventory_add_device(run->inventory);
	if (!device)
		return error_set(err, -ENOMEM, "out of memory");
	device->id = row->id;
	device->kind = row->kind;
	device->path = row->path + strlen("/sys");
	device->parent = parent_name(row);
	device->driver = factset_text(
		&facts, row->kind == MIGCOMPAT_KIND_MDEV_TYPE ? "parent/driver" : "driver");
	device->host = run->host;
	device->facts = facts;
	return 0;
}

static int run_all(struct run *run, struct error *err)
{
	const struct discovery_options *options = run->options;
	int r = wants_compile(&run->wants, &run->intern, options->wants, options->nwants, err);

	if (r < 0)
		return r;
	if (collector_init(&run->collector, &run->wants, &run->intern, options->stated) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	r = host_make(run, err);
	if (r == 0)
		r = walk_run(&run->walk, options, err);
	for (size_t i = 0; i < run->walk.count && r == 0; i++)
		r = device_make(run, &run->walk.rows[i], err);
	return r;
}

int discovery_run(struct inventory *inventory, const struct discovery_options *options,
		  struct error *err)
{
	struct run run = {
		.inventory = inventory, .options = options, .walk = {.arena = &inventory->arena}};
	size_t nhosts = inventory->nhosts, ndevices = inventory->ndevices;
	int r;

	intern_init(&run.intern, &inventory->arena);
	r = run_all(&run, err);
	if (r < 0) {
		inventory->nhosts = nhosts;
		inventory->ndevices = ndevices;
	}
	walk_free(&run.walk);
	collector_free(&run.collector);
	intern_free(&run.intern);
	return r;
}
