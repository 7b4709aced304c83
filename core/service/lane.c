/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lane's thread: takes what waits, opens the targets that it has not open yet, has the backend compare all at once, replies.
 * A device's facts are collected after the kernel attached it and found it unchanged since; those of a backend whose facts
 * change without a word are collected after the question came.
 */
#include "core/service/lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/check/check.h"
#include "core/service/log.h"

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

/* A target that is open, as it was at some stamp. */
struct slot {
	struct view view;
	struct target target;
	uint64_t attachment; /* 0: free */
	uint64_t changed;
	uint64_t batch; /* that used it last */
};

struct lane {
	const struct lane_context *context;
	struct world *world;
	char *name; /* of the backend */
	bool announced; /* facts change with a word only */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first;
	struct job **last;
	size_t queued;
	bool running;
	bool ending; /* and all above: under the lock */
	/* The thread's own: */
	struct slot *slots;
	uint64_t batch;
	struct migcompat_verdict verdicts[CHECK_QUESTIONS_MAX];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t gone;
	size_t count;
} lanes = {.lock = PTHREAD_MUTEX_INITIALIZER, .gone = PTHREAD_COND_INITIALIZER};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

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

static void slot_close(struct slot *slot)
{
	if (!slot->attachment)
		return;
	target_close(&slot->target);
	view_close(&slot->view);
	slot->attachment = 0;
}

static int slot_open(struct lane *lane, struct slot *slot, const struct job *job, struct error *err)
{
	const struct device *device = NULL;
	int r = view_open(lane->world, job->device, &slot->view, err);

	if (r)
		return r;
	r = inventory_find(&slot->view.engine.inventory, job->device, &device, err);
	/* It went while its question was on the way. */
	if (r == -ENOENT)
		r = -ENODEV;
	if (!r)
		r = target_open(&slot->view.engine, device, &slot->target, err);
	/* Another driver took it meanwhile: its attachment is gone as well. */
	if (!r && strcmp(slot->target.opened->provider->info.name, lane->name) != 0) {
		target_close(&slot->target);
		r = error_set(err, -ENODEV, "device \"%s\" is another backend's by now", job->device);
	}
	if (r) {
		view_close(&slot->view);
		return r;
	}
	slot->attachment = job->stamp.attachment;
	slot->changed = job->stamp.changed;
	return 0;
}

/* The device's own slot, or the one that was used longest ago. One of this batch is never taken from it: there are more. */
static struct slot *slot_find(struct lane *lane, uint64_t attachment)
{
	struct slot *oldest = &lane->slots[0];

	for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
		struct slot *slot = &lane->slots[i];

		if (slot->attachment == attachment)
			return slot;
		if (slot->batch < oldest->batch)
			oldest = slot;
	}
	return oldest;
}

/* Within a batch a target is opened once: all questions of it came before. */
static int target_for(struct lane *lane, const struct job *job, struct target **ret, struct error *err)
{
	struct slot *slot = slot_find(lane, job->stamp.attachment);
	bool mine = slot->attachment == job->stamp.attachment && slot->changed >= job->stamp.changed;
	int r = 0;

	if (!mine || (!lane->announced && slot->batch != lane->batch)) {
		slot_close(slot);
		r = slot_open(lane, slot, job, err);
	}
	slot->batch = lane->batch;
	*ret = &slot->target;
	return r;
}

/* ---------------------------------------------------------------- answers */

static void say(const struct job *job, const char *verdict, uint32_t limit, int error)
{
	char hash[FINGERPRINT_SIZE] = "";
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

	if (job->op == BROKER_WRITE)
		fingerprint_text(job->string, job->len, hash);
	log_answered(&answer);
}

static void refuse(struct lane *lane, const struct job *job, int error, const struct error *err)
{
	broker_refuse(lane->context->broker, job->op, job->id, error);
	log_say(LOG_INFO, "%s: %s", job->device, *err->text ? err->text : error_name(error));
	say(job, error == -ENODEV ? "not-migratable" : "error", 0, error);
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

static void answer_read(struct lane *lane, const struct job *job, const struct target *target)
{
	struct error err = {0};
	size_t len = strlen(target->version);

	if (target->opened->not_source) {
		error_set(&err, -ENODEV, "%s", target->opened->not_source);
		refuse(lane, job, -ENODEV, &err);
		return;
	}
	if (held(target, &err)) {
		refuse(lane, job, -EBUSY, &err);
		return;
	}
	broker_tell(lane->context->broker, BROKER_READ, job->id, target->version, len);
	if (lane->announced)
		answers_keep(lane->context->answers, &job->stamp, "", 0, 0, target->version, len);
	say(job, "read", 0, 0);
}

static void answer_write(struct lane *lane, const struct job *job, const struct migcompat_verdict *verdict)
{
	bool yes = verdict->code == VERDICT_COMPATIBLE && !verdict->error;
	int error = yes ? 0 : verdict->error ? verdict->error : -EIO;

	if (yes)
		broker_accept(lane->context->broker, job->id, job->len);
	else
		broker_refuse(lane->context->broker, BROKER_WRITE, job->id, error);
	/* An error is no answer: the next one may be better. */
	if (lane->announced && verdict->code != VERDICT_ERROR)
		answers_keep(lane->context->answers, &job->stamp, job->string, job->len, error, NULL, 0);
	say(job, verdict_name(verdict->code), verdict->limit, error);
}

/* Those whose target is open into questions; the others are answered at once. */
static size_t batch_open(struct lane *lane, struct job *const *jobs, size_t count, struct question *questions, const struct job **asked)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct target *target = NULL;
		struct error err = {0};
		int r = target_for(lane, jobs[i], &target, &err);

		if (r) {
			refuse(lane, jobs[i], r, &err);
		} else if (jobs[i]->op == BROKER_READ) {
			answer_read(lane, jobs[i], target);
		} else {
			questions[n] = (struct question){
				.target = target, .text = jobs[i]->string, .len = jobs[i]->len, .verdict = &lane->verdicts[n]};
			asked[n++] = jobs[i];
		}
	}
	return n;
}

static void batch_answer(struct lane *lane, struct job *const *jobs, size_t count)
{
	struct question questions[CHECK_QUESTIONS_MAX];
	const struct job *asked[CHECK_QUESTIONS_MAX];
	const struct error none = {.text = "out of memory"};
	size_t n;
	int r;

	lane->batch++;
	n = batch_open(lane, jobs, count, questions, asked);
	r = n ? check_strings(questions, n) : 0;
	for (size_t i = 0; i < n; i++) {
		if (r)
			refuse(lane, asked[i], -EIO, &none);
		else
			answer_write(lane, asked[i], questions[i].verdict);
	}
}

/* ---------------------------------------------------------------- the thread */

static void lane_free(struct lane *lane)
{
	for (size_t i = 0; lane->slots && i < LANE_TARGETS_MAX; i++)
		slot_close(&lane->slots[i]);
	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++)
		verdict_clear(&lane->verdicts[i]);
	free(lane->slots);
	free(lane->name);
	world_unref(lane->world);
	pthread_cond_destroy(&lane->wake);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
	pthread_mutex_lock(&lanes.lock);
	lanes.count--;
	pthread_cond_broadcast(&lanes.gone);
	pthread_mutex_unlock(&lanes.lock);
}

/* Waits for questions; 0: there will be none any more. */
static size_t lane_take(struct lane *lane, struct job **jobs)
{
	size_t count = 0;

	pthread_mutex_lock(&lane->lock);
	while (!lane->first && !lane->ending)
		pthread_cond_wait(&lane->wake, &lane->lock);
	while (lane->first && count < CHECK_QUESTIONS_MAX) {
		jobs[count] = lane->first;
		lane->first = jobs[count++]->next;
	}
	if (!lane->first)
		lane->last = &lane->first;
	lane->queued -= count;
	pthread_mutex_unlock(&lane->lock);
	return count;
}

static void *lane_run(void *arg)
{
	struct lane *lane = arg;
	struct job *jobs[CHECK_QUESTIONS_MAX];
	size_t count;

	while ((count = lane_take(lane, jobs)) > 0) {
		batch_answer(lane, jobs, count);
		for (size_t i = 0; i < count; i++)
			free(jobs[i]);
	}
	lane_free(lane);
	return NULL;
}

/* Under the lock. */
static int lane_start(struct lane *lane)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!r)
		r = pthread_create(&thread, &attr, lane_run, lane);
	pthread_attr_destroy(&attr);
	lane->running = !r;
	return -r;
}

int lane_new(const struct lane_context *context, struct world *world, const char *name, struct lane **ret)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return -ENOMEM;
	lane->slots = calloc(LANE_TARGETS_MAX, sizeof(*lane->slots));
	lane->name = strdup(name);
	if (!lane->slots || !lane->name) {
		free(lane->slots);
		free(lane->name);
		free(lane);
		return -ENOMEM;
	}
	lane->context = context;
	lane->world = world_ref(world);
	lane->announced = is_announced(&world->engine, name);
	lane->last = &lane->first;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->wake, NULL);
	pthread_mutex_lock(&lanes.lock);
	lanes.count++;
	pthread_mutex_unlock(&lanes.lock);
	*ret = lane;
	return 0;
}

struct lane *lane_end(struct lane *lane)
{
	bool running;

	if (!lane)
		return NULL;
	pthread_mutex_lock(&lane->lock);
	lane->ending = true;
	running = lane->running;
	pthread_cond_signal(&lane->wake);
	pthread_mutex_unlock(&lane->lock);
	if (!running)
		lane_free(lane);
	return NULL;
}

const char *lane_name(const struct lane *lane)
{
	return lane->name;
}

bool lanes_wait(unsigned ms)
{
	struct timespec until;
	bool none;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lanes.lock);
	while (lanes.count && pthread_cond_timedwait(&lanes.gone, &lanes.lock, &until) == 0)
		;
	none = lanes.count == 0;
	pthread_mutex_unlock(&lanes.lock);
	return none;
}

int lane_ask(struct lane *lane, const struct broker_request *request, const char *device, const struct stamp *stamp)
{
	size_t name = strlen(device) + 1;
	struct job *job = malloc(sizeof(*job) + name + request->len + 1);
	int r = 0;

	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.op = request->op, .id = request->id, .begun_us = now_us(), .stamp = *stamp, .len = request->len, .string = job->device + name};
	memcpy(job->device, device, name);
	memcpy(job->device + name, request->string, request->len + 1);
	pthread_mutex_lock(&lane->lock);
	if (lane->queued == LANE_QUEUE_MAX)
		r = -EAGAIN;
	else if (!lane->running)
		r = lane_start(lane);
	if (!r) {
		*lane->last = job;
		lane->last = &job->next;
		lane->queued++;
		pthread_cond_signal(&lane->wake);
	}
	pthread_mutex_unlock(&lane->lock);
	if (r)
		free(job);
	return r;
}
