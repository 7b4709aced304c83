/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parameters of a matrix, and the writes that give the source's matrix to a target:
 * one write of ap_config, or one write for each number on older kernels.
 */
#include <errno.h>
#include <stdio.h>

#include "ap.h"

#define CONFIG_TEXT_LEN (3 * MASK_TEXT_LEN + 2)

/* The text that the kernel shows and takes. */
static void config_format(const struct ap_matrix *matrix, char text[CONFIG_TEXT_LEN + 1])
{
	mask_format(&matrix->adapters, text);
	text[MASK_TEXT_LEN] = ',';
	mask_format(&matrix->domains, text + MASK_TEXT_LEN + 1);
	text[2 * MASK_TEXT_LEN + 1] = ',';
	mask_format(&matrix->control, text + 2 * MASK_TEXT_LEN + 2);
}

int ap_parameters(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	static const struct ap_matrix empty = {0};
	const struct ap *ap = handle;
	struct ap_source source;
	char value[CONFIG_TEXT_LEN + 1], none[CONFIG_TEXT_LEN + 1];
	const struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter),
		.name = "ap_config",
		.type = MIGCOMPAT_PARAMETER_STRING,
		.value = value,
		.init = none,
		.off = none,
		.attribute = ap->whole_write ? "ap_config" : NULL,
		.runtime = 1,
		.description = "adapters, domains and control domains, each a mask whose leftmost "
			       "bit is number 0",
	};

	config_format(&empty, none);
	config_format(&ap->matrix, value);
	if (payload) {
		if (payload_read(ap, payload, len, NULL, &source))
			return -EINVAL;
		config_format(&source.matrix, value);
	}
	return ap->host->parameter(sink, &parameter);
}

/* One write for each number that the target lacks. */
static int assign(const struct ap *ap, const char *attribute, int digits,
		  const struct ap_mask *missing, struct migcompat_sink *sink)
{
	char value[16];
	int r = 0;

	mask_each(id, missing)
	{
		snprintf(value, sizeof(value), "0x%0*x", digits, id);
		r = r ? r : ap->host->write(sink, attribute, value);
	}
	return r;
}

/* ---------------------------------------------------------------- whether to write */

/* What the source has and the configured matrix lacks. */
static struct ap_matrix matrix_missing(const struct ap_matrix *source, const struct ap_matrix *has)
{
	return (struct ap_matrix){
		.adapters = mask_without(&source->adapters, &has->adapters),
		.domains = mask_without(&source->domains, &has->domains),
		.control = mask_without(&source->control, &has->control),
	};
}

static bool matrix_is_empty(const struct ap_matrix *matrix)
{
	return mask_empty(&matrix->adapters) && mask_empty(&matrix->domains) &&
	       mask_empty(&matrix->control);
}

/* A write of ap_config removes what the source lacks. True: there is something
 * to remove. */
static bool holds_more(const struct ap_matrix *more, char text[AP_TEXT_MAX])
{
	const struct {
		const char *what;
		const struct ap_mask *mask;
		int digits;
	} parts[] = {{"adapter", &more->adapters, 2},
		     {"domain", &more->domains, 4},
		     {"control domain", &more->control, 4}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (mask_empty(parts[i].mask))
			continue;
		snprintf(text, AP_TEXT_MAX,
			 "nothing is to be written: the target's matrix holds %s %0*x, which the "
			 "source lacks and the write would remove",
			 parts[i].what, parts[i].digits, mask_next(parts[i].mask, 0));
		return true;
	}
	return false;
}

/* Why the host's queue does not fit the source's. NULL: it fits. */
static const char *queue_trouble(const struct ap *ap, unsigned adapter, unsigned domain,
				 uint32_t packed)
{
	const struct ap_mask there = cards_on_host(ap, adapter);
	const struct ap_card *card = ap->cards[adapter];

	if (!card || !mask_has(&there, domain))
		return "is not there";
	if (!mask_has(&card->known, domain))
		return "has no known hwtype or function bits";
	if (!packed_fits(packed, card->packed[domain]))
		return "does not fit the source's";
	return cards_taken(ap, adapter, domain) ? "is taken" : NULL;
}

/* Does the host have every queue, free and fitting? */
static bool host_fits(const struct ap *ap, const struct ap_source *source, char text[AP_TEXT_MAX])
{
	struct ap_mask control = mask_without(&source->matrix.control, &ap->host_control);
	unsigned position = 0;

	if (!mask_empty(&control) && !ap->host_control_known) {
		snprintf(text, AP_TEXT_MAX,
			 "nothing is to be written: the control domains of the target's host are "
			 "not known (bus/ap/ap_control_domain_mask)");
		return false;
	}
	if (!mask_empty(&control)) {
		snprintf(text, AP_TEXT_MAX,
			 "nothing is to be written: the target's host has no control domain %04x",
			 mask_next(&control, 0));
		return false;
	}
	for (unsigned adapter = mask_next(&source->matrix.adapters, 0);
	     source->nadapters && adapter < AP_IDS;
	     adapter = mask_next(&source->matrix.adapters, adapter + 1)) {
		uint32_t packed = payload_packed(source, position++);

		mask_each(domain, &source->matrix.domains)
		{
			const char *why = queue_trouble(ap, adapter, domain, packed);

			if (!why)
				continue;
			snprintf(
				text, AP_TEXT_MAX,
				"nothing is to be written: queue %02x.%04x of the target's host %s",
				adapter, domain, why);
			return false;
		}
	}
	return true;
}

bool prepare_fits(const struct ap *ap, const struct ap_source *source, char text[AP_TEXT_MAX])
{
	struct ap_matrix more = matrix_missing(&ap->matrix, &source->matrix);

	if (holds_more(&more, text))
		return false;
	if (ap->guest && !(mask_empty(&ap->guest->adapters) && mask_empty(&ap->guest->domains))) {
		snprintf(text, AP_TEXT_MAX,
			 "nothing is to be written: the target's guest_matrix is not empty, so "
			 "that a guest may use it");
		return false;
	}
	/* A kernel without ap_config refuses to change a matrix in use. A kernel with it does not,
	 * so guest_matrix must say that no guest uses it. */
	if (!ap->guest && ap->whole_write) {
		snprintf(text, AP_TEXT_MAX,
			 "nothing is to be written: the target's guest_matrix is not known, so "
			 "that a guest may use it");
		return false;
	}
	return host_fits(ap, source, text);
}

bool prepare_needed(const struct ap *ap, const struct ap_source *source)
{
	struct ap_matrix missing = matrix_missing(&source->matrix, &ap->matrix);

	return !ap->loads && !matrix_is_empty(&missing);
}

/* A type creates an empty matrix. The comparison says whether it fits. */
static bool to_write(const struct ap *ap, const struct ap_source *source)
{
	char text[AP_TEXT_MAX];

	return prepare_needed(ap, source) && (ap->is_type || prepare_fits(ap, source, text));
}

/* First the target as it is, which compare judges; then as "prepare" would
 * configure it. */
int ap_candidates(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	const struct ap *ap = handle;
	struct ap_source source;
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = ""};
	int r;

	if (payload_read(ap, payload, len, NULL, &source))
		return -EINVAL;
	r = ap->host->candidate(sink, &candidate);
	if (r || ap->is_type || !to_write(ap, &source))
		return r;
	candidate.name = "ap_config";
	return ap->host->candidate(sink, &candidate);
}

int ap_prepare(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	const struct ap *ap = handle;
	struct ap_source source;

	if (payload_read(ap, payload, len, NULL, &source))
		return -EINVAL;
	if (!to_write(ap, &source))
		return 0;
	if (ap->whole_write) {
		char value[CONFIG_TEXT_LEN + 1];

		config_format(&source.matrix, value);
		return ap->host->write(sink, "ap_config", value);
	}
	struct ap_matrix missing = matrix_missing(&source.matrix, &ap->matrix);
	int r = assign(ap, "assign_adapter", 2, &missing.adapters, sink);

	r = r ? r : assign(ap, "assign_domain", 4, &missing.domains, sink);
	return r ? r : assign(ap, "assign_control_domain", 4, &missing.control, sink);
}
