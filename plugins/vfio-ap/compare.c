/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares a source with this target by the rules of the 2026 kernel series for live
 * migration of vfio_ap: queues, control domains and cards (compare_cards.c), and master
 * keys as well. One pass reports all mismatches. A group without a mismatch is one
 * finding.
 */
#include <stdio.h>
#include <string.h>

#include "compare.h"

static const struct {
	const char *field;
	uint32_t rule;
	uint32_t limit;
} groups[GROUP_COUNT] = {
	[GROUP_QUEUES] = {"queues", MIGCOMPAT_RULE_SUPERSET, MIGCOMPAT_LIMIT_RESOURCE},
	[GROUP_CONTROL] = {"control domains", MIGCOMPAT_RULE_SUPERSET, MIGCOMPAT_LIMIT_RESOURCE},
	[GROUP_HWTYPE] = {"hwtype", MIGCOMPAT_RULE_AT_LEAST, MIGCOMPAT_LIMIT_HARDWARE},
	[GROUP_FUNCTIONS] = {"function bits", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_HARDWARE},
	[GROUP_KEYS] = {"master keys", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_PARAMETER},
	[GROUP_MATRIX] = {"matrix", MIGCOMPAT_RULE_INFO, MIGCOMPAT_LIMIT_NONE},
	[GROUP_CONFIG] = {"ap_config", MIGCOMPAT_RULE_INFO, MIGCOMPAT_LIMIT_NONE},
};

void finding_add(const struct comparison *c, enum group group, const char *field, uint32_t status,
		 struct migcompat_value source, struct migcompat_value target, uint64_t extra,
		 const char *text)
{
	const char *name = field ? field : groups[group].field;
	char prefixed[64];
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = c->prefix ? prefixed : name,
		.rule = groups[group].rule,
		.status = status,
		.limit = status == MIGCOMPAT_STATUS_OK ? MIGCOMPAT_LIMIT_NONE : groups[group].limit,
		.source = source,
		.target = target,
		.extra = extra,
		.text = text,
	};

	if (c->prefix)
		snprintf(prefixed, sizeof(prefixed), "%s%s", c->prefix, name);
	c->host->finding(c->result, &finding);
}

static uint64_t matrix_queues(const struct ap_matrix *matrix)
{
	return (uint64_t)mask_count(&matrix->adapters) * mask_count(&matrix->domains);
}

/* ---------------------------------------------------------------- queues */

static void queue_missing(struct comparison *c, unsigned adapter, unsigned domain)
{
	const struct ap *ap = c->ap;
	bool assigned = ap->by_host || (mask_has(&ap->matrix.adapters, adapter) &&
					mask_has(&ap->matrix.domains, domain));
	const char *why = !assigned             ? "not assigned"
			  : !ap->cards[adapter] ? "no card"
						: "no domain";
	char field[32], text[AP_TEXT_MAX];

	snprintf(field, sizeof(field), "queue %02x.%04x", adapter, domain);
	if (!assigned)
		snprintf(text, sizeof(text), "queue %02x.%04x is not in the target's matrix",
			 adapter, domain);
	else if (!ap->cards[adapter])
		snprintf(text, sizeof(text),
			 "queue %02x.%04x: the target's host has no adapter %02x", adapter, domain,
			 adapter);
	else
		snprintf(text, sizeof(text),
			 "queue %02x.%04x: the target's host has no domain %04x there", adapter,
			 domain, domain);
	finding_add(c, GROUP_QUEUES, field, MIGCOMPAT_STATUS_BAD, word("assigned"), word(why), 0,
		    text);
	c->bad_queues = true;
}

void queues_compare(struct comparison *c)
{
	const struct ap_matrix *matrix = &c->source->matrix;

	if (!c->source->nadapters || c->has_all)
		return;
	mask_each(adapter, &matrix->adapters)
	{
		struct ap_mask missing = mask_without(&matrix->domains, &c->ap->usable[adapter]);

		mask_each(domain, &missing) queue_missing(c, adapter, domain);
	}
}

/* How much a guest has on the target. A target that is judged by its host takes exactly
 * the source's matrix, so it never has more. */
static uint64_t target_has(const struct comparison *c, uint64_t source, uint64_t target)
{
	return c->ap->by_host || target < source ? source : target;
}

void queues_add(const struct comparison *c, const struct ap_matrix *matrix)
{
	uint64_t source = matrix_queues(matrix);
	uint64_t target = target_has(c, source, matrix_queues(&c->ap->sent));

	if (!c->bad_queues)
		finding_add(c, GROUP_QUEUES, NULL, MIGCOMPAT_STATUS_OK, number(source),
			    number(target), target - source, "every queue of the source is there");
}

/* ---------------------------------------------------------------- control domains */

void control_compare(struct comparison *c, const struct ap_mask *control)
{
	const struct ap *ap = c->ap;
	struct ap_mask offered = cards_control(ap);
	struct ap_mask missing = mask_without(control, &offered);
	uint64_t count = mask_count(control),
		 has = target_has(c, count, mask_count(&ap->sent.control));
	char field[32], text[AP_TEXT_MAX];

	if (mask_empty(&missing)) {
		finding_add(c, GROUP_CONTROL, NULL, MIGCOMPAT_STATUS_OK, number(count), number(has),
			    has - count, "every control domain of the source is there");
		return;
	}
	if (ap->by_host && !ap->host_control_known) {
		finding_add(c, GROUP_CONTROL, NULL, MIGCOMPAT_STATUS_BAD, number(count), nothing(),
			    0,
			    "the control domains of the target's host are not known "
			    "(bus/ap/ap_control_domain_mask)");
		return;
	}
	mask_each(domain, &missing)
	{
		snprintf(field, sizeof(field), "control domain %04x", domain);
		snprintf(text, sizeof(text), "control domain %04x is not in the target's %s",
			 domain,
			 ap->by_host || mask_has(&ap->matrix.control, domain) ? "host" : "matrix");
		finding_add(c, GROUP_CONTROL, field, MIGCOMPAT_STATUS_BAD, word("assigned"),
			    word("not there"), 0, text);
	}
}

/* ---------------------------------------------------------------- master keys */

static uint32_t keys_status(const struct ap *ap)
{
	return ap->master_keys == MASTER_KEYS_REQUIRE ? MIGCOMPAT_STATUS_BAD
						      : MIGCOMPAT_STATUS_WARN;
}

static void keys_differ(struct comparison *c, unsigned adapter, uint64_t source, uint64_t target)
{
	char field[48], text[AP_TEXT_MAX];

	snprintf(field, sizeof(field), "adapter %02x master keys", adapter);
	snprintf(text, sizeof(text), "adapter %02x: the current master keys of its queues differ",
		 adapter);
	finding_add(c, GROUP_KEYS, field, keys_status(c->ap), hex(source), hex(target), 0, text);
	c->bad_keys = true;
}

/* Adapters without all queues were reported already. Returns how many adapters it
 * compared. */
static unsigned keys_compare(struct comparison *c, struct ap_unknown *unknown)
{
	const struct ap_matrix *matrix = &c->source->matrix;
	unsigned position = 0, count = 0;

	*unknown = (struct ap_unknown){0};
	if (c->ap->master_keys == MASTER_KEYS_IGNORE || !c->source->nadapters)
		return 0;
	if (c->source->keys_are_own) {
		*unknown = c->ap->own_unknown;
		return c->source->nadapters;
	}
	keys_prepare(c->ap, &matrix->domains);
	mask_each(adapter, &matrix->adapters)
	{
		uint64_t source = payload_key(c->source, position++), target = c->ap->keys[adapter];

		if (!c->has_all) {
			struct ap_mask missing =
				mask_without(&matrix->domains, &c->ap->usable[adapter]);

			if (!mask_empty(&missing))
				continue;
		}
		count++;
		if (!source && !unknown->source++)
			unknown->first_source = adapter;
		if (!target && !unknown->target++)
			unknown->first_target = adapter;
		if (source && target && source != target)
			keys_differ(c, adapter, source, target);
	}
	keys_unknown_text(unknown);
	return count;
}

/* Unknown keys are one finding for all adapters, since most hosts state no keys. */
static void keys_add(const struct comparison *c, unsigned count, const struct ap_unknown *unknown)
{
	if (c->ap->master_keys == MASTER_KEYS_IGNORE || !count)
		return;
	if (!unknown->source && !unknown->target) {
		if (!c->bad_keys)
			finding_add(c, GROUP_KEYS, NULL, MIGCOMPAT_STATUS_OK, number(count),
				    number(count), 0,
				    "every adapter has the same current master keys");
		return;
	}
	finding_add(c, GROUP_KEYS, NULL, keys_status(c->ap), number(count - unknown->source),
		    number(count - unknown->target), 0, unknown->text);
}

void keys_missing_add(const struct comparison *c)
{
	if (c->ap->master_keys != MASTER_KEYS_IGNORE && c->source->nadapters)
		finding_add(c, GROUP_KEYS, NULL, keys_status(c->ap), nothing(), nothing(), 0,
			    "the driver's stream does not contain the current master keys of the "
			    "source");
}

/* ------------------------------------------------------- what stands beside the rules */

static void matrix_add(const struct comparison *c, bool is_configured)
{
	if (is_configured)
		finding_add(c, GROUP_MATRIX, NULL, MIGCOMPAT_STATUS_WARN, nothing(), nothing(), 0,
			    "the source's matrix is the configured one, of which its guest may get "
			    "less: "
			    "guest_matrix could not be read there");
}

/* Says whether one write of ap_config would make a matrix fit that lacks something. */
static void config_add(const struct comparison *c)
{
	char text[AP_TEXT_MAX];

	if (c->ap->is_type || !prepare_needed(c->ap, c->source))
		return;
	if (prepare_fits(c->ap, c->source, text))
		snprintf(text, sizeof(text),
			 "the target fits once it is configured as the source: \"prepare\" prints "
			 "what is to be written");
	finding_add(c, GROUP_CONFIG, NULL, MIGCOMPAT_STATUS_WARN, nothing(), nothing(), 0, text);
}

/* ---------------------------------------------------------------- all of it */

/* An equal matrix on equal cards with equal keys: adds the findings that open
 * computed. */
static void equal_add(struct comparison *c)
{
	const struct ap *ap = c->ap;

	c->adapters = matrix_has_queues(&ap->sent) ? mask_count(&ap->sent.adapters) : 0;
	queues_add(c, &ap->sent);
	control_compare(c, &ap->sent.control);
	adapters_add(c);
	keys_add(c, c->adapters, &ap->own_unknown);
}

int ap_compare(void *handle, const char *payload, size_t len, struct migcompat_result *result)
{
	struct ap *ap = handle;
	struct ap_source source;
	struct ap_unknown unknown;
	struct comparison c = {.ap = ap, .host = ap->host, .result = result, .source = &source};
	const struct ap_matrix *matrix = &ap->sent;

	if (ap->equal_holds && len == ap->payload_len && memcmp(payload, ap->payload, len) == 0) {
		matrix_add(&c, ap->sent_is_configured);
		equal_add(&c);
	} else if (payload_read(ap, payload, len, result, &source) == 0) {
		matrix = &source.matrix;
		c.has_all = cards_have_all(ap, matrix);
		/* This comes first, since only the first findings are kept. */
		matrix_add(&c, source.is_configured);
		config_add(&c);
		queues_compare(&c);
		queues_add(&c, matrix);
		control_compare(&c, &matrix->control);
		adapters_compare(&c);
		adapters_add(&c);
		keys_add(&c, keys_compare(&c, &unknown), &unknown);
		payload_covered(ap, result);
	} else {
		return 0; /* payload_read added a finding of limit format */
	}
	cards_availability(ap, matrix);
	ap->host->availability(result, ap->availability, ap->availability_text);
	return 0;
}
