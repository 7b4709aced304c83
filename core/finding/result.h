/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The findings of one comparison, as typed values. Text is rendered when it is read.
 * Memory is allocated once and reused. One thread at a time.
 *
 * Findings above RESULT_FINDINGS_MAX are dropped but counted, with their limits, so they
 * still decide.
 */
#ifndef CORE_FINDING_RESULT_H
#define CORE_FINDING_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migcompat/backend.h"

#define RESULT_FINDINGS_MAX 1024u
#define RESULT_TEXT_MAX 262144u /* bytes of copied strings; longer ones are cut */

/* The limits that a backend may use, as bits. The others belong to the core. */
#define LIMITS_BACKENDS ((2u << MIGCOMPAT_LIMIT_RESOURCE) - 2u)

struct finding {
	const char *field;
	const char *noun; /* or NULL */
	const char *text; /* or NULL: rendered from rule and values */
	struct migcompat_value source;
	struct migcompat_value target;
	uint64_t extra;
	uint8_t rule;
	uint8_t status;
	uint8_t limit;
	bool forced; /* was bad, and a policy override accepts it */
};

struct migcompat_result {
	struct finding *findings; /* RESULT_FINDINGS_MAX, allocated at the first use */
	size_t count;
	size_t truncated;
	char *text; /* RESULT_TEXT_MAX, allocated at the first use */
	size_t text_used;
	uint64_t extra; /* sum over all findings that are not bad */
	/* bit 1 << limit for each limit of a bad finding, kept or dropped */
	uint32_t bad_limits;
	uint32_t bad_count;
	uint32_t dropped_bad;    /* of bad_count, those that were dropped */
	uint32_t dropped_limits; /* bits as in bad_limits, of dropped findings */
	uint32_t availability;   /* enum migcompat_state */
	const char *availability_text;
};

/* Make it empty and keep its memory. Zeroed is valid. 0 or -ENOMEM. */
int result_reset(struct migcompat_result *result);
void result_free(struct migcompat_result *result);

/*
 * Add a finding. static_strings: field and noun live longer than the result, and are not
 * copied.
 */
void result_add(struct migcompat_result *result, const struct migcompat_finding *finding,
		bool static_strings);
/*
 * As result_add, but a finding whose strings do not fit is dropped, and nothing is cut.
 */
void result_offer(struct migcompat_result *result, const struct migcompat_finding *finding);
/* Is a kept finding with this index or a later one about the field? */
bool result_has(const struct migcompat_result *result, size_t from, const char *field);
void result_availability(struct migcompat_result *result, uint32_t state, const char *text);
/*
 * Count bad findings again after statuses were changed. Dropped findings stay as they
 * are.
 */
void result_recount(struct migcompat_result *result);

/* Add a finding of the core with text values. source, target and text may be NULL. */
void result_add_text(struct migcompat_result *result, const char *field, enum migcompat_rule rule,
		     enum migcompat_status status, enum migcompat_limit limit, const char *source,
		     const char *target, const char *text);

/* Copy a text into the result's memory; it is cut if that is full. NULL for NULL. */
const char *result_keep(struct migcompat_result *result, const char *text);

/*
 * Rendering. Each function returns the length, as snprintf does. A value of type NONE is
 * "".
 */
int value_render(const struct migcompat_value *value, char *buffer, size_t size);
/* "source has 2, target has 1 (must be equal)", or the finding's own text. */
int finding_render(const struct finding *finding, char *buffer, size_t size);
/* "source has 2 ports, target has 1", for the reason of a verdict. */
int finding_render_reason(const struct finding *finding, char *buffer, size_t size);

const char *rule_name(
	/* "equal", "superset", "at-least", "version", "one-of", "range" or "info" */
	uint32_t rule);
const char *status_name(uint32_t status); /* "ok", "bad", "warn" or "unknown" */
const char *limit_name(uint32_t limit);   /* "format" and so on; NULL for LIMIT_NONE */
/* May a finding of a backend have this limit? */
bool limit_is_backends(uint32_t limit);
/* The precedence of a limit; a lower number comes first. */
unsigned limit_place(uint32_t limit);
/* The limit of highest precedence in a set of bits (1 << limit) that is not empty. */
uint32_t limit_first(uint32_t limits);
const char *state_name(uint32_t state); /* "yes", "no" or "unknown" */

/*
 * Does the source's value satisfy the rule against the target's? Values of different
 * types never do. ret_extra may be NULL.
 */
bool rule_holds(uint32_t rule, const struct migcompat_value *source,
		const struct migcompat_value *target, uint64_t *ret_extra);
bool rule_is_range(const char *text, size_t len); /* is it "<min>-<max>"? */
/*
 * Does a setting or parameter that allows "a,b,c" or "<min>-<max>" allow this text? If
 * allowed is NULL, it allows any text.
 */
bool rule_allows(const char *allowed, const char *text);

#endif
