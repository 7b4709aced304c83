/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to look at devices again, and the looks themselves, in a thread: soon after something was
 * said to have changed, and from time to time where changes are not announced. What comes close
 * together is looked at once, and however much happens, looks at all devices take a tenth of a
 * processor at most. Of the loop's thread.
 */
#ifndef CORE_SERVICE_WATCH_RESCAN_H
#define CORE_SERVICE_WATCH_RESCAN_H

#include "core/service/varlink/call.h"
#include "core/service/pool.h"
#include "core/service/watch/device_snapshot.h"

#define LOOKS_WINDOW_US 100000u	   /* that a change is waited with for others */
#define LOOKS_INTERVAL_US 5000000u /* between looks for changes that nobody announces */
#define LOOKS_NAMES_MAX 64u	   /* of single devices; more are a look at all */

struct look {
	bool all;
	char *names[LOOKS_NAMES_MAX]; /* else these were looked for */
	size_t nnames;
	struct seen_list found; /* sorted; may be taken away */
};

struct looks_options {
	sd_event *event;
	struct pool *pool;
	const struct call_context *context; /* whose world is looked at */
	void (*looked)(
		void *arg,
		struct look *look); /* what is there, of the world that is the context's now */
	void *arg;
};

struct looks;

int looks_new(const struct looks_options *options, struct looks **ret, struct error *err);
/* Once its job runs no more. Returns NULL; takes NULL. */
struct looks *looks_free(struct looks *looks);

/* Begin with a look at all, and go on until looks_stop. Also: another world counts from now on. */
void looks_start(struct looks *looks);
void looks_stop(struct looks *looks);

/* Everything, or the device of this id, may have changed. Nothing where no looks are wanted. */
void looks_all(struct looks *looks);
void looks_one(struct looks *looks, const char *id);

#endif
