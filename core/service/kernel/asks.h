/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions at /dev/migcompat, from the broker to the pool and back. They have a bound of their
 * own, are answered in their order, and keep no place of anything else. The broker does not tell
 * who asks, so it is the kernel module that bounds the sessions of one user; the bound here is that
 * of all its sessions, so that no user's questions have another's refused.
 */
#ifndef CORE_SERVICE_KERNEL_ASKS_H
#define CORE_SERVICE_KERNEL_ASKS_H

#include <systemd/sd-event.h>

#include "core/service/kernel/broker.h"
#include "core/service/pool.h"
#include "core/service/world.h"

#define ASKS_MAX (POOL_ASK_THREADS + POOL_ASK_JOBS)

struct asks;

/* event, pool and broker must live as long; the broker may be opened later. -errno. */
int asks_new(sd_event *event, struct pool *pool, const struct broker *broker, struct asks **ret);
/* No job of it may run any more: after the pool. Returns NULL; takes NULL. */
struct asks *asks_free(struct asks *asks);

/*
 * From any thread. One request, about that world, to which a reference is taken. With ASKS_MAX
 * under way the reply is EBUSY at once, which tells the session to ask again.
 */
void asks_put(struct asks *asks, struct world *world, const struct broker_request *request);
/*
 * From any thread. Nobody waits for it any more: if it does not run yet, its place is free again
 * soon.
 */
void asks_cancel(struct asks *asks, uint64_t id);

#endif
