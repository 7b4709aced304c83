/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Write and ask": all devices and creatable types that a source's state could move to, preferred
 * first. */
#ifndef CORE_CHECK_ASK_H
#define CORE_CHECK_ASK_H

#include "core/check/check.h"

struct choice {
	const struct device *device;
	enum verdict_grade grade;   /* GRADE_NONE: forced by a policy */
	uint64_t extra;		    /* resources beyond the source's */
	struct mechanism mechanism; /* the target's */
	uint32_t availability;	    /* enum migcompat_state */
	const char *text;	    /* why it is not available, or NULL */
	const char *candidate; /* what would have to be set, "aggregated_instances=2"; or NULL */
	char type[MIGCOMPAT_PREFIX_MAX + 2];
};

/* A device of the source's backend that could not be asked: shown, so that a missing choice is
 * never a riddle. */
struct unanswered {
	const struct device *device;
	const char *text;
};

/* One that said no, and its availability all the same. */
struct refused {
	const struct device *device;
	uint32_t limit; /* enum migcompat_limit; MIGCOMPAT_LIMIT_NONE: it can be no target at all */
	uint32_t availability;
	const char *available; /* why it is not available, or NULL */
	const char *text;
};

enum ask_flags {
	ASK_REFUSED = 1, /* also keep those that said no */
	ASK_OTHERS =
		2, /* and keep with them those of other backends and those that nobody serves */
	ASK_AVAILABLE = 4,   /* one that is known to be taken says no */
	ASK_OTHER_HOSTS = 8, /* none of the source's own host */
};

struct answer {
	struct choice *choices; /* in order of preference: identical first, then fewest extra
				   resources, available before not, movable before not */
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

/*
 * text is the source's version string; source its device, or NULL for a bare string. The source is
 * never its own choice. host: only that host's devices, or NULL. flags: enum ask_flags;
 * ASK_OTHER_HOSTS needs a source. Returns 0 also if there is no choice; -errno with a sentence if
 * nothing could be asked.
 */
int ask_text(const struct engine *engine, const struct device *source, const char *text, size_t len,
	     const char *host, unsigned flags, struct answer *ret, struct error *err);
/* As above from a device; the errors of opening it, -ENODEV where it can be no source. */
int ask_device_with(const struct engine *engine, const struct device *source, const char *host,
		    unsigned flags, struct answer *ret, struct error *err);
/* The same without flags. */
int ask_device(const struct engine *engine, const struct device *source, const char *host,
	       struct answer *ret, struct error *err);
void answer_free(struct answer *answer);

#endif
