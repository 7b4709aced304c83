/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from the facts of cards and queues: the values to compare, the queues that
 * a source could have here, and the queues that are taken now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ap.h"

struct ap_card *cards_get(struct ap *ap, unsigned adapter)
{
	struct ap_card *card = ap->cards[adapter];

	if (!card) {
		card = calloc(1, sizeof(*card));
		if (!card)
			return NULL;
		card->hwtype = UINT32_MAX;
		ap->cards[adapter] = card;
	}
	return card;
}

void cards_close(struct ap *ap)
{
	for (unsigned i = 0; i < AP_IDS; i++)
		free(ap->cards[i]);
}

static void card_pack(struct ap_card *card)
{
	for (unsigned domain = 0; domain < AP_IDS; domain++) {
		bool own_hwtype = mask_has(&card->has_hwtype, domain),
		     own_functions = mask_has(&card->has_functions, domain);

		if (card->broken || (!own_hwtype && card->hwtype == UINT32_MAX) ||
		    (!own_functions && !card->known_functions))
			continue;
		mask_set(&card->known, domain);
		card->packed[domain] = packed_make(
			own_hwtype ? card->queue_hwtype[domain] : card->hwtype,
			own_functions ? card->queue_functions[domain] : card->functions);
	}
}

/* An accelerator needs no master keys, so its keys count as known. */
static void card_keys(const struct ap *ap, struct ap_card *card)
{
	static const char none[] = "accelerator";
	uint64_t hash = ap->host->hash(none, sizeof(none) - 1);

	mask_each(domain, &card->known) if (!card->keys[domain] &&
					    (card->packed[domain] & PACKED_ACCELERATOR))
		card->keys[domain] = hash;
}

struct ap_mask cards_on_host(const struct ap *ap, unsigned adapter)
{
	const struct ap_card *card = ap->cards[adapter];

	return card ? mask_or(&card->seen, &ap->host_usage) : (struct ap_mask){{0}};
}

struct ap_mask cards_control(const struct ap *ap)
{
	if (ap->by_host)
		return ap->host_control;
	return ap->host_control_known ? mask_and(&ap->matrix.control, &ap->host_control)
				      : ap->matrix.control;
}

/*
 * The queues of an adapter that a source could have here. If the target is judged by its
 * host, the host must show each queue, or its domain. Otherwise the mdev's matrix counts,
 * except for domains that the host says it lacks.
 */
static struct ap_mask usable_make(const struct ap *ap, unsigned adapter)
{
	struct ap_mask there = cards_on_host(ap, adapter);

	if (ap->by_host)
		return there;
	if (!mask_has(&ap->matrix.adapters, adapter))
		return (struct ap_mask){{0}};
	return ap->host_usage_known ? mask_and(&ap->matrix.domains, &there) : ap->matrix.domains;
}

static bool is_own(const struct ap *ap, unsigned adapter, unsigned domain)
{
	return mask_has(&ap->matrix.adapters, adapter) && mask_has(&ap->matrix.domains, domain);
}

static enum ap_busy busy_find(const struct ap *ap, const struct ap_card *card, unsigned adapter,
			      unsigned domain)
{
	if (card->off)
		return BUSY_CARD_OFF;
	if (card->stopped)
		return BUSY_CARD_STOPPED;
	if (ap->kept_known && mask_has(&ap->kept_adapters, adapter) &&
	    mask_has(&ap->kept_domains, domain))
		return BUSY_KEPT;
	if (card->driver[domain] && !mask_has(&card->bound, domain))
		return BUSY_DRIVER;
	if (mask_has(&card->in_use, domain))
		return BUSY_IN_USE;
	if (mask_has(&card->assigned, domain) && !is_own(ap, adapter, domain))
		return BUSY_ASSIGNED;
	if (!ap->by_host && ap->guest && ap->guest->whole &&
	    !mask_has(&ap->guest->rows[adapter], domain))
		return BUSY_DROPPED;
	return BUSY_NOT;
}

bool cards_taken(const struct ap *ap, unsigned adapter, unsigned domain)
{
	enum ap_busy busy = busy_find(ap, ap->cards[adapter], adapter, domain);

	return busy != BUSY_NOT && busy != BUSY_DROPPED;
}

/* A kernel that migrates needs the queue bound to vfio_ap already, and in no
 * other mdev. */
static bool free_known(const struct ap *ap, const struct ap_card *card, unsigned adapter,
		       unsigned domain)
{
	if (ap->loads)
		return mask_has(&card->bound, domain) &&
		       (mask_has(&card->has_status, domain) || is_own(ap, adapter, domain));
	return ap->kept_known || mask_has(&card->bound, domain) ||
	       (ap->guest && mask_has(&ap->guest->rows[adapter], domain));
}

static void card_availability(struct ap *ap, struct ap_card *card, unsigned adapter)
{
	mask_each(domain, &ap->usable[adapter])
	{
		enum ap_busy busy = busy_find(ap, card, adapter, domain);

		card->reason[domain] = (uint8_t)busy;
		if (busy)
			mask_set(&ap->busy[adapter], domain);
		else if (!free_known(ap, card, adapter, domain))
			mask_set(&ap->doubt[adapter], domain);
	}
}

static uint32_t uniform_find(const struct ap_card *card, const struct ap_mask *usable)
{
	struct ap_mask unknown = mask_without(usable, &card->known);
	unsigned first = mask_next(usable, 0);

	if (first == AP_IDS || !mask_empty(&unknown))
		return PACKED_MIXED;
	mask_each(domain,
		  usable) if (card->packed[domain] != card->packed[first]) return PACKED_MIXED;
	return card->packed[first];
}

static void shortcuts_make(struct ap *ap)
{
	ap->usable_by_all = (struct ap_mask){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	for (unsigned adapter = 0; adapter < AP_IDS; adapter++) {
		if (mask_empty(&ap->usable[adapter]))
			continue;
		mask_set(&ap->offering, adapter);
		ap->usable_by_all = mask_and(&ap->usable_by_all, &ap->usable[adapter]);
		ap->busy_at_any = mask_or(&ap->busy_at_any, &ap->busy[adapter]);
		ap->doubt_at_any = mask_or(&ap->doubt_at_any, &ap->doubt[adapter]);
	}
}

void cards_open(struct ap *ap)
{
	for (unsigned adapter = 0; adapter < AP_IDS; adapter++) {
		struct ap_card *card = ap->cards[adapter];

		if (!card)
			continue;
		card_pack(card);
		card_keys(ap, card);
		ap->usable[adapter] = usable_make(ap, adapter);
		ap->uniform[adapter] = uniform_find(card, &ap->usable[adapter]);
		card_availability(ap, card, adapter);
	}
	shortcuts_make(ap);
}

bool cards_have_all(const struct ap *ap, const struct ap_matrix *matrix)
{
	struct ap_mask adapters = mask_without(&matrix->adapters, &ap->offering);
	struct ap_mask domains = mask_without(&matrix->domains, &ap->usable_by_all);

	return mask_empty(&adapters) && mask_empty(&domains);
}

/* -------------------------------------------------------- what could be given out now */

static void busy_text(const struct ap_card *card, unsigned adapter, unsigned domain, unsigned count,
		      char *text)
{
	static const char *const words[BUSY_COUNT] = {
		[BUSY_CARD_OFF] = "its card is deconfigured",
		[BUSY_CARD_STOPPED] = "its card is checkstopped",
		[BUSY_KEPT] = "the default driver keeps it (apmask and aqmask)",
		[BUSY_DRIVER] = "it is bound to another driver",
		[BUSY_IN_USE] = "a guest uses it",
		[BUSY_ASSIGNED] = "another mdev has it",
		[BUSY_DROPPED] = "guest_matrix lacks it: vfio_ap lacks a queue of its card",
	};
	bool driver = card->reason[domain] == BUSY_DRIVER;
	char more[48] = "";

	if (count > 1)
		snprintf(more, sizeof(more), "; and %u more", count - 1);
	snprintf(text, AP_TEXT_MAX, "queue %02x.%04x: %s%s%.32s%s", adapter, domain,
		 words[card->reason[domain]], driver ? ", " : "",
		 driver ? card->driver[domain] : "", more);
}

static uint32_t availability_find(const struct ap *ap, const struct ap_matrix *matrix, char *text)
{
	struct ap_mask any_busy = mask_and(&matrix->domains, &ap->busy_at_any);
	struct ap_mask any_doubt = mask_and(&matrix->domains, &ap->doubt_at_any);
	unsigned busy_count = 0, doubt_count = 0, busy_adapter = 0, busy_domain = 0;

	text[0] = '\0';
	if (ap->no_instances) {
		snprintf(text, AP_TEXT_MAX, "no further instance of the type can be created");
		return MIGCOMPAT_NO;
	}
	if (mask_empty(&any_busy) && mask_empty(&any_doubt))
		return MIGCOMPAT_YES;
	mask_each(adapter, &matrix->adapters)
	{
		struct ap_mask busy = mask_and(&matrix->domains, &ap->busy[adapter]);
		struct ap_mask doubt = mask_and(&matrix->domains, &ap->doubt[adapter]);

		if (!busy_count && !mask_empty(&busy)) {
			busy_adapter = adapter;
			busy_domain = mask_next(&busy, 0);
		}
		busy_count += mask_count(&busy);
		doubt_count += mask_count(&doubt);
	}
	if (busy_count) {
		busy_text(ap->cards[busy_adapter], busy_adapter, busy_domain, busy_count, text);
		return MIGCOMPAT_NO;
	}
	if (doubt_count)
		snprintf(text, AP_TEXT_MAX,
			 ap->loads ? "of %u queues it is not known that vfio_ap has them and that "
				     "no other mdev does"
				   : "of %u queues neither driver nor masks are known",
			 doubt_count);
	return doubt_count ? MIGCOMPAT_UNKNOWN : MIGCOMPAT_YES;
}

void cards_availability(struct ap *ap, const struct ap_matrix *matrix)
{
	if (ap->availability_ready && mask_equal(&ap->availability_adapters, &matrix->adapters) &&
	    mask_equal(&ap->availability_domains, &matrix->domains))
		return;
	ap->availability = availability_find(ap, matrix, ap->availability_text);
	ap->availability_adapters = matrix->adapters;
	ap->availability_domains = matrix->domains;
	ap->availability_ready = true;
}
