/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's questions: what is written to and read from migration_version, and asked through
 * /dev/migcompat. Where the kernel module is not loaded, it is waited for.
 */
#ifndef CORE_SERVICE_KERNEL_KERNEL_QUESTIONS_H
#define CORE_SERVICE_KERNEL_KERNEL_QUESTIONS_H

#include "core/service/events.h"
#include "core/service/pool.h"
#include "core/service/world.h"

#define KERNEL_STORE_NAME "broker" /* of the descriptor in systemd's store */

struct kernel;

struct kernel_options {
	sd_event *event;
	struct events *events;
	struct pool *pool;
	struct holds *holds;
	int passed; /* the broker's descriptor from the store, taken in any case; -1: none */
	/* All devices are attached, or there is no kernel module. Called once, maybe from within
	 * kernel_new. */
	void (*ready)(void *arg);
	void *arg;
};

/* -EBUSY: another service has the broker; or why the module cannot be spoken to. That it is not
 * loaded is no error. */
int kernel_new(const struct kernel_options *options, struct world *world, struct kernel **ret,
	       struct error *err);
/* Another policy, other backends: in force on return. What backends say of types and parameters
 * follows once all devices were looked at. */
void kernel_reload(struct kernel *kernel, struct world *world);
/* Take no more questions. Those that were not taken wait for the next service. */
void kernel_drain(struct kernel *kernel);
/* After the pool. Waits for what is being answered, for at most so long; then it, and what it uses,
 * must stay. NULL; takes NULL. */
struct kernel *kernel_free(struct kernel *kernel, unsigned wait_ms);

/* How many devices and types are attached. */
size_t kernel_count(const struct kernel *kernel);

#endif
