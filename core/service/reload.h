/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy and backends read again, in a thread, while the service goes on with those that it has.
 * One reload at a time; what is asked for meanwhile is one more after it. What cannot be loaded
 * changes nothing.
 */
#ifndef CORE_SERVICE_RELOAD_H
#define CORE_SERVICE_RELOAD_H

#include "core/service/pool.h"
#include "core/service/world.h"

struct reload {
	struct pool_job job; /* first */
	/* Set before the first: */
	struct pool *pool;
	const struct world_options *options;
	struct holds *holds;
	struct world *(*swap)(void *arg, struct world *world); /* on the loop: takes over the new
								  one, gives up the old one */
	void *arg;
	/* Its own: */
	struct world *made;
	struct world *old;
	struct error err;
	bool load;  /* the job is to make one */
	bool busy;  /* the job is the pool's */
	bool again; /* asked for while busy */
};

/* On the loop. The service manager is told of the beginning and of the end. */
void reload_start(struct reload *reload);
/* Once the job runs no more. */
void reload_free(struct reload *reload);

#endif
