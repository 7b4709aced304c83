/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The targets that a queue keeps open, one a device, within the bounds below. The one
 * that was used longest ago is closed first, so ten thousand devices can be attached with
 * little memory. Used by one thread, except for open_targets_life.
 */
#ifndef CORE_SERVICE_KERNEL_OPEN_TARGETS_H
#define CORE_SERVICE_KERNEL_OPEN_TARGETS_H

#include "core/check/check.h"
#include "core/service/kernel/queue_job.h"
#include "core/service/world.h"

#define OPEN_TARGETS_MAX 256u
#define OPEN_TARGETS_BYTES (32u << 20) /* of facts, unless one batch alone needs more */

struct open_targets {
	struct world *world;
	char *name;                /* of the backend */
	struct provider *provider; /* of that name; NULL: the world has none */
	bool announced;            /* all facts that matter are announced */
	struct open_target *list;
	size_t bytes;   /* of facts in them */
	uint64_t batch; /* number of the present batch; the caller increments it */
	uint32_t life;  /* of the backend's worker, as this batch knows it */
};

/* A reference to the world is taken. -ENOMEM. */
int open_targets_init(struct open_targets *targets, struct world *world, const char *name);
void open_targets_free(struct open_targets *targets);

/* As provider_life, of the backend. From any thread. */
uint32_t open_targets_life(const struct open_targets *targets);
/* Note the worker's life for the batch that comes next. */
void open_targets_note_life(struct open_targets *targets);
/*
 * Are all targets of these jobs open, and does the worker need no more than comparisons?
 */
bool open_targets_ready(struct open_targets *targets, struct queue_job *const *jobs, size_t count);
/*
 * The target of job, which is one of these jobs of the present batch. It stays open until
 * the next batch begins. The job's stamp then says how new the target is, and the
 * worker's life.
 *
 * A batch opens a target once, as new as its newest question needs it. An earlier
 * question must not lose its target to a later one, even if the worker restarts in
 * between.
 */
int open_targets_get(struct open_targets *targets, struct queue_job *const *jobs, size_t count,
		     struct queue_job *job, struct target **ret, struct error *err);

#endif
