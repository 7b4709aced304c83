/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of open targets, searched linearly.
 *
 * A device's facts are collected after the kernel attached it, and used while that
 * attachment lives and no event came. An attachment ends when the driver is unbound. Its
 * number is never reused, so no answer is about an earlier device of the same name.
 *
 * A backend declares for each fact whether changes are announced. If a compared fact is
 * not, or if the policy has a rule about facts, the facts are collected again for every
 * batch.
 */
#include "core/service/kernel/open_targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/candidate.h"

_Static_assert(OPEN_TARGETS_MAX > 2 * CHECK_QUESTIONS_MAX,
	       "a target of this batch is never the oldest");

struct open_target {
	struct view view;
	struct target target;
	uint64_t attachment; /* 0: free */
	uint64_t changed;    /* of the stamp at which it was opened */
	uint64_t batch;      /* that used it last */
	size_t bytes;        /* of its facts; 0: they are the world's */
};

/* A policy rule about facts may read facts that the backend does not declare. */
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

static void entry_close(struct open_targets *targets, struct open_target *entry)
{
	if (!entry->attachment)
		return;
	target_close(&entry->target);
	view_close(&entry->view);
	targets->bytes -= entry->bytes;
	entry->attachment = 0;
}

/*
 * Close the targets used longest ago until the facts fit again, but none of this batch.
 */
static void open_targets_shrink(struct open_targets *targets)
{
	while (targets->bytes > OPEN_TARGETS_BYTES) {
		struct open_target *oldest = NULL;

		for (size_t i = 0; i < OPEN_TARGETS_MAX; i++) {
			struct open_target *entry = &targets->list[i];

			if (entry->attachment && entry->batch != targets->batch &&
			    (!oldest || entry->batch < oldest->batch))
				oldest = entry;
		}
		if (!oldest)
			return;
		entry_close(targets, oldest);
	}
}

static int entry_open(struct open_targets *targets, struct open_target *entry,
		      const struct queue_job *job, struct error *err)
{
	const struct device *device = NULL;
	int r = view_open(targets->world, job->device, &entry->view, err);

	if (r)
		return r;
	r = inventory_find(&entry->view.engine.inventory, job->device, &device, err);
	/* The device was removed after the question was asked. */
	if (r == -ENOENT)
		r = -ENODEV;
	if (!r)
		r = target_open(&entry->view.engine, device, &entry->target, err);
	/*
	 * Another driver was bound meanwhile, which ends the attachment, too; or a reload
	 * gave the device to another backend, and the scan after it is not done.
	 */
	if (!r && strcmp(entry->target.opened->provider->info.name, targets->name) != 0) {
		target_close(&entry->target);
		r = error_set(err, -ENOTCONN, "device \"%s\" belongs to another backend now",
			      job->device);
	}
	if (r) {
		view_close(&entry->view);
		return r;
	}
	entry->attachment = job->stamp.attachment;
	/* Facts of recorded hosts belong to the world. */
	entry->bytes = targets->world->live ? entry->view.engine.inventory.arena.total : 0;
	entry->batch = targets->batch;
	targets->bytes += entry->bytes;
	/* Opening may have restarted the worker. */
	targets->life = entry->target.opened->life;
	open_targets_shrink(targets);
	return 0;
}

/*
 * The device's entry, or the one used longest ago. The table is larger than two batches,
 * so an entry of this batch is never the oldest. An entry of the same device under an
 * earlier attachment is reused first: its attachment's number never comes again.
 */
static struct open_target *entry_find(struct open_targets *targets, const struct queue_job *job)
{
	struct open_target *oldest = &targets->list[0];

	for (size_t i = 0; i < OPEN_TARGETS_MAX; i++) {
		struct open_target *entry = &targets->list[i];

		if (entry->attachment == job->stamp.attachment)
			return entry;
		if (entry->batch < oldest->batch)
			oldest = entry;
	}
	for (size_t i = 0; i < OPEN_TARGETS_MAX; i++) {
		struct open_target *entry = &targets->list[i];

		if (entry->attachment && entry->batch != targets->batch &&
		    strcmp(entry->target.opened->device->id, job->device) == 0)
			return entry;
	}
	return oldest;
}

/* `changed` of the newest question of the batch about this attachment. */
static uint64_t newest_change(struct queue_job *const *jobs, size_t count, uint64_t attachment)
{
	uint64_t changed = 0;

	for (size_t i = 0; i < count; i++)
		if (jobs[i]->stamp.attachment == attachment && jobs[i]->stamp.changed > changed)
			changed = jobs[i]->stamp.changed;
	return changed;
}

/* Is it entry, as new as `changed` at least, in the life of the worker that runs now? */
static bool is_open(const struct open_targets *targets, const struct open_target *entry,
		    const struct queue_job *job, uint64_t changed)
{
	return targets->announced && entry->attachment == job->stamp.attachment &&
	       entry->changed >= changed && entry->target.opened->life == targets->life;
}

/* Does an earlier question of this batch use it? */
static bool is_used(const struct open_targets *targets, const struct open_target *entry,
		    const struct queue_job *job)
{
	return entry->attachment == job->stamp.attachment && entry->batch == targets->batch;
}

bool open_targets_ready(struct open_targets *targets, struct queue_job *const *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t attachment = jobs[i]->stamp.attachment;
		const struct open_target *entry = entry_find(targets, jobs[i]);

		if (!is_open(targets, entry, jobs[i], newest_change(jobs, count, attachment)) ||
		    candidate_is_asked(entry->target.opened, jobs[i]->string, jobs[i]->len))
			return false;
	}
	return true;
}

int open_targets_get(struct open_targets *targets, struct queue_job *const *jobs, size_t count,
		     struct queue_job *job, struct target **ret, struct error *err)
{
	uint64_t changed = newest_change(jobs, count, job->stamp.attachment);
	struct open_target *entry = entry_find(targets, job);
	int r = 0;

	if (!is_used(targets, entry, job) && !is_open(targets, entry, job, changed)) {
		entry_close(targets, entry);
		r = entry_open(targets, entry, job, err);
		entry->changed = changed;
	}
	entry->batch = targets->batch;
	if (r)
		return r;
	/* The answer is about this target, which may be newer than the question. */
	job->stamp.changed = entry->changed;
	job->stamp.life = entry->target.opened->life;
	*ret = &entry->target;
	return 0;
}

uint32_t open_targets_life(const struct open_targets *targets)
{
	return targets->provider ? provider_life(targets->provider) : 0;
}

void open_targets_note_life(struct open_targets *targets)
{
	targets->life = open_targets_life(targets);
}

/* ---------------------------------------------------------------- init and free */

static struct provider *provider_named(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->nproviders; i++)
		if (!engine->infos[i]->error && strcmp(engine->infos[i]->name, name) == 0)
			return engine->providers[i];
	return NULL;
}

int open_targets_init(struct open_targets *targets, struct world *world, const char *name)
{
	*targets = (struct open_targets){
		.provider = provider_named(&world->engine, name),
		.announced = is_announced(&world->engine, name),
		.list = calloc(OPEN_TARGETS_MAX, sizeof(*targets->list)),
		.name = strdup(name),
	};
	if (!targets->list || !targets->name) {
		free(targets->list);
		free(targets->name);
		return -ENOMEM;
	}
	targets->world = world_ref(world);
	return 0;
}

void open_targets_free(struct open_targets *targets)
{
	for (size_t i = 0; i < OPEN_TARGETS_MAX; i++)
		entry_close(targets, &targets->list[i]);
	free(targets->list);
	free(targets->name);
	world_unref(targets->world);
}
