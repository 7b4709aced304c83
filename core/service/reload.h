/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads policy and backends again in a thread, while the service uses the old ones. One
 * reload runs at a time; requests during a reload cause one more after it. If a reload
 * fails, nothing changes.
 */
#ifndef CORE_SERVICE_RELOAD_H
#define CORE_SERVICE_RELOAD_H

#include "core/service/pool.h"
#include "core/service/world.h"

struct reload {
	struct pool_job job; /* first: job functions cast it back */
	/* Set by the owner: */
	struct pool *pool;
	const struct world_options *options;
	struct holds *holds;
	/*
	 * On the loop. Takes the new world's reference over, and returns the old one's.
	 */
	struct world *(*swap)(void *arg, struct world *world);
	void *arg;
	/* Private: */
	struct world *made;
	struct world *old;
	struct error err;
	bool load;  /* the job makes a new world */
	bool busy;  /* the job belongs to the pool */
	bool again; /* requested while busy */
};

/* On the loop. Notifies the service manager of start and end. */
void reload_start(struct reload *reload);
/* After the pool is freed. */
void reload_free(struct reload *reload);

#endif
