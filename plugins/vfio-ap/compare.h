/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of one comparison share: both sides, the counts so far, and the helpers
 * that add findings.
 */
#ifndef VFIO_AP_COMPARE_H
#define VFIO_AP_COMPARE_H

#include <string.h>

#include "ap.h"

struct comparison {
	struct ap *ap;
	const struct migcompat_host *host;
	struct migcompat_result *result;
	const struct ap_source *source;
	const char *prefix; /* of the names of findings; NULL: none */
	bool has_all;       /* no queue is missing */
	bool bad_queues, bad_hwtype, bad_functions, bad_keys;
	unsigned adapters; /* how many adapters had something to compare */
	uint64_t extra_hwtype, extra_functions;
};

/* What is compared. Each group has its rule and its limit. */
enum group {
	GROUP_QUEUES,
	GROUP_CONTROL,
	GROUP_HWTYPE,
	GROUP_FUNCTIONS,
	GROUP_KEYS,
	GROUP_MATRIX, /* where the source's matrix comes from */
	GROUP_CONFIG, /* what a write of ap_config would do */
	GROUP_COUNT,
};

/* Adds a finding. field NULL: the finding of the whole group. Texts are copied. */
void finding_add(const struct comparison *c, enum group group, const char *field, uint32_t status,
		 struct migcompat_value source, struct migcompat_value target, uint64_t extra,
		 const char *text);

/* Compares hwtype and function bits of every adapter (compare_cards.c), and adds the
 * group's finding if none was bad. */
void adapters_compare(struct comparison *c);
void adapters_add(const struct comparison *c);

/* Parts of a comparison that a stream has, too. */
void queues_compare(struct comparison *c);
void queues_add(const struct comparison *c, const struct ap_matrix *matrix);
void control_compare(struct comparison *c, const struct ap_mask *control);
/* Adds the finding about keys for a stream, which carries no master keys. */
void keys_missing_add(const struct comparison *c);
/* Compares one queue by hwtype and function bits. adapters_add adds the group's
 * finding. */
void queue_compare(struct comparison *c, unsigned adapter, unsigned domain, uint32_t source);

static inline struct migcompat_value number(uint64_t value)
{
	return (struct migcompat_value){.type = MIGCOMPAT_VALUE_NUMBER, .as.number = value};
}

static inline struct migcompat_value hex(uint64_t value)
{
	return (struct migcompat_value){.type = MIGCOMPAT_VALUE_HEX, .as.number = value};
}

static inline struct migcompat_value word(const char *text)
{
	return (struct migcompat_value){
		.type = MIGCOMPAT_VALUE_TEXT, .len = (uint32_t)strlen(text), .as.text = text};
}

static inline struct migcompat_value nothing(void)
{
	return (struct migcompat_value){.type = MIGCOMPAT_VALUE_NONE};
}

#endif
