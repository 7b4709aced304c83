/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps what is attached in the kernel as this host's devices are: at the start, and after each
 * event that may have changed something. Looking and asking backends is the pool's; the table and
 * the broker's commands are the loop's.
 *
 * A look that gave no answer is repeated (retry.h); so is a scan that failed, or that had no
 * thread, after 1 s and then after twice as long each time up to 64 s. Until then a device has the
 * error EIO in place of its type, or what it had before if only its backend could not be asked.
 */
#ifndef CORE_SERVICE_KERNEL_PUBLISH_H
#define CORE_SERVICE_KERNEL_PUBLISH_H

#include "core/service/kernel/attachment_table.h"
#include "core/service/kernel/broker.h"
#include "core/service/events.h"
#include "core/service/pool.h"
#include "core/service/world.h"

struct attach;

struct attach_options {
	sd_event *event;
	struct events *events;
	struct pool *pool;
	struct broker *broker;
	/* The table is as this host's devices are now. Called after each scan of all, on the loop.
	 */
	void (*whole)(void *arg);
	void *arg;
};

/* Takes over what is attached already, and looks at all devices. */
int attach_new(const struct attach_options *options, struct world *world, struct attach **ret,
	       struct error *err);
/* A job of the pool may be under way: the pool must be freed before. Returns NULL; takes NULL. */
struct attach *attach_free(struct attach *attach);

/* Other backends, another policy: look at all devices again. */
void attach_reload(struct attach *attach, struct world *world);

#define ATTACH_BACKEND_MAX 32u

struct attach_seen {
	char id[MIGCOMPAT_BROKER_NAME_MAX + 1];
	char backend[ATTACH_BACKEND_MAX + 1];
	uint64_t changed; /* how often something may have changed about it, whatever it was; only
			     grows */
};
/* From any thread. False: that number is not attached, or nobody serves it. */
bool attach_look(struct attach *attach, uint64_t attachment, struct attach_seen *ret);
size_t attach_count(struct attach *attach);

#endif
