/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a scan found, put into the table and told to the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "core/service/kernel/publish_private.h"
#include "core/service/clock.h"
#include "core/service/log.h"

static uint64_t digest_text(uint64_t digest, const char *text)
{
	return text ? XXH3_64bits_withSeed(text, strlen(text) + 1, digest) : digest * 31 + 1;
}

static uint64_t digest_of(const struct scan_row *row)
{
	uint64_t digest = digest_text((uint64_t)(unsigned)row->type_error, row->type);

	for (size_t i = 0; i < row->parameters.nparameters; i++) {
		const struct migcompat_parameter *parameter = &row->parameters.parameters[i];
		const char *texts[] = {parameter->name, parameter->value, parameter->allowed,
				       parameter->init, parameter->off};

		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			digest = digest_text(digest, texts[t]);
		digest = digest * 31 + parameter->type * 2 + (parameter->runtime != 0);
	}
	return digest ? digest : 1;
}

static int publish(struct attach *attach, const struct attached *attached,
		   const struct scan_row *row)
{
	static const char *const types[] = {"bool", "int", "str"};
	struct broker_parameter parameters[MIGCOMPAT_BROKER_PARAMETERS_MAX];
	size_t count = row->parameters.nparameters;

	if (count > MIGCOMPAT_BROKER_PARAMETERS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		const struct migcompat_parameter *from = &row->parameters.parameters[i];

		parameters[i] = (struct broker_parameter){
			.name = from->name,
			.values = {types[from->type], from->value, from->allowed, from->init,
				   from->off, from->runtime ? "1" : "0"},
		};
	}
	return broker_publish(attach->options.broker, attached->attachment, row->type,
			      row->type_error, parameters, count);
}

bool attach_lives(struct attach *attach, uint64_t attachment)
{
	struct broker_attachment listed;

	/* If the kernel cannot be asked: an attachment that is forgotten is never found again. */
	return broker_list(attach->options.broker, attachment - 1, &listed) != 0 ||
	       listed.attachment == attachment;
}

void attach_forget(struct attach *attach, struct attached *attached)
{
	log_say(LOG_DEBUG, "%s is detached", attached->id);
	attached_remove(&attach->table, attached);
}

/* Why a device has no attribute. That it went meanwhile is told by an event of its own. */
static void say_unattached(struct attach *attach, const struct scan_row *row, int r)
{
	if (r == -ENOMEM) {
		attach_want(attach, row->id);
		attach->incomplete = true;
	}
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
	int r = broker_attach(attach->options.broker, row->is_type, row->subject, row->type,
			      row->type_error, &attachment);

	if (!r) {
		r = attached_add(&attach->table, attachment, row->id, row->is_type, &attached);
		if (r)
			broker_detach(attach->options.broker, attachment);
	}
	if (r) {
		say_unattached(attach, row, r);
		return NULL;
	}
	log_say(LOG_DEBUG, "%s is attached as %" PRIu64 ", %s", row->id, attachment,
		row->type ? row->type : error_name(row->type_error));
	return attached;
}

/* A device that was put aside keeps what its backend said before: it is looked at soon. */
static bool is_kept(const struct attached *attached, const struct scan_row *row)
{
	return (row->outcome == SCAN_ASIDE || row->outcome == SCAN_BUSY) && !row->type &&
	       attached->digest && attached->backend &&
	       strcmp(attached->backend, row->backend) == 0;
}

static void apply_row(struct attach *attach, const struct scan_row *row)
{
	struct attached *attached = attached_find_id(&attach->table, row->id);
	uint64_t digest = digest_of(row);
	bool new = false;
	int r = 0;

	/* A device of the same name that came since would be another one. */
	if (attached &&
	    (attached->is_type != row->is_type || !attach_lives(attach, attached->attachment))) {
		attach_forget(attach, attached);
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
	/* Workers of another world say nothing of this one's, of which a scan of all comes next. */
	if (attach->scanned == attach->world)
		again_device(attached, row->outcome, now_us());
	if (row->outcome == SCAN_ENDED)
		log_say(LOG_WARNING,
			"%s: the look at it ended the worker of %s, next one in %" PRIu64 " s",
			row->id, row->backend, attached->retry.delay_us / RETRY_FIRST_US);
	if (is_kept(attached, row))
		return;
	if (attached_set_backend(attached, row->backend))
		r = -ENOMEM;
	/* The type went with the attachment. */
	if (!r && attached->digest != digest && (!new || row->parameters.nparameters))
		r = publish(attach, attached, row);
	attached->digest = r ? 0 : digest;
	if (!r)
		return;
	log_say(LOG_WARNING, "%s: type and parameters could not be published: %s", row->id,
		strerror(-r));
	again_device(attached, SCAN_FAILED, now_us());
}

static void sweep(struct attach *attach)
{
	for (size_t i = attach->table.count; i > 0; i--) {
		struct attached *attached = attach->table.list[i - 1];
		bool looked_at = attach->of_all;

		for (size_t n = 0; n < attach->scan_nids && !looked_at; n++)
			looked_at = strcmp(attach->scan_ids[n], attached->id) == 0;
		if (!looked_at || attached->scan == attach->number)
			continue;
		/* If it could not be detached, the next scan tries again. */
		if (broker_detach(attach->options.broker, attached->attachment) == 0 ||
		    !attach_lives(attach, attached->attachment))
			attach_forget(attach, attached);
	}
}

/* One row a lock, so that questions are answered in between. */
void attach_apply(struct attach *attach)
{
	attach->number++;
	for (size_t i = 0; i < attach->scan.count; i++) {
		const struct scan_row *row = &attach->scan.rows[i];

		pthread_mutex_lock(&attach->lock);
		if (attach->scanned == attach->world)
			again_backend(&attach->again, row->backend, row->outcome, now_us());
		apply_row(attach, row);
		pthread_mutex_unlock(&attach->lock);
	}
	pthread_mutex_lock(&attach->lock);
	sweep(attach);
	pthread_mutex_unlock(&attach->lock);
}
