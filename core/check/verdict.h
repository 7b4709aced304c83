/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer: verdict, grade, limit, errno and findings. Its memory is allocated once and reused.
 * Text is made only when it is read.
 */
#ifndef CORE_CHECK_VERDICT_H
#define CORE_CHECK_VERDICT_H

#include <stdbool.h>

#include "core/check/mechanism.h"
#include "core/check/version_string.h"
#include "core/facts/error.h"
#include "core/facts/model.h"
#include "core/finding/result.h"
#include "migcompat/migcompat.h"

#define VERDICT_RULES_MAX 64u /* names of policy rules */

enum verdict_grade {
	GRADE_NONE = 0,
	GRADE_IDENTICAL = 1,
	GRADE_SUPERSET = 2,
};

#define FINGERPRINT_SIZE 33u /* 32 hex digits and the zero */

/* Source or target. device is NULL for a bare string. */
struct verdict_side {
	const struct device *device;
	enum migcompat_kind kind;
	bool kind_known;
	char type[MIGCOMPAT_PREFIX_MAX + 2]; /* NAMESPACE:TYPE; empty: unknown */
	char fingerprint[FINGERPRINT_SIZE];  /* empty: none */
	bool weighed; /* the mechanism is set and counts; false for a bare string */
	struct mechanism mechanism;
};

struct migcompat_verdict {
	struct migcompat_result result;
	enum migcompat_verdict_code code;
	enum verdict_grade grade;
	uint32_t limit; /* enum migcompat_limit; NONE unless incompatible */
	int error;      /* negative errno; 0 if compatible */
	bool forced;
	const char *rules[VERDICT_RULES_MAX]; /* that matched; they live as long as the policy */
	size_t nrules;
	struct error text; /* the sentence of an error or "not-migratable" */
	struct verdict_side source;
	struct verdict_side target;
};

/* Start a new question. A zeroed verdict is valid. -ENOMEM. */
int verdict_reset(struct migcompat_verdict *verdict);
void verdict_clear(struct migcompat_verdict *verdict);

/* Let the side be a device. */
void verdict_side_device(struct verdict_side *side, const struct device *device);

/*
 * Copy the mechanisms' texts, which belong to open devices and errors. Once for each question, if
 * the verdict outlives those.
 */
void verdict_keep(struct migcompat_verdict *verdict);

/* Make the verdict an error; code is a negative errno. Returns 0, since that is an answer. */
int verdict_fail(struct migcompat_verdict *verdict, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Make it "not-migratable". This replaces only the error that no backend serves a device
 * (-ENOTCONN). */
int verdict_not_migratable(struct migcompat_verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Set code, grade, limit and errno by the findings, unless the verdict is an error or
 * "not-migratable" already.
 */
void verdict_settle(struct migcompat_verdict *verdict);

/*
 * Make the verdict an error (ESTALE) if the target's fingerprint is not the expected one: the
 * target has changed, so no earlier answer holds. expected NULL: any fingerprint will do.
 */
void verdict_expect(struct migcompat_verdict *verdict, const char *expected);

/* The exit status of a program: 0, 1 or 2. */
int verdict_status(const struct migcompat_verdict *verdict);

/* One sentence; "" if compatible. */
const char *verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size);

/*
 * The worse side's mechanism; the source's, if both are equal. *ret_side is "source" or "target".
 * If no side was weighed, *ret_side is NULL and the mechanism is unknown.
 */
const struct mechanism *verdict_mechanism(const struct migcompat_verdict *verdict,
					  const char **ret_side);

/* "compatible", "incompatible", "not-migratable", "error" */
const char *verdict_name(enum migcompat_verdict_code code);
const char *grade_name(enum verdict_grade grade); /* "identical", "superset"; NULL */

#endif
