/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One policy with its backends and, of recorded hosts, the devices. A reload makes a new world;
 * calls that are under way keep the old one until they end. Any threads may use one, but for making
 * it.
 */
#ifndef CORE_SERVICE_WORLD_H
#define CORE_SERVICE_WORLD_H

#include "core/check/engine.h"
#include "core/check/holds.h"

/*
 * The unit's MemoryMax, and who gets it. While a reload starts the workers of a new world, those of
 * the old one still answer. A worker's share is MEMORY_WORKERS_KIB by the number of backends
 * (core/wire/worker_memory.h): with 200 of them, 1.9 MiB. The service's own part holds the reply
 * that is read from each worker, of at most 8 MiB in a buffer of at most 16 MiB, until the call
 * ends.
 */
#define MEMORY_UNIT_KIB (1u << 20)
#define MEMORY_SERVICE_KIB \
	(256u << 10) /* the service itself: calls, kept answers, lists of devices */
#define MEMORY_WORLDS 2u
#define MEMORY_WORKERS_KIB ((MEMORY_UNIT_KIB - MEMORY_SERVICE_KIB) / MEMORY_WORLDS)

struct world_options {
	const char *config;	  /* NULL: the installed one */
	const char *plugin_dir;	  /* NULL: the policy's, else the installed one */
	const char **inventories; /* NULL-terminated; empty: this host */
};

struct world {
	struct engine engine;
	_Atomic unsigned references;
	bool live; /* this host: its facts are read again for every call */
};

/* The holds must live as long. On failure nothing is made. Waits for the backends to start, as the
 * last unref does for their end. */
int world_new(const struct world_options *options, struct holds *holds, struct world **ret,
	      struct error *err);
struct world *world_ref(struct world *world);
struct world *world_unref(struct world *world); /* returns NULL; takes NULL */

/* What one call sees: the world's backends, and devices as they are now. */
struct view {
	struct world *world; /* NULL: closed */
	struct engine engine;
};

/* only: a device's name, where one is enough; NULL: all. */
int view_open(struct world *world, const char *only, struct view *ret, struct error *err);
void view_close(struct view *view);

#endif
