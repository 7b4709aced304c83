/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's questions: reads and writes of migration_version, and questions at
 * /dev/migcompat. Finds the broker, attaches devices (publish.h) and reads questions. The
 * answer is a cached one, or comes from the queue of a backend or the pool. If the
 * kernel module is not loaded, the service waits for it.
 *
 * After a reload the new world answers. Which backend a device belongs to is known from
 * the scan before until the next scan is done. If the two do not match, the answer is
 * ENOTCONN. Stated facts (facts.d) are read with the policy, so cached and new answers
 * are about the same facts.
 */
#ifndef CORE_SERVICE_KERNEL_KERNEL_QUESTIONS_H
#define CORE_SERVICE_KERNEL_KERNEL_QUESTIONS_H

#include "core/service/events.h"
#include "core/service/pool.h"
#include "core/service/world.h"

#define KERNEL_STORE_NAME "broker" /* of the descriptor in systemd's store */

struct kernel_questions;

struct kernel_questions_options {
	sd_event *event;
	struct events *events;
	struct pool *pool;
	struct holds *holds;
	int passed; /* the broker from systemd's store, taken even on failure; -1: none */
	/*
	 * All devices are attached, or there is no kernel module. Called once, maybe
	 * before kernel_questions_new returns.
	 */
	void (*ready)(void *arg);
	void *arg;
};

/*
 * -EBUSY: another process has the broker. -EPERM, -EPROTONOSUPPORT, -ENOMEM or another
 * error: the module cannot be used. It is no error if the module is not loaded.
 */
int kernel_questions_new(const struct kernel_questions_options *options, struct world *world,
			 struct kernel_questions **ret, struct error *err);
/*
 * Answer with this policy and these backends from now on. Types and parameters of devices
 * follow after the next scan.
 */
void kernel_questions_reload(struct kernel_questions *kernel, struct world *world);
/* Read no more questions. The kernel keeps them for the next service. */
void kernel_questions_drain(struct kernel_questions *kernel);
/*
 * Call it after pool_free. Waits for questions that are being answered, at most so long.
 * If some are left, returns kernel, and all that it uses must stay. Otherwise NULL; takes
 * NULL.
 */
struct kernel_questions *kernel_questions_free(struct kernel_questions *kernel, unsigned wait_ms);

#endif
