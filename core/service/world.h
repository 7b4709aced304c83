/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One policy with its backends and, for recorded hosts, the devices. A reload makes a new
 * world; calls that run keep the old one until they end. A world is read-only and
 * counted: any thread may use it.
 */
#ifndef CORE_SERVICE_WORLD_H
#define CORE_SERVICE_WORLD_H

#include "core/check/engine.h"
#include "core/check/holds.h"

/*
 * The unit's MemoryMax and how it is divided. During a reload two worlds have workers. A
 * worker's share is MEMORY_WORKERS_KIB divided by the number of backends
 * (core/wire/worker_memory.h), which is 1.9 MiB with 200 backends. The service's own part
 * includes one reply of each worker until the call ends: at most 8 MiB, in a buffer of at
 * most 16 MiB.
 */
#define MEMORY_UNIT_KIB (1u << 20)
#define MEMORY_SERVICE_KIB \
	(256u << 10) /* the service itself: calls, cached answers, lists of devices */
#define MEMORY_WORLDS 2u
#define MEMORY_WORKERS_KIB ((MEMORY_UNIT_KIB - MEMORY_SERVICE_KIB) / MEMORY_WORLDS)

struct world_options {
	const char *config;       /* folder; NULL: the installed one */
	const char *plugin_dir;   /* NULL: the policy's, otherwise the installed one */
	const char **inventories; /* NULL-terminated; empty: this host */
};

struct world {
	struct engine engine;
	_Atomic unsigned references;
	bool live; /* this host: each call reads facts again */
};

/*
 * Blocks until the backends have started. The holds must outlive the world. On failure
 * *ret is unchanged.
 */
int world_new(const struct world_options *options, struct holds *holds, struct world **ret,
	      struct error *err);
struct world *world_ref(struct world *world);
/* The last unref blocks until the workers have ended. Returns NULL; takes NULL. */
struct world *world_unref(struct world *world);

/* What one call uses: the world's backends, and the devices as they are now. */
struct view {
	struct world *world; /* NULL: closed */
	struct engine engine;
};

/* only: a device's name, if the call needs just one; NULL: all devices. */
int view_open(struct world *world, const char *only, struct view *ret, struct error *err);
void view_close(struct view *view);

#endif
