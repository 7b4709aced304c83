/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One scan at a time; what happens meanwhile is looked at by the next one. */
#include "core/service/attach.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/service/log.h"
#include "core/service/relevance.h"
#include "core/service/scan.h"

#define IDS_MAX 64u /* of one scan; more are looked at by one of all */

struct attach {
	struct pool_job job; /* first, so that the job leads here */
	struct attach_options options;
	pthread_mutex_t lock; /* guards table and host_changed, which only the loop's thread changes */
	struct attached_table table;
	uint64_t host_changed; /* how often something may have changed for all */
	struct world *world;   /* that scans begin with */
	uint64_t number;       /* of the last scan */
	/* What the next scan is to look at: */
	char *ids[IDS_MAX];
	size_t nids;
	bool all;
	/* The present one's, while it is under way: */
	bool scanning;
	bool of_all;
	struct world *scanned;
	char *scan_ids[IDS_MAX];
	size_t scan_nids;
	struct scan scan;
	struct error err;
	int r;
	bool full; /* said so already */
};

static void attach_next(struct attach *attach);

/* ---------------------------------------------------------------- the kernel's side */

static uint64_t digest_text(uint64_t digest, const char *text)
{
	return text ? XXH3_64bits_withSeed(text, strlen(text) + 1, digest) : digest * 31 + 1;
}

static uint64_t digest_of(const struct scan_row *row)
{
	uint64_t digest = digest_text((uint64_t)(unsigned)row->type_error, row->type);

	for (size_t i = 0; i < row->parameters.nparameters; i++) {
		const struct migcompat_parameter *parameter = &row->parameters.parameters[i];
		const char *texts[] = {parameter->name, parameter->value, parameter->allowed, parameter->init, parameter->off};

		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			digest = digest_text(digest, texts[t]);
		digest = digest * 31 + parameter->type * 2 + (parameter->runtime != 0);
	}
	return digest ? digest : 1;
}

static int publish(struct attach *attach, const struct attached *attached, const struct scan_row *row)
{
	static const char *const types[] = {"bool", "int", "str"};
	struct broker_parameter parameters[BROKER_PARAMETERS_MAX];
	size_t count = row->parameters.nparameters;

	if (count > BROKER_PARAMETERS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		const struct migcompat_parameter *from = &row->parameters.parameters[i];

		parameters[i] = (struct broker_parameter){
		    .name = from->name,
		    .values = {types[from->type], from->value, from->allowed, from->init, from->off, from->runtime ? "1" : "0"},
		};
	}
	return broker_publish(attach->options.broker, attached->attachment, row->type, row->type_error, parameters, count);
}

/* Is it attached still? Its number is never another's. */
static bool lives(struct attach *attach, uint64_t attachment)
{
	struct broker_listed listed;

	return broker_list(attach->options.broker, attachment - 1, &listed) == 0 && listed.attachment == attachment;
}

static void forget(struct attach *attach, struct attached *attached)
{
	log_say(LOG_DEBUG, "%s is detached", attached->id);
	attached_remove(&attach->table, attached);
}

/* Why a device has no attribute. That it went meanwhile is told by an event of its own. */
static void say_unattached(struct attach *attach, const struct scan_row *row, int r)
{
	if (r == -ENODEV || r == -EOPNOTSUPP) {
		log_say(LOG_DEBUG, "%s is not attached: %s", row->id, strerror(-r));
		return;
	}
	if (r == -ENOSPC && attach->full)
		return;
	attach->full |= r == -ENOSPC;
	log_say(LOG_WARNING, "%s could not be attached: %s", row->id, strerror(-r));
}

static struct attached *add(struct attach *attach, const struct scan_row *row)
{
	struct attached *attached = NULL;
	uint64_t attachment = 0;
	int r = broker_attach(attach->options.broker, row->is_type, row->subject, row->type, row->type_error, &attachment);

	if (!r) {
		r = attached_add(&attach->table, attachment, row->id, row->is_type, &attached);
		if (r)
			broker_detach(attach->options.broker, attachment);
	}
	if (r) {
		say_unattached(attach, row, r);
		return NULL;
	}
	log_say(LOG_DEBUG, "%s is attached as %" PRIu64 ", %s", row->id, attachment, row->type ? row->type : error_name(row->type_error));
	return attached;
}

static void apply_row(struct attach *attach, const struct scan_row *row)
{
	struct attached *attached = attached_find_id(&attach->table, row->id);
	uint64_t digest = digest_of(row);
	bool new = false;
	int r = 0;

	/* A device of the same name that came since would be another one. */
	if (attached && (attached->is_type != row->is_type || !lives(attach, attached->attachment))) {
		forget(attach, attached);
		attached = NULL;
	}
	if (!attached) {
		attached = add(attach, row);
		new = true;
	}
	if (!attached)
		return;
	attached->scan = attach->number;
	attached->changed++;
	if (attached_set_backend(attached, row->backend))
		r = -ENOMEM;
	/* The type went with the attachment. */
	if (!r && attached->digest != digest && (!new || row->parameters.nparameters))
		r = publish(attach, attached, row);
	attached->digest = r ? 0 : digest;
	if (r)
		log_say(LOG_WARNING, "%s: type and parameters could not be published: %s", row->id, strerror(-r));
}

/* What a scan should have seen and did not has no place in the kernel any more. */
static void sweep(struct attach *attach)
{
	for (size_t i = attach->table.count; i > 0; i--) {
		struct attached *attached = attach->table.list[i - 1];
		bool looked_at = attach->of_all;

		for (size_t n = 0; n < attach->scan_nids && !looked_at; n++)
			looked_at = strcmp(attach->scan_ids[n], attached->id) == 0;
		if (!looked_at || attached->scan == attach->number)
			continue;
		broker_detach(attach->options.broker, attached->attachment);
		forget(attach, attached);
	}
}

/* ---------------------------------------------------------------- scans */

static void ids_clear(char **ids, size_t *count)
{
	while (*count)
		free(ids[--*count]);
}

static void scan_begin(struct pool_job *job)
{
	struct attach *attach = (struct attach *)(void *)job;

	attach->r = scan_run(&attach->scan, attach->scanned, attach->of_all ? NULL : attach->scan_ids, attach->scan_nids, &attach->err);
}

static void scan_end(struct attach *attach)
{
	scan_free(&attach->scan);
	attach->scanned = world_unref(attach->scanned);
	ids_clear(attach->scan_ids, &attach->scan_nids);
	attach->scanning = false;
}

static void scan_done(struct pool_job *job)
{
	struct attach *attach = (struct attach *)(void *)job;

	if (attach->r) {
		/* What is attached stays, and is looked at again when asked. */
		log_say(LOG_ERR, "this host's devices could not be looked at: %s", attach->err.text);
	} else {
		attach->number++;
		for (size_t i = 0; i < attach->scan.count; i++) {
			pthread_mutex_lock(&attach->lock);
			apply_row(attach, &attach->scan.rows[i]);
			pthread_mutex_unlock(&attach->lock);
		}
		pthread_mutex_lock(&attach->lock);
		sweep(attach);
		pthread_mutex_unlock(&attach->lock);
	}
	if (attach->of_all)
		attach->options.whole(attach->options.arg);
	scan_end(attach);
	attach_next(attach);
}

/* Begin a scan if there is something to look at, and none is under way. */
static void attach_next(struct attach *attach)
{
	if (attach->scanning || (!attach->all && !attach->nids))
		return;
	attach->scanning = true;
	attach->of_all = attach->all;
	attach->scanned = world_ref(attach->world);
	if (!attach->all) {
		memcpy(attach->scan_ids, attach->ids, attach->nids * sizeof(attach->ids[0]));
		attach->scan_nids = attach->nids;
		attach->nids = 0;
	}
	ids_clear(attach->ids, &attach->nids);
	attach->all = false;
	attach->job = (struct pool_job){.run = scan_begin, .done = scan_done, .kind = POOL_OWN};
	if (pool_submit(attach->options.pool, &attach->job) == 0)
		return;
	log_say(LOG_ERR, "this host's devices could not be looked at: too much is under way");
	attach->all = true; /* with the next event */
	scan_end(attach);
}

static void want_one(struct attach *attach, const char *id)
{
	char *copy = NULL;

	for (size_t i = 0; i < attach->nids; i++)
		if (strcmp(attach->ids[i], id) == 0)
			return;
	if (attach->nids < IDS_MAX)
		copy = strdup(id);
	if (copy)
		attach->ids[attach->nids++] = copy;
	else
		attach->all = true;
}

/* ---------------------------------------------------------------- events */

static bool has_types(const struct attach *attach, const char *parent)
{
	size_t len = strlen(parent);

	for (size_t i = 0; i < attach->table.count; i++) {
		const struct attached *attached = attach->table.list[i];

		if (attached->is_type && strncmp(attached->id, parent, len) == 0 && attached->id[len] == '/')
			return true;
	}
	return false;
}

/* What was answered before counts no more, from here on. Under the lock. */
static enum relevance invalidate(struct attach *attach, const struct events_change *change)
{
	enum relevance relevance = relevance_of(&attach->world->engine, change);
	struct attached *attached = relevance == RELEVANCE_NONE ? NULL : attached_find_id(&attach->table, change->sysname);

	if (attached)
		attached->changed++;
	if (relevance != RELEVANCE_HOST && has_types(attach, change->sysname))
		relevance = RELEVANCE_HOST;
	if (relevance == RELEVANCE_HOST)
		attach->host_changed++;
	return relevance;
}

/* The look comes with udevd's word. */
static void heard_early(void *arg, const struct events_change *change)
{
	struct attach *attach = arg;

	pthread_mutex_lock(&attach->lock);
	invalidate(attach, change);
	pthread_mutex_unlock(&attach->lock);
}

static void heard(void *arg, const struct events_change *change)
{
	struct attach *attach = arg;
	enum relevance relevance;
	struct attached *attached;

	pthread_mutex_lock(&attach->lock);
	relevance = invalidate(attach, change);
	attached = relevance == RELEVANCE_GONE ? attached_find_id(&attach->table, change->sysname) : NULL;
	if (relevance == RELEVANCE_HOST)
		attach->all = true;
	else if (relevance == RELEVANCE_ONE)
		want_one(attach, change->sysname);
	else if (attached && !lives(attach, attached->attachment))
		forget(attach, attached);
	pthread_mutex_unlock(&attach->lock);
	attach_next(attach);
}

/* ---------------------------------------------------------------- start and end */

/* What an earlier service attached is there still. Its names are those of class devices: a type's has '!' for '/'. */
static int adopt(struct attach *attach)
{
	struct broker_listed listed = {.attachment = 0};
	struct attached *attached;
	char *mark;
	int r;

	while ((r = broker_list(attach->options.broker, listed.attachment, &listed)) == 0 && listed.attachment) {
		mark = listed.is_type ? strchr(listed.name, '!') : NULL;
		if (mark)
			*mark = '/';
		r = attached_add(&attach->table, listed.attachment, listed.name, listed.is_type, &attached);
		if (r)
			return r;
	}
	return r;
}

int attach_new(const struct attach_options *options, struct world *world, struct attach **ret, struct error *err)
{
	struct attach *attach = calloc(1, sizeof(*attach));
	int r;

	if (!attach)
		return error_set(err, -ENOMEM, "out of memory");
	attach->options = *options;
	attach->world = world_ref(world);
	pthread_mutex_init(&attach->lock, NULL);
	r = adopt(attach);
	if (r)
		error_set(err, r, "%s: what is attached could not be listed: %s", BROKER_PATH, strerror(-r));
	/* Whatever happens from here on is heard, so the scan that comes first misses nothing. */
	if (!r && ((r = events_listen(options->events, heard, attach)) || (r = events_listen_early(options->events, heard_early, attach))))
		error_set(err, r, "the kernel's events cannot be listened to: %s", strerror(-r));
	if (r) {
		attach_free(attach);
		return r;
	}
	attach->all = true;
	attach_next(attach);
	*ret = attach;
	return 0;
}

struct attach *attach_free(struct attach *attach)
{
	if (!attach)
		return NULL;
	events_unlisten(attach->options.events, heard, attach);
	events_unlisten(attach->options.events, heard_early, attach);
	if (attach->scanning)
		scan_end(attach);
	ids_clear(attach->ids, &attach->nids);
	attached_free(&attach->table);
	world_unref(attach->world);
	pthread_mutex_destroy(&attach->lock);
	free(attach);
	return NULL;
}

void attach_reload(struct attach *attach, struct world *world)
{
	world_ref(world);
	world_unref(attach->world);
	attach->world = world;
	attach->all = true;
	attach_next(attach);
}

bool attach_look(struct attach *attach, uint64_t attachment, struct attach_seen *ret)
{
	const struct attached *attached;
	bool served;

	pthread_mutex_lock(&attach->lock);
	attached = attached_find(&attach->table, attachment);
	served = attached && attached->backend;
	if (served) {
		/* For each question from the kernel, so without formatting. */
		*ret = (struct attach_seen){.changed = attached->changed + attach->host_changed};
		memccpy(ret->id, attached->id, '\0', sizeof(ret->id) - 1);
		memccpy(ret->backend, attached->backend, '\0', sizeof(ret->backend) - 1);
	}
	pthread_mutex_unlock(&attach->lock);
	return served;
}

size_t attach_count(struct attach *attach)
{
	size_t count;

	pthread_mutex_lock(&attach->lock);
	count = attach->table.count;
	pthread_mutex_unlock(&attach->lock);
	return count;
}
