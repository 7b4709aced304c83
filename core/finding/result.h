/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The findings of one comparison as typed values, in memory that is taken once and reused; text is
 * made when somebody reads it. One thread at a time.
 */
#ifndef CORE_FINDING_RESULT_H
#define CORE_FINDING_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migcompat/backend.h"

#define RESULT_FINDINGS_MAX 1024u
#define RESULT_TEXT_MAX \
	262144u /* bytes of copied strings; what does not fit is cut, the finding stays */

/* The limits that a backend's finding may have, a bit each. The others are the core's own. */
#define LIMITS_BACKENDS ((2u << MIGCOMPAT_LIMIT_RESOURCE) - 2u)

struct finding {
	const char *field;
	const char *noun; /* or NULL */
	const char *text; /* or NULL: rendered */
	struct migcompat_value source;
	struct migcompat_value target;
	uint64_t extra;
	uint8_t rule;
	uint8_t status;
	uint8_t limit;
	bool forced; /* was bad; a policy override accepted it */
};

struct migcompat_result {
	struct finding *findings; /* RESULT_FINDINGS_MAX, taken at the first use */
	size_t count;
	size_t truncated;
	char *text; /* RESULT_TEXT_MAX, likewise */
	size_t text_used;
	uint64_t extra;	     /* sum over all findings that are not bad */
	uint32_t bad_limits; /* bit 1 << limit for each limit that has a bad finding, kept or
				dropped */
	uint32_t bad_count;
	uint32_t dropped_bad;	 /* of bad_count, those that were counted and not kept */
	uint32_t dropped_limits; /* theirs */
	uint32_t availability;	 /* enum migcompat_state */
	const char *availability_text;
};

/* Zeroed is a valid start. -ENOMEM. Keeps the memory of an earlier use. */
int result_reset(struct migcompat_result *result);
void result_free(struct migcompat_result *result);

/* Copies strings unless static_strings. */
void result_add(struct migcompat_result *result, const struct migcompat_finding *finding,
		bool static_strings);
/* As result_add, but a finding whose strings do not fit is counted, and not cut. */
void result_offer(struct migcompat_result *result, const struct migcompat_finding *finding);
/* Is one of the kept findings, but for so many first ones, about this field? */
bool result_has(const struct migcompat_result *result, size_t from, const char *field);
void result_availability(struct migcompat_result *result, uint32_t state, const char *text);
/* Recount bad_limits and bad_count after statuses were changed; what was dropped keeps counting. */
void result_recount(struct migcompat_result *result);

/* Convenience: a finding of the core with text values. source, target and text may be NULL. */
void result_add_text(struct migcompat_result *result, const char *field, enum migcompat_rule rule,
		     enum migcompat_status status, enum migcompat_limit limit, const char *source,
		     const char *target, const char *text);

/* A copy of a text in the result's memory, cut where that is full; NULL for NULL. */
const char *result_keep(struct migcompat_result *result, const char *text);

/* Rendering; each returns the length as snprintf does. A value of type NONE renders as "". */
int value_render(const struct migcompat_value *value, char *buffer, size_t size);
/* "source has 2, target has 1 (must be equal)", or the finding's own text. */
int finding_render(const struct finding *finding, char *buffer, size_t size);
/* "source has 2 ports, target has 1", for a verdict's reason. */
int finding_render_reason(const struct finding *finding, char *buffer, size_t size);

const char *rule_name(
	uint32_t rule); /* "equal", "superset", "at-least", "version", "one-of", "range", "info" */
const char *status_name(uint32_t status); /* "ok", "bad", "warn", "unknown" */
const char *limit_name(uint32_t limit);	  /* "format", …; NULL for none */
/* May a backend's finding have it, or none? */
bool limit_is_backends(uint32_t limit);
/* The place of a limit in the order in which they are named; less comes first. */
unsigned limit_place(uint32_t limit);
/* The first in that order of a set of bits (1 << limit), which is not empty. */
uint32_t limit_first(uint32_t limits);
const char *state_name(uint32_t state); /* "yes", "no", "unknown" */

/* Does the source's value satisfy the rule against the target's? Values of different types never
 * do. ret_extra may be NULL. */
bool rule_holds(uint32_t rule, const struct migcompat_value *source,
		const struct migcompat_value *target, uint64_t *ret_extra);
bool rule_is_range(const char *text, size_t len); /* is it "<min>-<max>"? */
/* Is a text one of "a,b,c", or within "<min>-<max>"? allowed NULL: anything is. */
bool rule_allows(const char *allowed, const char *text);

#endif
