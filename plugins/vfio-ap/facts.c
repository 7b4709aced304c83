/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the host's facts of cards and queues. cards.c derives the rest from them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ap.h"

#define DEVICES "bus/ap/devices/"
#define STATED "stated/mkvps/"

/* What a fact is about. domain -1: the card. */
struct place {
	const char *key;
	unsigned adapter;
	int domain;
};

struct card_fact {
	const char *glob;
	void (*take)(struct ap *ap, struct ap_card *card, const struct place *place,
		     const char *value, size_t len);
	bool needed; /* an answer depends on it, so open fails if it cannot be read */
	bool stated; /* stated by the administrator, so it does not prove that a queue exists */
};

struct walk {
	struct ap *ap;
	const struct card_fact *fact;
};

/* Parses "cardXX" or "XX.YYYY", up to a slash or the end. */
static bool place_parse(const char *name, struct place *ret)
{
	const char *end = name + strcspn(name, "/");
	uint64_t adapter, domain = 0;
	bool card = strncmp(name, "card", 4) == 0;

	if (card)
		name += 4;
	if (hex_read(name, end, 2, &adapter) != 2)
		return false;
	name += 2;
	if (!card && (name == end || *name++ != '.' || hex_read(name, end, 4, &domain) != 4 ||
		      domain >= AP_IDS))
		return false;
	if (name + (card ? 0 : 4) != end)
		return false;
	ret->adapter = (unsigned)adapter;
	ret->domain = card ? -1 : (int)domain;
	return true;
}

static bool text_is(const char *value, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(value, word, len) == 0;
}

/* ---------------------------------------------------------------- one fact each */

static void take_hwtype(struct ap *ap, struct ap_card *card, const struct place *place,
			const char *value, size_t len)
{
	uint32_t number = 0;

	(void)ap;
	for (size_t i = 0; i < len && number <= UINT8_MAX; i++)
		number = value[i] >= '0' && value[i] <= '9'
				 ? number * 10 + (uint32_t)(value[i] - '0')
				 : UINT32_MAX;
	if (len == 0 || number > UINT8_MAX) {
		card->broken = place->key;
	} else if (place->domain < 0) {
		card->hwtype = number;
	} else {
		card->queue_hwtype[place->domain] = (uint8_t)number;
		mask_set(&card->has_hwtype, (unsigned)place->domain);
	}
}

static void take_functions(struct ap *ap, struct ap_card *card, const struct place *place,
			   const char *value, size_t len)
{
	uint64_t number = 0;

	(void)ap;
	if (len < 3 || len > 10 || value[0] != '0' || value[1] != 'x' ||
	    hex_read(value + 2, value + len, 8, &number) != len - 2) {
		card->broken = place->key;
	} else if (place->domain < 0) {
		card->functions = (uint32_t)number;
		card->known_functions = true;
	} else {
		card->queue_functions[place->domain] = (uint32_t)number;
		mask_set(&card->has_functions, (unsigned)place->domain);
	}
}

static void take_driver(struct ap *ap, struct ap_card *card, const struct place *place,
			const char *value, size_t len)
{
	(void)ap;
	if (place->domain < 0)
		return;
	card->driver[place->domain] = value;
	if (text_is(value, len, "vfio_ap"))
		mask_set(&card->bound, (unsigned)place->domain);
}

/* Queues bound to vfio_ap have a status since Linux 6.0. */
static void take_status(struct ap *ap, struct ap_card *card, const struct place *place,
			const char *value, size_t len)
{
	(void)ap;
	if (place->domain < 0)
		return;
	mask_set(&card->has_status, (unsigned)place->domain);
	if (text_is(value, len, "in use"))
		mask_set(&card->in_use, (unsigned)place->domain);
	if (text_is(value, len, "assigned"))
		mask_set(&card->assigned, (unsigned)place->domain);
}

static void take_config(struct ap *ap, struct ap_card *card, const struct place *place,
			const char *value, size_t len)
{
	(void)ap;
	(void)place;
	card->off = text_is(value, len, "0");
}

static void take_chkstop(struct ap *ap, struct ap_card *card, const struct place *place,
			 const char *value, size_t len)
{
	(void)ap;
	(void)place;
	card->stopped = text_is(value, len, "1");
}

/* Keys that the kernel reads from the card win over stated ones. */
static void take_keys(struct ap *ap, struct ap_card *card, const struct place *place,
		      const char *value, size_t len)
{
	if (place->domain >= 0 && !card->keys[place->domain])
		card->keys[place->domain] = keys_parse(ap->host, value, len);
}

static const struct card_fact card_facts[] = {
	{DEVICES "*/hwtype", take_hwtype, true, false},
	/* The kernel compares raw_hwtype. hwtype is at most the newest type that the
	 * kernel knows. */
	{DEVICES "card*/raw_hwtype", take_hwtype, false, false},
	{DEVICES "*/ap_functions", take_functions, true, false},
	{DEVICES "*/driver", take_driver, false, false},
	{DEVICES "*/status", take_status, false, false},
	{DEVICES "card*/config", take_config, false, false},
	{DEVICES "card*/chkstop", take_chkstop, false, false},
	{DEVICES "*/mkvps", take_keys, false, false},
	{STATED "*", take_keys, false, true},
};

static int card_fact_take(void *arg, const char *key, const char *value, size_t len, int error)
{
	struct walk *walk = arg;
	const struct card_fact *fact = walk->fact;
	struct place place = {.key = key};
	struct ap_card *card;

	if (!place_parse(key + (fact->stated ? strlen(STATED) : strlen(DEVICES)), &place))
		return 0;
	if (fact->stated && !walk->ap->cards[place.adapter])
		return 0;
	card = cards_get(walk->ap, place.adapter);
	if (!card)
		return -ENOMEM;
	if (place.domain >= 0 && !fact->stated)
		mask_set(&card->seen, (unsigned)place.domain);
	if (value && !error)
		fact->take(walk->ap, card, &place, value, len);
	else if (fact->needed)
		card->broken = key;
	return 0;
}

/* ---------------------------------------------------------------- masks of the host */

/* A machine without the facility has "not supported" instead of a mask. */
static int host_mask(const struct ap *ap, const char *key, struct ap_mask *ret, bool *ret_known)
{
	const char *text;
	size_t len;

	if (ap->host->fact(ap->facts, MIGCOMPAT_WANT_HOST, key, &text, &len) ||
	    text_is(text, len, "not supported"))
		return 0;
	if (!mask_parse(text, len, ret))
		return ap->host->fail(
			ap->facts, -EINVAL,
			"fact \"%s\" is malformed: expected 0x and 64 hexadecimal digits", key);
	*ret_known = true;
	return 0;
}

static int masks_open(struct ap *ap)
{
	bool adapters_known = false, domains_known = false;
	const struct {
		const char *key;
		struct ap_mask *mask;
		bool *known;
	} masks[] = {
		{"bus/ap/apmask", &ap->kept_adapters, &adapters_known},
		{"bus/ap/aqmask", &ap->kept_domains, &domains_known},
		{"bus/ap/ap_control_domain_mask", &ap->host_control, &ap->host_control_known},
		{"bus/ap/ap_usage_domain_mask", &ap->host_usage, &ap->host_usage_known},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]) && r == 0; i++)
		r = host_mask(ap, masks[i].key, masks[i].mask, masks[i].known);
	ap->kept_known = adapters_known && domains_known;
	return r;
}

/* If an inventory did not collect a glob, a walk finds no fact. That must not count as a
 * host without cards. */
static int cards_collected(const struct ap *ap)
{
	static const char *const keys[] = {DEVICES "card00/hwtype", DEVICES "card00/ap_functions"};
	const char *text;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ap->host->fact(ap->facts, MIGCOMPAT_WANT_HOST, keys[i], &text, NULL) ==
		    -ENODATA)
			return ap->host->fail(ap->facts, -ENODATA,
					      "host facts such as \"%s\" were not collected",
					      keys[i]);
	return 0;
}

int facts_open(struct ap *ap)
{
	int r = cards_collected(ap);

	r = r ? r : masks_open(ap);
	for (size_t i = 0; i < sizeof(card_facts) / sizeof(card_facts[0]) && r == 0; i++) {
		struct walk walk = {.ap = ap, .fact = &card_facts[i]};

		r = ap->host->each(ap->facts, MIGCOMPAT_WANT_HOST, card_facts[i].glob,
				   card_fact_take, &walk);
		if (r == -ENOMEM)
			return ap->host->fail(ap->facts, r, "out of memory");
		if (r && card_facts[i].needed)
			return ap->host->fail(ap->facts, r, "facts \"%s\" could not be read",
					      card_facts[i].glob);
		r = 0;
	}
	return r;
}
