/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a lane's thread works with: the targets that it keeps open, and the questions of one batch. That thread's alone. */
#ifndef CORE_SERVICE_BATCH_H
#define CORE_SERVICE_BATCH_H

#include "core/check/check.h"
#include "core/service/lane.h"

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

struct batch {
	const struct lane_context *context;
	struct world *world;
	char *name;     /* of the backend */
	bool announced; /* its facts change with a word only */
	struct slot *slots;
	uint64_t number; /* of the present one */
	struct migcompat_verdict verdicts[CHECK_QUESTIONS_MAX];
};

/* A reference to the world is taken. -ENOMEM. */
int batch_init(struct batch *batch, const struct lane_context *context, struct world *world, const char *name);
void batch_free(struct batch *batch);

/* Answers all of them, at most CHECK_QUESTIONS_MAX. replying is called once, before the first reply to a write goes out. */
void batch_answer(struct batch *batch, struct job *const *jobs, size_t count, void (*replying)(void *arg), void *arg);

#endif
