/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to scan devices again. Ids, or "all devices", become due; one scan at a time runs
 * in a thread of the pool; what becomes due during a scan is scanned after it. A scan
 * that failed, or that got no thread, is repeated after 1 s, and its devices stay due.
 * The pause doubles with each further failure up to a limit.
 *
 * The owner says what a scan is. Except for the scan itself, all of it runs in the event
 * loop's thread.
 */
#ifndef CORE_SERVICE_RESCAN_H
#define CORE_SERVICE_RESCAN_H

#include "core/service/pool.h"
#include "core/service/world.h"

#define RESCAN_IDS_MAX 64u /* if more are due, all devices are */

struct rescan_set {
	bool all; /* then the ids do not matter */
	char *ids[RESCAN_IDS_MAX];
	size_t nids;
};

/* How a scan ended. */
struct rescan_result {
	const struct rescan_set *set;
	int r;      /* what scan returned */
	bool stale; /* the scan began before the last rescan_start or rescan_stop */
};

struct rescan_options {
	sd_event *event;
	struct pool *pool;
	uint64_t window_us; /* wait so long for further changes before a scan */
	unsigned pace;      /* no scan of all begins for pace times as long as the last one took */
	unsigned retry_doublings; /* of the pause after failures */
	/* In a thread. The world is the one of rescan_start. -errno with a sentence. */
	int (*scan)(void *arg, struct world *world, const struct rescan_set *set,
		    struct error *err);
	/*
	 * Called after each scan. False: some devices are due again for lack of memory;
	 * the owner added them, and there is a pause as after a failure. May call
	 * rescan_all and rescan_id.
	 */
	bool (*done)(void *arg, const struct rescan_result *result);
	void *arg;
};

struct rescan;

/* Nothing is scanned before rescan_start. */
int rescan_new(const struct rescan_options *options, struct rescan **ret, struct error *err);
/* No scan may run: after the pool is freed. Returns NULL; takes NULL. */
struct rescan *rescan_free(struct rescan *rescan);

/* Scan all devices now, without a pause, and use this world for all later scans. */
void rescan_start(struct rescan *rescan, struct world *world);
/* Scan nothing until the next start. */
void rescan_stop(struct rescan *rescan);

/* All devices, or the device of this id, may have changed. Ignored while stopped. */
void rescan_all(struct rescan *rescan);
void rescan_id(struct rescan *rescan, const char *id);
/* True if one more id would make all devices due, or they are already. */
bool rescan_is_full(const struct rescan *rescan);

#endif
