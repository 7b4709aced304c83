/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Ask": all devices and creatable types that can take a source's state, preferred ones first. */
#ifndef CORE_CHECK_ASK_H
#define CORE_CHECK_ASK_H

#include "core/check/check.h"

struct choice {
	const struct device *device;
	enum verdict_grade grade;   /* GRADE_NONE: forced by a policy */
	uint64_t extra;             /* resources beyond the source's */
	struct mechanism mechanism; /* the target's */
	uint32_t availability;      /* enum migcompat_state */
	const char *text;           /* why it is not available, or NULL */
	const char *candidate;      /* what would be set, "aggregated_instances=2"; or NULL */
	char type[MIGCOMPAT_PREFIX_MAX + 2];
};

/* A device of the source's backend that could not answer. It may be a choice. */
struct unanswered {
	const struct device *device;
	const char *text;
};

/* A device that cannot take the state. */
struct refused {
	const struct device *device;
	uint32_t limit; /* enum migcompat_limit; MIGCOMPAT_LIMIT_NONE: it is no target at all */
	uint32_t availability;
	const char *available; /* why it is not available, or NULL */
	const char *text;
};

enum ask_flags {
	ASK_REFUSED = 1,     /* list refused devices of the source's backend */
	ASK_OTHERS = 2,      /* and those of other backends, or of none */
	ASK_AVAILABLE = 4,   /* refuse devices that are known not to be available */
	ASK_OTHER_HOSTS = 8, /* leave out the source's host; needs a source */
};

struct answer {
	/* Identical first, then fewest extra resources, then available, then movable. */
	struct choice *choices;
	size_t nchoices;
	struct unanswered *unanswered;
	size_t nunanswered;
	struct refused *refused;
	size_t nrefused;
	size_t asked; /* devices of the source's backend */
	unsigned flags;
	struct verdict_side source;
	struct arena arena;
};

struct ask_question {
	const struct device *source; /* is never its own choice; NULL: a bare string */
	const char *text;            /* the version string; NULL: that of source */
	size_t len;
	const char *host; /* only devices of this host; NULL: of all */
	unsigned flags;   /* enum ask_flags */
};

/*
 * Ask every device. 0: also if there is no choice. Errors: the string is malformed; opening the
 * source failed; -ENODEV, if it can be no source; -ENOMEM, since an answer without one device may
 * be wrong.
 */
int ask_targets(const struct engine *engine, const struct ask_question *question,
		struct answer *ret, struct error *err);
void answer_free(struct answer *answer);

#endif
