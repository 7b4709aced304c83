/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps the kernel's attachments equal to this host's devices: at start, and after each
 * event that may have changed a device. Scans run in the pool; the table and the broker's
 * commands belong to the event loop's thread.
 *
 * A device whose scan gave no answer is scanned again (retry.h). Until then its type
 * reads as EIO, or as before if only its backend could not be asked. A scan that fails as
 * a whole is repeated after 1 s, and after twice as long each further time, up to 64 s.
 */
#ifndef CORE_SERVICE_KERNEL_PUBLISH_H
#define CORE_SERVICE_KERNEL_PUBLISH_H

#include "core/service/events.h"
#include "core/service/kernel/attachment_table.h"
#include "core/service/kernel/broker.h"
#include "core/service/pool.h"
#include "core/service/world.h"

struct publisher;

struct publisher_options {
	sd_event *event;
	struct events *events;
	struct pool *pool;
	struct broker *broker;
	/* Called on the loop after each scan of all devices, even if it failed. */
	void (*scanned)(void *arg);
	void *arg;
};

/* Adopts what an earlier service attached, and begins a scan of all devices. */
int publisher_new(const struct publisher_options *options, struct world *world,
		  struct publisher **ret, struct error *err);
/* No scan may run: after the pool is freed. Returns NULL; takes NULL. */
struct publisher *publisher_free(struct publisher *publisher);

/* Scan all devices again, with other backends or another policy. */
void publisher_reload(struct publisher *publisher, struct world *world);

#define PUBLISHER_BACKEND_MAX 32u

struct publisher_device {
	char id[MIGCOMPAT_BROKER_NAME_MAX + 1];
	char backend[PUBLISHER_BACKEND_MAX + 1];
	uint64_t changed; /* grows whenever the device or its host may have changed */
};
/* Any thread. False: no such attachment, or its backend is not known yet. */
bool publisher_find(struct publisher *publisher, uint64_t attachment, struct publisher_device *ret);
size_t publisher_count(struct publisher *publisher);

#endif
