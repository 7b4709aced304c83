/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worlds wrap engines, with a reference count. A view adds the devices of this moment. */
#include "core/service/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int world_fill(struct world *world, const struct world_options *options, struct error *err)
{
	/*
	 * Stated facts change without an event. They are read once per world, so that
	 * cached answers and new ones use the same.
	 */
	int r = world->live ? engine_keep_stated(&world->engine, err) : 0;

	for (const char **file = options->inventories; *file && !r; file++)
		r = engine_add_file(&world->engine, *file, err);
	return r ? r : engine_ready(&world->engine, err);
}

int world_new(const struct world_options *options, struct holds *holds, struct world **ret,
	      struct error *err)
{
	struct engine_options engine_options = {
		.backend_dir = options->plugin_dir,
		.config = options->config,
		.restart = true,
		.memory_kib = MEMORY_WORKERS_KIB,
	};
	struct world *world = calloc(1, sizeof(*world));
	int r;

	if (!world)
		return error_set(err, -ENOMEM, "out of memory");
	r = engine_start(&world->engine, &engine_options, err);
	if (r) {
		free(world);
		return r;
	}
	world->references = 1;
	world->live = !*options->inventories;
	world->engine.hold = holds_ask;
	world->engine.hold_arg = holds;
	r = world_fill(world, options, err);
	if (r)
		world_unref(world);
	else
		*ret = world;
	return r;
}

struct world *world_ref(struct world *world)
{
	world->references++;
	return world;
}

struct world *world_unref(struct world *world)
{
	if (world && --world->references == 0) {
		engine_stop(&world->engine);
		free(world);
	}
	return NULL;
}

int view_open(struct world *world, const char *only, struct view *ret, struct error *err)
{
	const char *bar = only ? strstr(only, "//") : NULL;
	struct view view = {.world = world, .engine = world->engine};
	int r = 0;

	if (world->live) {
		/*
		 * Policy and backends are the world's; the devices belong to this call.
		 */
		inventory_init(&view.engine.inventory);
		r = engine_add_live(&view.engine, bar ? bar + 2 : only, err);
		if (!r)
			r = engine_ready(&view.engine, err);
		if (r) {
			inventory_free(&view.engine.inventory);
			return r;
		}
	}
	world_ref(world);
	*ret = view;
	return 0;
}

void view_close(struct view *view)
{
	if (!view->world)
		return;
	if (view->world->live)
		inventory_free(&view->engine.inventory);
	world_unref(view->world);
	*view = (struct view){.world = NULL};
}
