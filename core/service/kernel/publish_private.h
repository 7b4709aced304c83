/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by publish.c, which decides what to scan and when, and publish_apply.c, which
 * carries out what a scan found.
 */
#ifndef CORE_SERVICE_KERNEL_PUBLISH_PRIVATE_H
#define CORE_SERVICE_KERNEL_PUBLISH_PRIVATE_H

#include <pthread.h>

#include "core/service/kernel/publish.h"
#include "core/service/kernel/retry_list.h"
#include "core/service/rescan.h"

struct publisher {
	struct publisher_options options;
	pthread_mutex_t lock; /* guards the next three, which only the loop's thread changes */
	struct attachment_table table;
	struct retry_list retries;
	uint64_t host_changed; /* how often all devices may have changed */
	struct rescan *rescan;
	struct attachment_scan scan;  /* the scan's thread's while it runs */
	uint64_t number;              /* of the last scan that was applied */
	sd_event_source *retry_timer; /* until a device is to be scanned again */
	bool full;                    /* "no space" was logged already */
};

/* True if it is still attached. Attachment numbers are never reused. */
bool publisher_is_attached(struct publisher *publisher, uint64_t attachment);
/* Drop an attachment that is no longer there. Call under the lock. */
void publisher_forget(struct publisher *publisher, struct attachment *attachment);
/*
 * Apply what the scan of this set found, and detach what it should have found and did
 * not. Takes the lock. stale: the scan used the backends of another world. False: the
 * kernel or the service lacked memory for some devices, which are due again.
 */
bool publisher_apply(struct publisher *publisher, const struct rescan_set *set, bool stale);

#endif
