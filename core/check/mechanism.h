/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Can driver and kernel move a device's state at all, and who says so? Pure functions over facts
 * and what a backend said. Must not know a driver or a vendor.
 */
#ifndef CORE_CHECK_MECHANISM_H
#define CORE_CHECK_MECHANISM_H

#include "core/backend/provider.h"
#include "core/policy/policy.h"

/* Who says it, from the weakest evidence to the strongest. */
enum mechanism_source {
	MECHANISM_NONE = 0,
	MECHANISM_DRIVER = 1,  /* the table of drivers, which a fallback backend has */
	MECHANISM_BACKEND = 2, /* the backend that knows the device */
	MECHANISM_KERNEL = 3,  /* VFIO's debugfs */
	MECHANISM_SOURCE_COUNT,
};

/* Texts belong to whoever said them: the device's facts, an open device, or nobody. */
struct mechanism {
	uint32_t state; /* enum migcompat_state */
	enum mechanism_source source;
	const char *features; /* as the kernel lists them, one a line; NULL: not known */
	const char *text;     /* a sentence, or ""; never NULL once it was weighed */
};

/* What a backend says of it. Zeroed: nothing. */
struct mechanism_claim {
	uint32_t state;
	const char *text; /* or NULL */
	bool fallback;
};

/* All evidence in one: the kernel's word, otherwise the claim. */
void mechanism_weigh(const struct device *device, const struct mechanism_claim *claim,
		     struct mechanism *ret);
/* The claim of an open device, or of one that was not opened: provider NULL, or r and why. */
struct mechanism_claim mechanism_claim_open(const struct opened *opened);
struct mechanism_claim mechanism_claim_closed(const struct provider *provider, int r,
					      const char *why);

/* Does the mode refuse a device that is judged? */
bool mechanism_refuses(enum policy_mechanism mode, uint32_t state);
/* What a verdict says of it. */
void mechanism_sentence(const struct mechanism *mechanism, char *buffer, size_t size);
/* The mode as an error: 0, or -ENODEV with the sentence. */
int mechanism_judge(enum policy_mechanism mode, const struct mechanism *mechanism,
		    struct error *err);

const char *mechanism_source_name(enum mechanism_source source);

#endif
