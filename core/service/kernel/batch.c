/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing, replying to the broker, and adding answers to the cache and the log. */
#include "core/service/kernel/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/log.h"

_Static_assert(CHECK_QUESTIONS_MAX <= BROKER_REPLIES_MAX, "one write(2) replies to a batch");

/* ---------------------------------------------------------------- log and refusals */

/* hash: of FINGERPRINT_SIZE; the result points to it, and to the job. */
static struct log_answer log_answer_of(const struct queue_job *job, const char *verdict,
				       uint32_t limit, int error, char *hash)
{
	struct log_answer answer = {
		.method = job->op == MIGCOMPAT_BROKER_OP_WRITE ? "migration_version, write"
							       : "migration_version, read",
		.target = job->op == MIGCOMPAT_BROKER_OP_WRITE ? job->device : NULL,
		.source = job->op == MIGCOMPAT_BROKER_OP_READ ? job->device : NULL,
		.hash = hash,
		.verdict = verdict,
		.limit = limit ? limit_name(limit) : NULL,
		.error = error ? error_name(error) : NULL,
		.duration_us = now_us() - job->received_us,
		.uid = LOG_UID_UNKNOWN,
	};

	*hash = '\0';
	if (job->op == MIGCOMPAT_BROKER_OP_WRITE)
		fingerprint_text(job->string, job->len, hash);
	return answer;
}

static void job_log(const struct queue_job *job, const char *verdict, int error)
{
	char hash[FINGERPRINT_SIZE];
	const struct log_answer answer = log_answer_of(job, verdict, 0, error, hash);

	log_answered(&answer);
}

static void job_refuse(struct batch *batch, const struct queue_job *job, int error,
		       const struct error *err)
{
	broker_reply_error(batch->context->broker, job->op, job->id, error);
	log_say(LOG_INFO, "%s: %s", job->device, *err->text ? err->text : error_name(error));
	job_log(job, error == -ENODEV ? "not-migratable" : "error", error);
}

/* Has nothing changed on which the answer depends? life: of the worker, now. */
static bool is_current(const struct batch *batch, const struct queue_job *job, uint32_t life)
{
	struct stamp now = {.life = life};
	const struct queue_context *context = batch->context;

	return context->stamp(context->arg, job->stamp.attachment, &now) &&
	       stamp_equal(&now, &job->stamp);
}

static void job_retry(struct batch *batch, const struct queue_job *job)
{
	const struct queue_context *context = batch->context;
	struct broker_request request = {
		.op = job->op,
		.id = job->id,
		.attachment = job->stamp.attachment,
		.received_us = job->received_us,
		.string = job->string,
		.len = job->len,
	};
	struct error err = {0};

	if (now_us() - job->received_us >= (uint64_t)context->broker->timeout_ms * 1000) {
		error_set(&err, -ETIMEDOUT, "the device, policy or holds kept changing");
		job_refuse(batch, job, -ETIMEDOUT, &err);
		return;
	}
	context->retry(context->arg, &request);
}

static bool is_held(const struct target *target, struct error *err)
{
	const struct engine *engine = target->engine;
	char reason[ERROR_TEXT_MAX];

	if (!engine->hold ||
	    !engine->hold(engine->hold_arg, target->opened->device, reason, sizeof(reason)))
		return false;
	error_set(err, -EBUSY, "held: %s", reason);
	return true;
}

static void answer_read(struct batch *batch, const struct queue_job *job,
			const struct target *target)
{
	struct error err = {0};
	size_t len = strlen(target->version);

	if (target->opened->not_source) {
		error_set(&err, -ENODEV, "%s", target->opened->not_source);
		job_refuse(batch, job, -ENODEV, &err);
		return;
	}
	if (mechanism_judge(target->engine->mode, &target->mechanism, &err)) {
		job_refuse(batch, job, -ENODEV, &err);
		return;
	}
	if (is_held(target, &err)) {
		job_refuse(batch, job, -EBUSY, &err);
		return;
	}
	if (!is_current(batch, job, batch_life(batch))) {
		job_retry(batch, job);
		return;
	}
	broker_reply_text(batch->context->broker, MIGCOMPAT_BROKER_OP_READ, job->id,
			  target->version, len);
	if (batch->targets.announced)
		answer_cache_add(batch->context->answers, &(struct cached_answer){
								  .stamp = &job->stamp,
								  .op = MIGCOMPAT_BROKER_OP_READ,
								  .question = "",
								  .text = target->version,
								  .text_len = len,
								  .device = job->device,
								  .verdict = "read",
							  });
	job_log(job, "read", 0);
}

static int verdict_error(const struct migcompat_verdict *verdict)
{
	bool yes = verdict->code == MIGCOMPAT_COMPATIBLE && !verdict->error;

	return yes ? 0 : verdict->error ? verdict->error : -EIO;
}

/*
 * May these be sent before the pending ones are answered? The worker accepts nothing but
 * comparisons until then, so all targets must be open, and no candidate may be asked for.
 */
static bool batch_may_overlap(struct batch *batch, struct queue_job *const *jobs, size_t count)
{
	return batch->pending->check.batch.progress == COMPARE_BEGUN &&
	       open_targets_ready(&batch->targets, jobs, count);
}

/*
 * Make questions of writes whose target opens. All other jobs are answered here, and
 * freed.
 */
static void batch_prepare(struct batch *batch, struct queue_job *const *jobs, size_t count,
			  struct batch_questions *set)
{
	struct queue_job *done[CHECK_QUESTIONS_MAX];
	size_t ndone = 0;

	set->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct migcompat_verdict *verdict = &set->verdicts[set->count];
		struct target *target = NULL;
		struct error err = {0};
		int r = open_targets_get(&batch->targets, jobs, count, jobs[i], &target, &err);

		if (!r && jobs[i]->op == MIGCOMPAT_BROKER_OP_WRITE && verdict_reset(verdict))
			r = error_set(&err, -EIO, "out of memory");
		if (!r && jobs[i]->op == MIGCOMPAT_BROKER_OP_WRITE) {
			set->questions[set->count] = (struct question){.target = target,
								       .text = jobs[i]->string,
								       .len = jobs[i]->len,
								       .verdict = verdict};
			set->jobs[set->count++] = jobs[i];
			continue;
		}
		if (r)
			job_refuse(batch, jobs[i], r, &err);
		else
			answer_read(batch, jobs[i], target);
		done[ndone++] = jobs[i];
	}
	while (ndone)
		free(done[--ndone]);
}

static void batch_reply(const struct batch *batch, struct batch_questions *set)
{
	struct broker_replies replies;
	uint32_t life = batch_life(batch);

	replies.count = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct queue_job *job = set->jobs[i];
		int error = verdict_error(&set->verdicts[i]);

		set->stale[i] = !error && !is_current(batch, job, life);
		if (error)
			broker_replies_error(&replies, job->id, error);
		else if (!set->stale[i])
			broker_replies_yes(&replies, job->id, job->len);
	}
	broker_replies_send(batch->context->broker, &replies);
}

static void cache_write(const struct batch *batch, const struct queue_job *job,
			const struct migcompat_verdict *verdict)
{
	const struct cached_answer answered = {
		.stamp = &job->stamp,
		.op = MIGCOMPAT_BROKER_OP_WRITE,
		.question = job->string,
		.len = job->len,
		.text = "",
		.error = verdict_error(verdict),
		.device = job->device,
		.verdict = verdict_name(verdict->code),
		.limit = verdict->limit ? limit_name(verdict->limit) : NULL,
		.forced = verdict->forced,
	};

	answer_cache_add(batch->context->answers, &answered);
}

/* Add to the cache and to the log. */
static void batch_log(const struct batch *batch, const struct batch_questions *set)
{
	struct log_answer answers[CHECK_QUESTIONS_MAX];
	char hashes[CHECK_QUESTIONS_MAX][FINGERPRINT_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct migcompat_verdict *verdict = &set->verdicts[i];
		const struct queue_job *job = set->jobs[i];

		if (set->stale[i])
			continue;
		/* Errors are not cached: the next try may succeed. */
		if (batch->targets.announced && verdict->code != MIGCOMPAT_ERROR)
			cache_write(batch, job, verdict);
		answers[count] = log_answer_of(job, verdict_name(verdict->code), verdict->limit,
					       verdict_error(verdict), hashes[i]);
		answers[count++].forced = verdict->forced;
	}
	log_answers(answers, count);
}

/*
 * Replies go out before the log is written: writers wait for them. after: sent meanwhile,
 * or NULL.
 */
static void batch_end(struct batch *batch, const struct batch_questions *after)
{
	struct batch_questions *set = batch->pending;

	batch->pending = NULL;
	if (!set)
		return;
	check_end(&set->check, after ? &after->check : NULL);
	batch_reply(batch, set);
	batch_log(batch, set);
	for (size_t i = 0; i < set->count; i++) {
		if (set->stale[i])
			job_retry(batch, set->jobs[i]);
		free(set->jobs[i]);
	}
}

void batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count)
{
	struct batch_questions *next = batch->pending == &batch->questions[0]
					       ? &batch->questions[1]
					       : &batch->questions[0];

	open_targets_note_life(&batch->targets);
	if (batch->pending && !batch_may_overlap(batch, jobs, count))
		batch_end(batch, NULL);
	batch->targets.batch++;
	batch_prepare(batch, jobs, count, next);
	check_begin(&next->check, next->questions, next->count,
		    batch->pending ? &batch->pending->check : NULL);
	batch_end(batch, next);
	batch->pending = next;
}

bool batch_finish(struct batch *batch)
{
	if (!batch->pending)
		return false;
	batch_end(batch, NULL);
	return true;
}

/* ---------------------------------------------------------------- init and free */

uint32_t batch_life(const struct batch *batch)
{
	return open_targets_life(&batch->targets);
}

int batch_init(struct batch *batch, const struct queue_context *context, struct world *world,
	       const char *name)
{
	*batch = (struct batch){.context = context};
	return open_targets_init(&batch->targets, world, name);
}

void batch_free(struct batch *batch)
{
	batch_finish(batch);
	open_targets_free(&batch->targets);
	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++) {
		verdict_clear(&batch->questions[0].verdicts[i]);
		verdict_clear(&batch->questions[1].verdicts[i]);
	}
}
