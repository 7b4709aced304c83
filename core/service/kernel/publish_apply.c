/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the rows of a scan to the attachment table and the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "core/service/clock.h"
#include "core/service/kernel/publish_private.h"
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

static int publish(struct publisher *publisher, const struct attachment *attachment,
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
	return broker_publish(publisher->options.broker, attachment->number, row->type,
			      row->type_error, parameters, count);
}

bool publisher_is_attached(struct publisher *publisher, uint64_t attachment)
{
	struct broker_attachment listed;

	/*
	 * If the kernel cannot be asked, assume yes: a forgotten attachment is never
	 * adopted again.
	 */
	return broker_list(publisher->options.broker, attachment - 1, &listed) != 0 ||
	       listed.attachment == attachment;
}

void publisher_forget(struct publisher *publisher, struct attachment *attachment)
{
	log_say(LOG_DEBUG, "%s is detached", attachment->id);
	attachment_remove(&publisher->table, attachment);
}

/* If the device was removed meanwhile, an event says so. */
static void log_unattached(struct publisher *publisher, const struct scan_row *row, int r)
{
	if (r == -ENODEV || r == -EOPNOTSUPP) {
		log_say(LOG_DEBUG, "%s is not attached: %s", row->id, strerror(-r));
		return;
	}
	if (r == -ENOSPC && publisher->full)
		return;
	publisher->full |= r == -ENOSPC;
	log_say(LOG_WARNING, "cannot attach %s: %s", row->id, strerror(-r));
}

static int attach_row(struct publisher *publisher, const struct scan_row *row,
		      struct attachment **ret)
{
	uint64_t number = 0;
	int r = broker_attach(publisher->options.broker, row->is_type, row->subject, row->type,
			      row->type_error, &number);

	if (!r) {
		r = attachment_add(&publisher->table, number, row->id, row->is_type, ret);
		if (r)
			broker_detach(publisher->options.broker, number);
	}
	if (r) {
		log_unattached(publisher, row, r);
		return r;
	}
	log_say(LOG_DEBUG, "%s is attached as %" PRIu64 ", %s", row->id, number,
		row->type ? row->type : error_name(row->type_error));
	return 0;
}

/*
 * If the backend was not asked, its last answer stays until the next scan, which is soon.
 */
static bool keeps_answer(const struct attachment *attachment, const struct scan_row *row)
{
	return (row->outcome == SCAN_SKIPPED || row->outcome == SCAN_BUSY) && !row->type &&
	       attachment->digest && attachment->backend &&
	       strcmp(attachment->backend, row->backend) == 0;
}

/*
 * Publish type and parameters if they changed. is_new: the kernel got the type already.
 */
static void update_row(struct publisher *publisher, struct attachment *attachment,
		       const struct scan_row *row, bool is_new)
{
	uint64_t digest = digest_of(row);
	int r = attachment_set_backend(attachment, row->backend);

	if (!r && attachment->digest != digest && (!is_new || row->parameters.nparameters))
		r = publish(publisher, attachment, row);
	attachment->digest = r ? 0 : digest;
	if (!r)
		return;
	log_say(LOG_WARNING, "%s: cannot publish type and parameters: %s", row->id, strerror(-r));
	retry_list_device(attachment, SCAN_FAILED, now_us());
}

/* 0, or the error of a device that has no attachment now. */
static int apply_row(struct publisher *publisher, const struct scan_row *row, bool stale)
{
	struct attachment *attachment = attachment_find_id(&publisher->table, row->id);
	bool is_new;
	int r;

	/*
	 * A device that was removed and came back with the same name is another device.
	 */
	if (attachment && (attachment->is_type != row->is_type ||
			   !publisher_is_attached(publisher, attachment->number))) {
		publisher_forget(publisher, attachment);
		attachment = NULL;
	}
	is_new = !attachment;
	r = is_new ? attach_row(publisher, row, &attachment) : 0;
	if (r)
		return r;
	attachment->scan = publisher->number;
	attachment->changed++;
	/* The outcome with an old world's workers says nothing about the new ones. */
	if (!stale)
		retry_list_device(attachment, row->outcome, now_us());
	if (row->outcome == SCAN_ENDED)
		log_say(LOG_WARNING,
			"%s: scanning it ended the worker of %s, next scan in %" PRIu64 " s",
			row->id, row->backend, attachment->retry.delay_us / RETRY_FIRST_US);
	if (!keeps_answer(attachment, row))
		update_row(publisher, attachment, row, is_new);
	return 0;
}

/* Detach what this scan should have found and did not. */
static void detach_missing(struct publisher *publisher, const struct rescan_set *set)
{
	for (size_t i = publisher->table.count; i > 0; i--) {
		struct attachment *attachment = publisher->table.list[i - 1];
		bool scanned = set->all;

		for (size_t n = 0; n < set->nids && !scanned; n++)
			scanned = strcmp(set->ids[n], attachment->id) == 0;
		if (!scanned || attachment->scan == publisher->number)
			continue;
		/* If it cannot be detached, the next scan tries again. */
		if (broker_detach(publisher->options.broker, attachment->number) == 0 ||
		    !publisher_is_attached(publisher, attachment->number))
			publisher_forget(publisher, attachment);
	}
}

/* Releases the lock after each row, so that questions are answered in between. */
bool publisher_apply(struct publisher *publisher, const struct rescan_set *set, bool stale)
{
	bool complete = true;

	publisher->number++;
	for (size_t i = 0; i < publisher->scan.count; i++) {
		const struct scan_row *row = &publisher->scan.rows[i];

		pthread_mutex_lock(&publisher->lock);
		if (!stale)
			retry_list_backend(&publisher->retries, row->backend, row->outcome,
					   now_us());
		if (apply_row(publisher, row, stale) == -ENOMEM) {
			rescan_id(publisher->rescan, row->id);
			complete = false;
		}
		pthread_mutex_unlock(&publisher->lock);
	}
	pthread_mutex_lock(&publisher->lock);
	detach_missing(publisher, set);
	pthread_mutex_unlock(&publisher->lock);
	return complete;
}
