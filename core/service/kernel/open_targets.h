/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The targets that a lane keeps open, one a device, within the bounds of lane.h; the one that was
 * used longest ago gives way. One thread's.
 */
#ifndef CORE_SERVICE_KERNEL_OPEN_TARGETS_H
#define CORE_SERVICE_KERNEL_OPEN_TARGETS_H

#include "core/check/check.h"
#include "core/service/kernel/backend_queue.h"

struct job {
	struct job *next;
	enum broker_op op;
	uint64_t id;
	uint64_t begun_us;
	struct stamp stamp;
	size_t len;
	const char *string; /* in bytes, behind the device's id */
	char device[];
};

struct slots {
	struct world *world;
	char *name;		   /* of the backend */
	struct provider *provider; /* of that name; NULL: the world has none */
	bool announced;		   /* its facts change with a word only */
	struct slot *list;
	size_t bytes;	/* of facts in them */
	uint64_t batch; /* the number of the present one */
	uint32_t life;	/* of the backend's worker, as this batch knows it */
};

/* A reference to the world is taken. -ENOMEM. */
int slots_init(struct slots *slots, struct world *world, const char *name);
void slots_free(struct slots *slots);

/* As provider_life, of the backend. From any thread. */
uint32_t slots_life(const struct slots *slots);
/* See which life it is, for the batch that comes next. */
void slots_look(struct slots *slots);
/* Are all targets of these jobs open, and such that the worker is asked once of each? */
bool slots_follow(struct slots *slots, struct job *const *jobs, size_t count);
/*
 * The target of one of these jobs, which are the present batch. It stays open until the next batch
 * begins. The job's stamp then says how new it is, and in which life of the worker it is open.
 *
 * Within a batch a target is opened once, for all questions of it, which came before: an earlier
 * one must not lose it to a later one, even if the worker started again in between.
 */
int slots_target(struct slots *slots, struct job *const *jobs, size_t count, struct job *job,
		 struct target **ret, struct error *err);

#endif
