/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lane's thread works with: the targets that it keeps open, and the questions of one
 * batch. That thread's alone.
 *
 * Which moment an answer is about: the one just before its reply is written. The lane looks at
 * the stamp of the question then (core/service/kernel/answer_cache.h). A reply 0 leaves only if
 * that stamp is still the one under which the answer was computed, and if the worker that answered
 * still runs: then device, policy, holds and worker were the same all the time from the first step
 * to the last. Otherwise the question is asked again, until it has been open for as long as the
 * kernel waits. A fact that changes without an announcement is as new as the question, and no
 * newer.
 */
#ifndef CORE_SERVICE_KERNEL_BATCH_H
#define CORE_SERVICE_KERNEL_BATCH_H

#include "core/service/kernel/open_targets.h"

/* Writes that go to the worker together. */
struct asked {
	struct check check;
	struct question questions[CHECK_QUESTIONS_MAX];
	struct migcompat_verdict verdicts[CHECK_QUESTIONS_MAX];
	struct job *jobs[CHECK_QUESTIONS_MAX];
	size_t count;
	bool stale[CHECK_QUESTIONS_MAX]; /* a yes that is void: the question is asked again */
};

struct batch {
	const struct lane_context *context;
	struct slots slots;
	struct asked asked[2];	 /* one is put together while the worker compares the other */
	struct asked *under_way; /* or NULL */
};

/* A reference to the world is taken. -ENOMEM. */
int batch_init(struct batch *batch, const struct lane_context *context, struct world *world,
	       const char *name);
void batch_free(struct batch *batch);

/*
 * Takes the jobs, at most CHECK_QUESTIONS_MAX, and sends the worker what it has to compare; then
 * what was under way is answered, while it does. The rest is under way until the next call, or
 * batch_finish.
 */
void batch_ask(struct batch *batch, struct job *const *jobs, size_t count);
/* Answer what is under way. False: nothing was. */
bool batch_finish(struct batch *batch);
/* As provider_life, of its backend. From any thread. */
uint32_t batch_life(const struct batch *batch);

#endif
