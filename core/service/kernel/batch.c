/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Having the backend compare all that came together at once, replying, and keeping what may be
 * given again.
 */
#include "core/service/kernel/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/log.h"

_Static_assert(CHECK_QUESTIONS_MAX <= BROKER_REPLIES_MAX, "a batch is replied to at once");

/* ---------------------------------------------------------------- answers */

/* hash, of the size of a fingerprint, must live as long as the answer. */
static struct log_answer answer_of(const struct job *job, const char *verdict, uint32_t limit,
				   int error, char *hash)
{
	struct log_answer answer = {
		.method = job->op == BROKER_WRITE ? "migration_version, write"
						  : "migration_version, read",
		.target = job->op == BROKER_WRITE ? job->device : NULL,
		.source = job->op == BROKER_READ ? job->device : NULL,
		.hash = hash,
		.verdict = verdict,
		.limit = limit ? limit_name(limit) : NULL,
		.error = error ? error_name(error) : NULL,
		.duration_us = now_us() - job->begun_us,
		.uid = LOG_UID_UNKNOWN,
	};

	*hash = '\0';
	if (job->op == BROKER_WRITE)
		fingerprint_text(job->string, job->len, hash);
	return answer;
}

static void say(const struct job *job, const char *verdict, int error)
{
	char hash[FINGERPRINT_SIZE];
	const struct log_answer answer = answer_of(job, verdict, 0, error, hash);

	log_answered(&answer);
}

static void refuse(struct batch *batch, const struct job *job, int error, const struct error *err)
{
	broker_refuse(batch->context->broker, job->op, job->id, error);
	log_say(LOG_INFO, "%s: %s", job->device, *err->text ? err->text : error_name(error));
	say(job, error == -ENODEV ? "not-migratable" : "error", error);
}

/* Is all that the answer depends on as it was? life: of the worker, now. */
static bool is_current(const struct batch *batch, const struct job *job, uint32_t life)
{
	struct stamp now = {.life = life};
	const struct lane_context *context = batch->context;

	return context->stamp(context->arg, job->stamp.attachment, &now) &&
	       stamp_equal(&now, &job->stamp);
}

static void ask_again(struct batch *batch, const struct job *job)
{
	const struct lane_context *context = batch->context;
	struct broker_request request = {
		.op = job->op,
		.id = job->id,
		.attachment = job->stamp.attachment,
		.received_us = job->begun_us,
		.len = job->len,
	};
	struct error err = {0};

	if (now_us() - job->begun_us >= (uint64_t)context->broker->timeout_ms * 1000) {
		error_set(&err, -ETIMEDOUT, "what it depends on changed again and again");
		refuse(batch, job, -ETIMEDOUT, &err);
		return;
	}
	memcpy(request.string, job->string, job->len + 1);
	context->again(context->arg, &request);
}

static bool held(const struct target *target, struct error *err)
{
	const struct engine *engine = target->engine;
	char reason[ERROR_TEXT_MAX];

	if (!engine->hold ||
	    !engine->hold(engine->hold_arg, target->opened->device, reason, sizeof(reason)))
		return false;
	error_set(err, -EBUSY, "held: %s", reason);
	return true;
}

static void answer_read(struct batch *batch, const struct job *job, const struct target *target)
{
	struct error err = {0};
	size_t len = strlen(target->version);

	if (target->opened->not_source) {
		error_set(&err, -ENODEV, "%s", target->opened->not_source);
		refuse(batch, job, -ENODEV, &err);
		return;
	}
	if (mechanism_judge(target->engine->mode, &target->mechanism, &err)) {
		refuse(batch, job, -ENODEV, &err);
		return;
	}
	if (held(target, &err)) {
		refuse(batch, job, -EBUSY, &err);
		return;
	}
	if (!is_current(batch, job, batch_life(batch))) {
		ask_again(batch, job);
		return;
	}
	broker_tell(batch->context->broker, BROKER_READ, job->id, target->version, len);
	if (batch->slots.announced)
		answers_keep(batch->context->answers, &(struct answered){
							      .stamp = &job->stamp,
							      .op = BROKER_READ,
							      .question = "",
							      .text = target->version,
							      .text_len = len,
							      .device = job->device,
							      .verdict = "read",
						      });
	say(job, "read", 0);
}

static int verdict_error(const struct migcompat_verdict *verdict)
{
	bool yes = verdict->code == MIGCOMPAT_COMPATIBLE && !verdict->error;

	return yes ? 0 : verdict->error ? verdict->error : -EIO;
}

/*
 * May they be asked before what is under way is answered? The worker speaks of nothing else then:
 * all targets must be open, and be such that it is asked once of each.
 */
static bool batch_follows(struct batch *batch, struct job *const *jobs, size_t count)
{
	return batch->under_way->check.batch.progress == COMPARE_BEGUN &&
	       slots_follow(&batch->slots, jobs, count);
}

/* Those whose target is open into questions; the others are answered at once, and done with. */
static void batch_open(struct batch *batch, struct job *const *jobs, size_t count,
		       struct asked *asked)
{
	struct job *done[CHECK_QUESTIONS_MAX];
	size_t ndone = 0;

	asked->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct migcompat_verdict *verdict = &asked->verdicts[asked->count];
		struct target *target = NULL;
		struct error err = {0};
		int r = slots_target(&batch->slots, jobs, count, jobs[i], &target, &err);

		if (!r && jobs[i]->op == BROKER_WRITE && verdict_reset(verdict))
			r = error_set(&err, -EIO, "out of memory");
		if (!r && jobs[i]->op == BROKER_WRITE) {
			asked->questions[asked->count] = (struct question){.target = target,
									   .text = jobs[i]->string,
									   .len = jobs[i]->len,
									   .verdict = verdict};
			asked->jobs[asked->count++] = jobs[i];
			continue;
		}
		if (r)
			refuse(batch, jobs[i], r, &err);
		else
			answer_read(batch, jobs[i], target);
		done[ndone++] = jobs[i];
	}
	while (ndone)
		free(done[--ndone]);
}

static void batch_reply(const struct batch *batch, struct asked *asked)
{
	struct broker_replies replies;
	uint32_t life = batch_life(batch);

	replies.count = 0;
	for (size_t i = 0; i < asked->count; i++) {
		const struct job *job = asked->jobs[i];
		int error = verdict_error(&asked->verdicts[i]);

		asked->stale[i] = !error && !is_current(batch, job, life);
		if (error)
			broker_replies_no(&replies, job->id, error);
		else if (!asked->stale[i])
			broker_replies_yes(&replies, job->id, job->len);
	}
	broker_replies_send(batch->context->broker, &replies);
}

static void write_keep(const struct batch *batch, const struct job *job,
		       const struct migcompat_verdict *verdict)
{
	const struct answered answered = {
		.stamp = &job->stamp,
		.op = BROKER_WRITE,
		.question = job->string,
		.len = job->len,
		.text = "",
		.error = verdict_error(verdict),
		.device = job->device,
		.verdict = verdict_name(verdict->code),
		.limit = verdict->limit ? limit_name(verdict->limit) : NULL,
		.forced = verdict->forced,
	};

	answers_keep(batch->context->answers, &answered);
}

/* Keep and log. */
static void batch_tell(const struct batch *batch, const struct asked *asked)
{
	struct log_answer answers[CHECK_QUESTIONS_MAX];
	char hashes[CHECK_QUESTIONS_MAX][FINGERPRINT_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < asked->count; i++) {
		const struct migcompat_verdict *verdict = &asked->verdicts[i];
		const struct job *job = asked->jobs[i];

		if (asked->stale[i])
			continue;
		/* An error is no answer: the next one may be better. */
		if (batch->slots.announced && verdict->code != MIGCOMPAT_ERROR)
			write_keep(batch, job, verdict);
		answers[count] = answer_of(job, verdict_name(verdict->code), verdict->limit,
					   verdict_error(verdict), hashes[i]);
		answers[count++].forced = verdict->forced;
	}
	log_answers(answers, count);
}

/* Replies first, words after them: somebody waits for the ones. after: what was asked meanwhile, or
 * NULL. */
static void batch_end(struct batch *batch, const struct asked *after)
{
	struct asked *asked = batch->under_way;

	batch->under_way = NULL;
	if (!asked)
		return;
	check_end(&asked->check, after ? &after->check : NULL);
	batch_reply(batch, asked);
	batch_tell(batch, asked);
	for (size_t i = 0; i < asked->count; i++) {
		if (asked->stale[i])
			ask_again(batch, asked->jobs[i]);
		free(asked->jobs[i]);
	}
}

void batch_ask(struct batch *batch, struct job *const *jobs, size_t count)
{
	struct asked *next =
		batch->under_way == &batch->asked[0] ? &batch->asked[1] : &batch->asked[0];

	slots_look(&batch->slots);
	if (batch->under_way && !batch_follows(batch, jobs, count))
		batch_end(batch, NULL);
	batch->slots.batch++;
	batch_open(batch, jobs, count, next);
	check_begin(&next->check, next->questions, next->count,
		    batch->under_way ? &batch->under_way->check : NULL);
	batch_end(batch, next);
	batch->under_way = next;
}

bool batch_finish(struct batch *batch)
{
	if (!batch->under_way)
		return false;
	batch_end(batch, NULL);
	return true;
}

/* ---------------------------------------------------------------- start and end */

uint32_t batch_life(const struct batch *batch)
{
	return slots_life(&batch->slots);
}

int batch_init(struct batch *batch, const struct lane_context *context, struct world *world,
	       const char *name)
{
	*batch = (struct batch){.context = context};
	return slots_init(&batch->slots, world, name);
}

void batch_free(struct batch *batch)
{
	batch_finish(batch);
	slots_free(&batch->slots);
	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++) {
		verdict_clear(&batch->asked[0].verdicts[i]);
		verdict_clear(&batch->asked[1].verdicts[i]);
	}
}
