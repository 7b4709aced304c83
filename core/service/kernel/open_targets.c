/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of open targets. A device's facts are collected after the kernel attached it and found it
 * unchanged since; those of a backend whose facts change without a word are collected after the
 * question came.
 */
#include "core/service/kernel/open_targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/candidate.h"

_Static_assert(LANE_TARGETS_MAX > 2 * CHECK_QUESTIONS_MAX,
	       "a slot that is asked about is never the oldest");

/* A target that is open, as it was at some stamp. */
struct slot {
	struct view view;
	struct target target;
	uint64_t attachment; /* 0: free */
	uint64_t changed;
	uint64_t batch; /* that used it last */
	size_t bytes;	/* of its facts, which are its own */
};

/* A rule of the policy may look at any fact, so with such rules nothing is announced. */
static bool is_announced(const struct engine *engine, const char *name)
{
	const char *key;
	bool of_host;

	if (policy_fact(engine->policy, 0, &key, &of_host))
		return false;
	for (size_t i = 0; i < engine->nproviders; i++) {
		const struct backend_info *info = engine->infos[i];

		if (!info->error && strcmp(info->name, name) == 0 && !info_announced(info))
			return false;
	}
	return true;
}

static void slot_close(struct slots *slots, struct slot *slot)
{
	if (!slot->attachment)
		return;
	target_close(&slot->target);
	view_close(&slot->view);
	slots->bytes -= slot->bytes;
	slot->attachment = 0;
}

/* Close what was used longest ago until the facts fit again; what this batch uses stays. */
static void slots_shrink(struct slots *slots)
{
	while (slots->bytes > LANE_TARGETS_BYTES) {
		struct slot *oldest = NULL;

		for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
			struct slot *slot = &slots->list[i];

			if (slot->attachment && slot->batch != slots->batch &&
			    (!oldest || slot->batch < oldest->batch))
				oldest = slot;
		}
		if (!oldest)
			return;
		slot_close(slots, oldest);
	}
}

static int slot_open(struct slots *slots, struct slot *slot, const struct job *job,
		     struct error *err)
{
	const struct device *device = NULL;
	int r = view_open(slots->world, job->device, &slot->view, err);

	if (r)
		return r;
	r = inventory_find(&slot->view.engine.inventory, job->device, &device, err);
	/* It went while its question was on the way. */
	if (r == -ENOENT)
		r = -ENODEV;
	if (!r)
		r = target_open(&slot->view.engine, device, &slot->target, err);
	/*
	 * Another driver took it meanwhile, and its attachment is gone as well; or a reload gave
	 * it to another backend, and a scan is under way.
	 */
	if (!r && strcmp(slot->target.opened->provider->info.name, slots->name) != 0) {
		target_close(&slot->target);
		r = error_set(err, -ENOTCONN, "device \"%s\" is another backend's by now",
			      job->device);
	}
	if (r) {
		view_close(&slot->view);
		return r;
	}
	slot->attachment = job->stamp.attachment;
	/* Recorded hosts are the world's own. */
	slot->bytes = slots->world->live ? slot->view.engine.inventory.arena.total : 0;
	slot->batch = slots->batch;
	slots->bytes += slot->bytes;
	/* Opening may have started the worker again. */
	slots->life = slot->target.opened->life;
	slots_shrink(slots);
	return 0;
}

/*
 * The device's own slot, or the one that was used longest ago. One of this batch is never taken
 * from it: there are more. A slot of the same device under an earlier attachment is of no more use:
 * the number never comes again.
 */
static struct slot *slot_find(struct slots *slots, const struct job *job)
{
	struct slot *oldest = &slots->list[0];

	for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
		struct slot *slot = &slots->list[i];

		if (slot->attachment == job->stamp.attachment)
			return slot;
		if (slot->batch < oldest->batch)
			oldest = slot;
	}
	for (size_t i = 0; i < LANE_TARGETS_MAX; i++) {
		struct slot *slot = &slots->list[i];

		if (slot->attachment && slot->batch != slots->batch &&
		    strcmp(slot->target.opened->device->id, job->device) == 0)
			return slot;
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
static bool is_open(const struct slots *slots, const struct slot *slot, const struct job *job,
		    uint64_t changed)
{
	return slots->announced && slot->attachment == job->stamp.attachment &&
	       slot->changed >= changed && slot->target.opened->life == slots->life;
}

/* Does a question of this batch use it already? */
static bool is_used(const struct slots *slots, const struct slot *slot, const struct job *job)
{
	return slot->attachment == job->stamp.attachment && slot->batch == slots->batch;
}

bool slots_follow(struct slots *slots, struct job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t attachment = jobs[i]->stamp.attachment;
		const struct slot *slot = slot_find(slots, jobs[i]);

		if (!is_open(slots, slot, jobs[i], newest(jobs, count, attachment)) ||
		    candidate_is_asked(slot->target.opened, jobs[i]->string, jobs[i]->len))
			return false;
	}
	return true;
}

int slots_target(struct slots *slots, struct job *const *jobs, size_t count, struct job *job,
		 struct target **ret, struct error *err)
{
	uint64_t changed = newest(jobs, count, job->stamp.attachment);
	struct slot *slot = slot_find(slots, job);
	int r = 0;

	if (!is_used(slots, slot, job) && !is_open(slots, slot, job, changed)) {
		slot_close(slots, slot);
		r = slot_open(slots, slot, job, err);
		slot->changed = changed;
	}
	slot->batch = slots->batch;
	if (r)
		return r;
	/* What is computed from here on is about this target, perhaps newer than the question. */
	job->stamp.changed = slot->changed;
	job->stamp.life = slot->target.opened->life;
	*ret = &slot->target;
	return 0;
}

uint32_t slots_life(const struct slots *slots)
{
	return slots->provider ? provider_life(slots->provider) : 0;
}

void slots_look(struct slots *slots)
{
	slots->life = slots_life(slots);
}

/* ---------------------------------------------------------------- start and end */

static struct provider *provider_named(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->nproviders; i++)
		if (!engine->infos[i]->error && strcmp(engine->infos[i]->name, name) == 0)
			return engine->providers[i];
	return NULL;
}

int slots_init(struct slots *slots, struct world *world, const char *name)
{
	*slots = (struct slots){
		.provider = provider_named(&world->engine, name),
		.announced = is_announced(&world->engine, name),
		.list = calloc(LANE_TARGETS_MAX, sizeof(*slots->list)),
		.name = strdup(name),
	};
	if (!slots->list || !slots->name) {
		free(slots->list);
		free(slots->name);
		return -ENOMEM;
	}
	slots->world = world_ref(world);
	return 0;
}

void slots_free(struct slots *slots)
{
	for (size_t i = 0; i < LANE_TARGETS_MAX; i++)
		slot_close(slots, &slots->list[i]);
	free(slots->list);
	free(slots->name);
	world_unref(slots->world);
}
