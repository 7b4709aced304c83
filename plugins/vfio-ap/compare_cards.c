/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the cards of a source with the target's: hwtype, and each group of function
 * bits.
 */
#include <inttypes.h>
#include <stdio.h>

#include "compare.h"

enum function_rule {
	FUNCTION_EQUAL,
	FUNCTION_CLASS, /* equal, or the source is stateless and the target full native */
	FUNCTION_ZERO,  /* zero on both sides */
};

/* Groups of function bits in the packed value: bit 0 is 0x800, bit 9 is 0x004, bits 16
 * and 17 are 0x003. */
struct function_group {
	const char *bits;
	const char *meaning;
	const char *must;
	uint32_t mask;
	enum function_rule rule;
};

static const struct function_group function_groups[] = {
	{"0-2", "APSC facility and 4K operands", "must be equal", 0xe00, FUNCTION_EQUAL},
	{"3-5", "CCA, accelerator or EP11 mode", "must be equal", 0x1c0, FUNCTION_EQUAL},
	{"6", "APXA facility", "must be equal", 0x020, FUNCTION_EQUAL},
	{"7", "command filtering", "must be equal", 0x010, FUNCTION_EQUAL},
	{"8-9", "full native or stateless",
	 "must be equal, or the source stateless and the target full native", 0x00c,
	 FUNCTION_CLASS},
	{"16-17", "bind and association state", "must be zero on both sides", 0x003, FUNCTION_ZERO},
};
#define CLASS_NATIVE 0x008u
#define CLASS_STATELESS 0x004u

/* An adapter, or one of its queues if domain is not -1. The name is made only for a
 * finding. */
struct subject {
	unsigned adapter;
	int domain;
};

#define SUBJECT_MAX 32

static void subject_name(struct subject subject, char name[SUBJECT_MAX])
{
	if (subject.domain < 0)
		snprintf(name, SUBJECT_MAX, "adapter %02x", subject.adapter);
	else
		snprintf(name, SUBJECT_MAX, "queue %02x.%04x", subject.adapter,
			 (unsigned)subject.domain);
}

/* 10 to 14 are CEX4 to CEX8; later types have no name yet. */
static const char *hwtype_name(uint32_t hwtype, char buffer[16])
{
	if (hwtype >= 10 && hwtype <= 14)
		snprintf(buffer, 16, "CEX%" PRIu32, hwtype - 6);
	else
		snprintf(buffer, 16, "unknown card");
	return buffer;
}

static void hwtype_compare(struct comparison *c, struct subject subject, uint32_t source,
			   uint32_t target)
{
	char what[SUBJECT_MAX], field[48], text[AP_TEXT_MAX], a[16], b[16];

	if (source <= target) {
		c->extra_hwtype += target - source;
		return;
	}
	c->bad_hwtype = true;
	subject_name(subject, what);
	snprintf(field, sizeof(field), "%s hwtype", what);
	snprintf(text, sizeof(text),
		 "%s: source has hwtype %" PRIu32 " (%s), target an older %" PRIu32 " (%s)", what,
		 source, hwtype_name(source, a), target, hwtype_name(target, b));
	finding_add(c, GROUP_HWTYPE, field, MIGCOMPAT_STATUS_BAD, number(source), number(target), 0,
		    text);
}

static bool functions_hold(enum function_rule rule, uint32_t source, uint32_t target)
{
	if (rule == FUNCTION_ZERO)
		return (source | target) == 0;
	return source == target ||
	       (rule == FUNCTION_CLASS && source == CLASS_STATELESS && target == CLASS_NATIVE);
}

/* Moves the bits back to the kernel's places: bit 0 is the highest of 32. */
static uint32_t functions_shown(uint32_t functions)
{
	return (functions >> 2) << 22 | (functions & 3) << 14;
}

static void group_bad(struct comparison *c, struct subject subject,
		      const struct function_group *group, uint32_t source, uint32_t target)
{
	char what[SUBJECT_MAX], field[64], text[AP_TEXT_MAX];
	uint32_t a = functions_shown(source), b = functions_shown(target);

	c->bad_functions = true;
	subject_name(subject, what);
	snprintf(field, sizeof(field), "%s function bits %s", what, group->bits);
	snprintf(text, sizeof(text),
		 "%s: function bits %s (%s) are 0x%08" PRIx32 " at the source and 0x%08" PRIx32
		 " at the target; they %s",
		 what, group->bits, group->meaning, a, b, group->must);
	finding_add(c, GROUP_FUNCTIONS, field, MIGCOMPAT_STATUS_BAD, hex(a), hex(b), 0, text);
}

static void functions_compare(struct comparison *c, struct subject subject, uint32_t source,
			      uint32_t target)
{
	for (size_t i = 0; i < sizeof(function_groups) / sizeof(function_groups[0]); i++) {
		uint32_t a = source & function_groups[i].mask, b = target & function_groups[i].mask;

		if (functions_hold(function_groups[i].rule, a, b))
			c->extra_functions += a != b;
		else
			group_bad(c, subject, &function_groups[i], a, b);
	}
}

bool packed_fits(uint32_t source, uint32_t target)
{
	if (PACKED_HWTYPE(source) > PACKED_HWTYPE(target))
		return false;
	for (size_t i = 0; i < sizeof(function_groups) / sizeof(function_groups[0]); i++)
		if (!functions_hold(function_groups[i].rule, source & function_groups[i].mask,
				    target & function_groups[i].mask))
			return false;
	return true;
}

static void packed_compare(struct comparison *c, struct subject subject, uint32_t source,
			   uint32_t target)
{
	/* Nearly all of up to 65,536 queues return here. */
	if (PACKED_FUNCTIONS(source) == PACKED_FUNCTIONS(target) && !(source & PACKED_BOUND) &&
	    source <= target) {
		c->extra_hwtype += PACKED_HWTYPE(target - source);
		return;
	}
	hwtype_compare(c, subject, PACKED_HWTYPE(source), PACKED_HWTYPE(target));
	functions_compare(c, subject, PACKED_FUNCTIONS(source), PACKED_FUNCTIONS(target));
}

static void card_unknown(struct comparison *c, struct subject subject, uint32_t source,
			 const char *fact)
{
	char what[SUBJECT_MAX], field[48], text[AP_TEXT_MAX];

	subject_name(subject, what);
	snprintf(field, sizeof(field), "%s hwtype", what);
	snprintf(text, sizeof(text),
		 "%s: hwtype or function bits are not known on the target's host%s%s", what,
		 fact ? ", see fact " : "", fact ? fact : "");
	finding_add(c, GROUP_HWTYPE, field, MIGCOMPAT_STATUS_BAD, number(PACKED_HWTYPE(source)),
		    nothing(), 0, text);
	c->bad_hwtype = true;
}

/* Compares each queue of an adapter whose queues differ on the target. */
static void queues_packed(struct comparison *c, unsigned adapter, uint32_t source)
{
	struct ap_mask there = mask_and(&c->source->matrix.domains, &c->ap->usable[adapter]);

	mask_each(domain, &there) queue_compare(c, adapter, domain, source);
}

void queue_compare(struct comparison *c, unsigned adapter, unsigned domain, uint32_t source)
{
	const struct ap_card *card = c->ap->cards[adapter];
	struct subject subject = {adapter, (int)domain};

	if (mask_has(&card->known, domain))
		packed_compare(c, subject, source, card->packed[domain]);
	else
		card_unknown(c, subject, source, card->broken);
}

void adapters_compare(struct comparison *c)
{
	const struct ap_matrix *matrix = &c->source->matrix;
	unsigned position = 0;

	if (!c->source->nadapters)
		return;
	mask_each(adapter, &matrix->adapters)
	{
		uint32_t source = payload_packed(c->source, position++),
			 target = c->ap->uniform[adapter];
		struct subject subject = {adapter, -1};

		if (!c->has_all && !mask_meet(&matrix->domains, &c->ap->usable[adapter]))
			continue; /* reported as missing queues */
		c->adapters++;
		if (target != PACKED_MIXED)
			packed_compare(c, subject, source, target);
		else if (c->ap->cards[adapter]->broken)
			card_unknown(c, subject, source, c->ap->cards[adapter]->broken);
		else
			queues_packed(c, adapter, source);
	}
}

void adapters_add(const struct comparison *c)
{
	struct migcompat_value count = number(c->adapters);

	if (c->adapters && !c->bad_hwtype)
		finding_add(c, GROUP_HWTYPE, NULL, MIGCOMPAT_STATUS_OK, count, count,
			    c->extra_hwtype, "no adapter is older on the target");
	if (c->adapters && !c->bad_functions)
		finding_add(c, GROUP_FUNCTIONS, NULL, MIGCOMPAT_STATUS_OK, count, count,
			    c->extra_functions, "every adapter's function bits fit the source's");
}
