/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mechanism: can driver and kernel move a device's state, and who says so? The
 * evidence is, in this order: the kernel's word in VFIO's debugfs, the backend's, and
 * that of a fallback backend. Pure functions. Must not know a driver or a vendor.
 *
 * In debugfs a file that exists is a yes, and a folder without it is a no. If the folder
 * cannot be read, or the facts were not collected, the kernel says nothing. Variant
 * drivers from modules.alias go into sentences only.
 */
#ifndef CORE_CHECK_MECHANISM_H
#define CORE_CHECK_MECHANISM_H

#include "core/backend/provider.h"
#include "core/policy/policy.h"

/* The source of the evidence, from weak to strong. */
enum mechanism_source {
	MECHANISM_NONE = 0,
	MECHANISM_DRIVER = 1,  /* a fallback backend's table of drivers */
	MECHANISM_BACKEND = 2, /* the device's backend */
	MECHANISM_KERNEL = 3,  /* VFIO's debugfs */
	MECHANISM_SOURCE_COUNT,
};

/* Texts belong to the device's facts, an open device, or an error, or are constants. */
struct mechanism {
	uint32_t state; /* enum migcompat_state */
	enum mechanism_source source;
	const char *features; /* one a line, as the kernel lists them; NULL: not known */
	const char *text;     /* a sentence or ""; not NULL after mechanism_weigh */
};

/* What a backend says. Zeroed: nothing. */
struct mechanism_claim {
	uint32_t state;
	const char *text; /* or NULL */
	bool fallback;
};

/* Weigh the evidence: the kernel's word, otherwise the claim. */
void mechanism_weigh(const struct device *device, const struct mechanism_claim *claim,
		     struct mechanism *ret);
/*
 * The claim of an open device, or of one that could not be opened: r is the error and why
 * its text. provider may be NULL.
 */
struct mechanism_claim mechanism_claim_open(const struct opened *opened);
struct mechanism_claim mechanism_claim_closed(const struct provider *provider, int r,
					      const char *why);

/* Does the mode refuse a device of this state? */
bool mechanism_refuses(enum policy_mechanism mode, uint32_t state);
/* Render the sentence for a verdict. */
void mechanism_sentence(const struct mechanism *mechanism, char *buffer, size_t size);
/* Judge by the mode: 0, or -ENODEV with the sentence. */
int mechanism_judge(enum policy_mechanism mode, const struct mechanism *mechanism,
		    struct error *err);

const char *mechanism_source_name(enum mechanism_source source);

#endif
