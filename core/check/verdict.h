/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer: verdict, grade, limit, errno, findings and what stands beside them. Its memory is
 * taken once and reused; words are made when somebody reads them.
 */
#ifndef CORE_CHECK_VERDICT_H
#define CORE_CHECK_VERDICT_H

#include <stdbool.h>

#include "core/finding/result.h"
#include "core/check/mechanism.h"
#include "core/check/version_string.h"
#include "core/facts/error.h"
#include "core/facts/model.h"

#define VERDICT_RULES_MAX 64u /* names of policy rules that are kept */

/* In the order in which they are worse. */
enum verdict_code {
	VERDICT_COMPATIBLE = 0,
	VERDICT_INCOMPATIBLE = 1,
	VERDICT_NOT_MIGRATABLE = 2,
	VERDICT_ERROR = 3,
};

enum verdict_grade {
	GRADE_NONE = 0,
	GRADE_IDENTICAL = 1,
	GRADE_SUPERSET = 2,
};

#define FINGERPRINT_SIZE 33u /* 32 hex digits and the zero */

/* A side as far as it is known; device is NULL for a bare string. */
struct verdict_side {
	const struct device *device;
	enum migcompat_kind kind;
	bool kind_known;
	char type[MIGCOMPAT_PREFIX_MAX + 2]; /* NAMESPACE:TYPE; empty: unknown */
	char fingerprint[FINGERPRINT_SIZE];  /* empty: none */
	bool weighed; /* its mechanism is known and counts: not a bare string's */
	struct mechanism mechanism;
};

struct migcompat_verdict {
	struct migcompat_result result;
	enum verdict_code code;
	enum verdict_grade grade;
	uint32_t limit; /* enum migcompat_limit of an incompatible one */
	int error;	/* negative errno; 0 where compatible */
	bool forced;
	const char *rules[VERDICT_RULES_MAX]; /* of the policy, which must live as long */
	size_t nrules;
	struct error text; /* the sentence of "error" and "not-migratable" */
	struct verdict_side source;
	struct verdict_side target;
};

/* Zeroed is a valid start. -ENOMEM. */
int verdict_reset(struct migcompat_verdict *verdict);
void verdict_clear(struct migcompat_verdict *verdict);

/* The side is this device. */
void verdict_side_device(struct verdict_side *side, const struct device *device);

/*
 * Keep what open devices and errors said of mechanisms, which goes with them. Once a question, for
 * a verdict that outlives them.
 */
void verdict_keep(struct migcompat_verdict *verdict);

/* End with an error (code negative) or as not migratable; returns 0, since that is an answer. */
int verdict_fail(struct migcompat_verdict *verdict, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Goes before an error that says only that no backend serves a device (-ENOTCONN). */
int verdict_not_migratable(struct migcompat_verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Settle code, grade, limit and errno from the findings, unless an error or "not-migratable" was
 * said before. */
void verdict_settle(struct migcompat_verdict *verdict);

/*
 * A target whose fingerprint is not the wished one is another than what was asked about before: no
 * earlier answer holds, and the verdict becomes an error, ESTALE. wished NULL: any will do.
 */
void verdict_expect(struct migcompat_verdict *verdict, const char *wished);

/* The exit status of a program: 0, 1 or 2. */
int verdict_status(const struct migcompat_verdict *verdict);

/* One sentence; "" where compatible without a doubt. */
const char *verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size);

/*
 * The worse side's mechanism, the source's if both are alike. ret_side: "source" or "target"; NULL,
 * with a mechanism of which nothing is known: no side was weighed.
 */
const struct mechanism *verdict_mechanism(const struct migcompat_verdict *verdict,
					  const char **ret_side);

const char *
verdict_name(enum verdict_code code); /* "compatible", "incompatible", "not-migratable", "error" */
const char *grade_name(enum verdict_grade grade); /* "identical", "superset"; NULL */

#endif
