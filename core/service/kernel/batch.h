/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answering questions to one backend in batches. Used by the queue's thread, except for
 * batch_life.
 *
 * An answer is about the moment just before its reply is written. At that moment the
 * batch takes the stamp of the question again (answer_cache.h). A reply 0 is sent only if
 * the stamp is still the one of the answer, and if the worker that answered still runs. Device,
 * policy, holds and worker were then the same from the first step to the last. Otherwise the
 * question is handled again, until the time for which the kernel waits is over. A fact whose change
 * is not announced is as new as the question, and no newer.
 *
 * A worker has two batches: while it compares the first, the second is prepared and sent.
 * So neither waits for the other. They do not overlap if other callers wait for the
 * worker (opened_compare_begin), or if the second needs the worker for more than
 * comparing: for a target that is not open, an mdev type, or a process other than that of
 * the first one.
 */
#ifndef CORE_SERVICE_KERNEL_BATCH_H
#define CORE_SERVICE_KERNEL_BATCH_H

#include "core/service/kernel/open_targets.h"

/* Writes that the worker compares together. */
struct batch_questions {
	struct check check;
	struct question questions[CHECK_QUESTIONS_MAX];
	struct migcompat_verdict verdicts[CHECK_QUESTIONS_MAX];
	struct queue_job *jobs[CHECK_QUESTIONS_MAX];
	size_t count;
	bool stale[CHECK_QUESTIONS_MAX]; /* a yes whose stamp changed: not sent */
};

struct batch {
	const struct queue_context *context;
	struct open_targets targets;
	struct batch_questions questions[2]; /* prepared and compared in turns */
	struct batch_questions *pending;     /* that the worker compares; or NULL */
};

/* A reference to the world is taken. -ENOMEM. */
int batch_init(struct batch *batch, const struct queue_context *context, struct world *world,
	       const char *name);
void batch_free(struct batch *batch);

/*
 * Takes ownership of the jobs, at most CHECK_QUESTIONS_MAX. Sends the worker the
 * comparisons that they need, then answers the pending questions meanwhile. The new ones
 * are pending until the next call, or batch_finish.
 */
void batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count);
/* Answer the pending questions. False: there were none. */
bool batch_finish(struct batch *batch);
/* As provider_life, of the backend. From any thread. */
uint32_t batch_life(const struct batch *batch);

#endif
