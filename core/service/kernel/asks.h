/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions at /dev/migcompat, from the broker to the pool and back. They start in the
 * order in which they came, and have threads of their own in the pool, so they delay no
 * other work.
 *
 * The broker does not say which user asks, so the kernel module bounds the sessions of
 * each user. The bound here is that of all sessions: no user can have the questions of
 * another one refused.
 */
#ifndef CORE_SERVICE_KERNEL_ASKS_H
#define CORE_SERVICE_KERNEL_ASKS_H

#include <systemd/sd-event.h>

#include "core/service/kernel/broker.h"
#include "core/service/pool.h"
#include "core/service/world.h"

#define ASKS_MAX (POOL_ASK_THREADS + POOL_ASK_JOBS)

struct asks;

/* event, pool and broker must outlive it; the broker may be opened later. -errno. */
int asks_new(sd_event *event, struct pool *pool, const struct broker *broker, struct asks **ret);
/* After pool_free: no job may run any more. Takes NULL, returns NULL. */
struct asks *asks_free(struct asks *asks);

/*
 * Answer this question in this world, to which a reference is taken. If ASKS_MAX are
 * pending, the reply is EBUSY at once, and the session may ask again. The string is
 * copied. From any thread.
 */
void asks_put(struct asks *asks, struct world *world, const struct broker_request *request);
/*
 * Nobody waits for this answer any more. A question that does not run yet is dropped.
 * From any thread.
 */
void asks_cancel(struct asks *asks, uint64_t id);

#endif
