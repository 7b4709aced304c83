/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening the targets that are not open yet, and having the backend compare all at once. A device's facts are collected after
 * the kernel attached it and found it unchanged since; those of a backend whose facts change without a word are
 * collected after the question came.
 */
#include "core/service/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/service/clock.h"
#include "core/service/log.h"

_Static_assert(CHECK_QUESTIONS_MAX <= BROKER_REPLIES_MAX, "a batch is replied to at once");
_Static_assert(LANE_TARGETS_MAX > 2 * CHECK_QUESTIONS_MAX, "a slot that is asked about is never the oldest");

/* A target that is open, as it was at some stamp. */
struct slot {
	struct view view;
	struct target target;
	uint64_t attachment; /* 0: free */
	uint64_t changed;
	uint64_t batch; /* that used it last */
	size_t bytes;   /* of its facts, which are its own */
};

/* ---------------------------------------------------------------- targets */

/* A rule of the policy may look at any fact, so with such rules nothing is announced. */
static bool is_announced(const struct engine *engine, const char *name)
{
	const char *key;
	bool of_host;

	if (policy_fact(engine->policy, 0, &key, &of_host))
		return false;
	for (size_t i = 0; i < engine->nproviders; i++) {
		const struct backend_info *info = engine->infos[i];

		for (size_t w = 0; !info->error && strcmp(info->name, name) == 0 && w < info->nwants; w++)
			if (!(info->wants[w].flags & (MIGCOMPAT_WANT_ANNOUNCED | MIGCOMPAT_WANT_AVAILABILITY)))
				return false;
	}
	return true;
}

static void slot_close(struct batch *batch, struct slot *slot)
{
	if (!slot->attachment)
		return;
	target_close(&slot->target);
	view_close(&slot->view);
	batch->bytes -= slot->bytes;
	slot->attachment = 0;
}

/* Close what was used longest ago until the facts fit again; what this batch uses stays. */
static void slots_shrink(struct batch *batch)
{
	while (batch->bytes > LANE_TARGETS_BYTES) {
		struct slot *oldest = NULL;

		for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
			struct slot *slot = &batch->slots[i];

			if (slot->attachment && slot->batch != batch->number &&
			    (!oldest || slot->batch < oldest->batch))
				oldest = slot;
		}
		if (!oldest)
			return;
		slot_close(batch, oldest);
	}
}

static int slot_open(struct batch *batch, struct slot *slot, const struct job *job, struct error *err)
{
	const struct device *device = NULL;
	int r = view_open(batch->world, job->device, &slot->view, err);

	if (r)
		return r;
	r = inventory_find(&slot->view.engine.inventory, job->device, &device, err);
	/* It went while its question was on the way. */
	if (r == -ENOENT)
		r = -ENODEV;
	if (!r)
		r = target_open(&slot->view.engine, device, &slot->target, err);
	/* Another driver took it meanwhile, and its attachment is gone as well; or a reload gave it to another backend, and a look is under way. */
	if (!r && strcmp(slot->target.opened->provider->info.name, batch->name) != 0) {
		target_close(&slot->target);
		r = error_set(err, -ENOTCONN, "device \"%s\" is another backend's by now", job->device);
	}
	if (r) {
		view_close(&slot->view);
		return r;
	}
	slot->attachment = job->stamp.attachment;
	/* Recorded hosts are the world's own. */
	slot->bytes = batch->world->live ? slot->view.engine.inventory.arena.total : 0;
	slot->batch = batch->number;
	batch->bytes += slot->bytes;
	/* Opening may have started the worker again. */
	batch->life = slot->target.opened->life;
	slots_shrink(batch);
	return 0;
}

/* The device's own slot, or the one that was used longest ago. One of this batch is never taken from it: there are more. */
static struct slot *slot_find(struct batch *batch, uint64_t attachment)
{
	struct slot *oldest = &batch->slots[0];

	for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
		struct slot *slot = &batch->slots[i];

		if (slot->attachment == attachment)
			return slot;
		if (slot->batch < oldest->batch)
			oldest = slot;
	}
	return oldest;
}

/* How often the device had changed when the last question of the batch about it came. */
static uint64_t newest(struct job *const *jobs, size_t count, uint64_t attachment)
{
	uint64_t changed = 0;

	for (size_t i = 0; i < count; i++)
		if (jobs[i]->stamp.attachment == attachment && jobs[i]->stamp.changed > changed)
			changed = jobs[i]->stamp.changed;
	return changed;
}

/*
 * As it was when the last question of the batch about it came, changed, or later, and in the life
 * of the worker that runs now?
 */
static bool is_open(const struct batch *batch, const struct slot *slot, const struct job *job,
		    uint64_t changed)
{
	return batch->announced && slot->attachment == job->stamp.attachment &&
	       slot->changed >= changed && slot->target.opened->life == batch->life;
}

/* Does a question of this batch use it already? */
static bool is_used(const struct batch *batch, const struct slot *slot, const struct job *job)
{
	return slot->attachment == job->stamp.attachment && slot->batch == batch->number;
}

/*
 * Within a batch a target is opened once, for all questions of it, which came before: an earlier
 * one must not lose it to a later one, even if the worker started again in between.
 */
static int target_for(struct batch *batch, struct job *job, uint64_t changed, struct target **ret,
		      struct error *err)
{
	struct slot *slot = slot_find(batch, job->stamp.attachment);
	int r = 0;

	if (!is_used(batch, slot, job) && !is_open(batch, slot, job, changed)) {
		slot_close(batch, slot);
		r = slot_open(batch, slot, job, err);
		slot->changed = changed;
	}
	slot->batch = batch->number;
	if (r)
		return r;
	/* What is computed from here on is about this target, perhaps newer than the question. */
	job->stamp.changed = slot->changed;
	job->stamp.life = slot->target.opened->life;
	*ret = &slot->target;
	return 0;
}

/* ---------------------------------------------------------------- answers */

/* hash, of the size of a fingerprint, must live as long as the answer. */
static struct log_answer answer_of(const struct job *job, const char *verdict, uint32_t limit, int error, char *hash)
{
	struct log_answer answer = {
		.method = job->op == BROKER_WRITE ? "migration_version, write" : "migration_version, read",
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

	if (!engine->hold || !engine->hold(engine->hold_arg, target->opened->device, reason, sizeof(reason)))
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
	if (held(target, &err)) {
		refuse(batch, job, -EBUSY, &err);
		return;
	}
	if (!is_current(batch, job, batch_life(batch))) {
		ask_again(batch, job);
		return;
	}
	broker_tell(batch->context->broker, BROKER_READ, job->id, target->version, len);
	if (batch->announced)
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
	bool yes = verdict->code == VERDICT_COMPATIBLE && !verdict->error;

	return yes ? 0 : verdict->error ? verdict->error : -EIO;
}

/*
 * May they be asked before what is under way is answered? The worker speaks of nothing else then: all targets must be open, and be such that it is
 * asked once of each.
 */
static bool batch_follows(struct batch *batch, struct job *const *jobs, size_t count)
{
	if (!batch->announced || batch->under_way->check.batch.progress != COMPARE_BEGUN)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct slot *slot = slot_find(batch, jobs[i]->stamp.attachment);

		if (!is_open(batch, slot, jobs[i], newest(jobs, count, jobs[i]->stamp.attachment)) ||
		    slot->target.opened->device->kind == MIGCOMPAT_KIND_MDEV_TYPE)
			return false;
	}
	return true;
}

/* Those whose target is open into questions; the others are answered at once, and done with. */
static void batch_open(struct batch *batch, struct job *const *jobs, size_t count, struct asked *asked)
{
	struct job *done[CHECK_QUESTIONS_MAX];
	size_t ndone = 0;

	asked->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct migcompat_verdict *verdict = &asked->verdicts[asked->count];
		struct target *target = NULL;
		struct error err = {0};
		int r = target_for(batch, jobs[i], newest(jobs, count, jobs[i]->stamp.attachment), &target, &err);

		if (!r && jobs[i]->op == BROKER_WRITE && verdict_reset(verdict))
			r = error_set(&err, -EIO, "out of memory");
		if (!r && jobs[i]->op == BROKER_WRITE) {
			asked->questions[asked->count] =
				(struct question){.target = target, .text = jobs[i]->string, .len = jobs[i]->len, .verdict = verdict};
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
		if (batch->announced && verdict->code != VERDICT_ERROR)
			write_keep(batch, job, verdict);
		answers[count] = answer_of(job, verdict_name(verdict->code), verdict->limit,
					   verdict_error(verdict), hashes[i]);
		answers[count++].forced = verdict->forced;
	}
	log_answers(answers, count);
}

/* Replies first, words after them: somebody waits for the ones. after: what was asked meanwhile, or NULL. */
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
	struct asked *next = batch->under_way == &batch->asked[0] ? &batch->asked[1] : &batch->asked[0];

	batch->life = batch_life(batch);
	if (batch->under_way && !batch_follows(batch, jobs, count))
		batch_end(batch, NULL);
	batch->number++;
	batch_open(batch, jobs, count, next);
	check_begin(&next->check, next->questions, next->count, batch->under_way ? &batch->under_way->check : NULL);
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

static struct provider *provider_named(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->nproviders; i++)
		if (!engine->infos[i]->error && strcmp(engine->infos[i]->name, name) == 0)
			return engine->providers[i];
	return NULL;
}

uint32_t batch_life(const struct batch *batch)
{
	return batch->provider ? provider_life(batch->provider) : 0;
}

int batch_init(struct batch *batch, const struct lane_context *context, struct world *world, const char *name)
{
	*batch = (struct batch){
		.context = context,
		.provider = provider_named(&world->engine, name),
		.announced = is_announced(&world->engine, name),
	};
	batch->slots = calloc(LANE_TARGETS_MAX, sizeof(*batch->slots));
	batch->name = strdup(name);
	if (!batch->slots || !batch->name) {
		free(batch->slots);
		free(batch->name);
		return -ENOMEM;
	}
	batch->world = world_ref(world);
	return 0;
}

void batch_free(struct batch *batch)
{
	batch_finish(batch);
	for (size_t i = 0; i < LANE_TARGETS_MAX; i++)
		slot_close(batch, &batch->slots[i]);
	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++) {
		verdict_clear(&batch->asked[0].verdicts[i]);
		verdict_clear(&batch->asked[1].verdicts[i]);
	}
	free(batch->slots);
	free(batch->name);
	world_unref(batch->world);
}
