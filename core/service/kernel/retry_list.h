/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which attachments are to be scanned again, and when (retry.h). The owner's lock guards
 * the list together with the attachment table.
 */
#ifndef CORE_SERVICE_KERNEL_RETRY_LIST_H
#define CORE_SERVICE_KERNEL_RETRY_LIST_H

#include "core/service/kernel/attachment_scan.h"
#include "core/service/kernel/attachment_table.h"

/* Zeroed is a valid start. */
struct retry_list {
	struct paced_backend *paced; /* backends whose devices are scanned at a lower rate */
	size_t count;
};

/*
 * Record the outcome of a device's scan for its backend. Without memory the backend is
 * not slowed down.
 */
void retry_list_backend(struct retry_list *list, const char *backend, enum scan_outcome outcome,
			uint64_t now_us);
/* Record it for the device, after the device is in the table. */
void retry_list_device(struct attachment *attachment, enum scan_outcome outcome, uint64_t now_us);

/*
 * True if the device must not be scanned yet. attachment: NULL if it is not in the table.
 */
bool retry_list_waits(const struct retry_list *list, const struct attachment *attachment,
		      const char *backend, uint64_t now_us);
/*
 * Iterate over the devices that are due, those that ended a worker last. *at starts at 0.
 * NULL: the end.
 */
struct attachment *retry_list_due(const struct retry_list *list,
				  const struct attachment_table *table, size_t *at,
				  uint64_t now_us);
/* When the next device is due; UINT64_MAX: never. */
uint64_t retry_list_next(const struct retry_list *list, const struct attachment_table *table);

/* Drop all delays, since a new world has new workers. */
void retry_list_forget(struct retry_list *list, struct attachment_table *table);
void retry_list_free(struct retry_list *list);

#endif
