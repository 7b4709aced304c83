/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of attach share: attach.c decides what is looked at and when, attach_apply.c
 * carries out what was found.
 */
#ifndef CORE_SERVICE_KERNEL_PUBLISH_PRIVATE_H
#define CORE_SERVICE_KERNEL_PUBLISH_PRIVATE_H

#include <pthread.h>

#include "core/service/kernel/retry_list.h"
#include "core/service/kernel/publish.h"

#define IDS_MAX 64u /* of one scan; more are looked at by one of all */

struct attach {
	struct pool_job job; /* first, so that the job leads here */
	struct attach_options options;
	pthread_mutex_t lock; /* guards the next three, which only the loop's thread changes */
	struct attached_table table;
	struct again again;
	uint64_t host_changed; /* how often something may have changed for all */
	struct world *world;   /* that scans begin with */
	uint64_t number;       /* of the last scan */
	/* What the next scan is to look at: */
	char *ids[IDS_MAX];
	size_t nids;
	bool all;
	sd_event_source *timer; /* until the next scan may begin, or a look is due */
	uint64_t not_before;	/* of the monotonic clock: no scan begins before this */
	unsigned failures;	/* of scans as a whole, in a row */
	/* The present one's, while it is under way: */
	bool scanning;
	bool of_all;
	bool incomplete; /* a device of it is wanted again, for lack of memory */
	struct world *scanned;
	char *scan_ids[IDS_MAX];
	size_t scan_nids;
	struct scan scan;
	struct error err;
	int r;
	bool full; /* said so already */
};

/* In attach.c: the next scan is to look at this device, or at all. */
void attach_want(struct attach *attach, const char *id);

/* In attach_apply.c. Is it attached still? Its number is never another's. */
bool attach_lives(struct attach *attach, uint64_t attachment);
/* Under the lock. It is not attached any more. */
void attach_forget(struct attach *attach, struct attached *attached);
/* Takes the lock. What the scan should have found and did not is detached. */
void attach_apply(struct attach *attach);

#endif
