/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the attached devices are to be looked at again (retry.h), and when. One thread at a
 * time: the owner's lock guards it together with the table.
 */
#ifndef CORE_SERVICE_KERNEL_RETRY_LIST_H
#define CORE_SERVICE_KERNEL_RETRY_LIST_H

#include "core/service/kernel/attachment_table.h"
#include "core/service/kernel/attachment_scan.h"

/* Zeroed is a valid start. */
struct again {
	struct paced *list; /* backends whose looks are slowed down */
	size_t count;
};

/*
 * A look at a device of this backend had this outcome. Without memory the backend is not slowed
 * down, and that is all.
 */
void again_backend(struct again *again, const char *backend, enum scan_outcome outcome,
		   uint64_t now_us);
/* The same of the device, once it is in the table. */
void again_device(struct attached *attached, enum scan_outcome outcome, uint64_t now_us);

/* Is no look at it due yet? attached: NULL where it is not in the table. */
bool again_waits(const struct again *again, const struct attached *attached, const char *backend,
		 uint64_t now_us);
/*
 * The next device whose look is due: those that ended no worker first. *at begins as 0. NULL: no
 * other is due.
 */
struct attached *again_due(const struct again *again, const struct attached_table *table,
			   size_t *at, uint64_t now_us);
/* When the next look is due; UINT64_MAX: none will be. */
uint64_t again_next(const struct again *again, const struct attached_table *table);

/* Workers are others by now: all can be looked at. */
void again_forget(struct again *again, struct attached_table *table);
void again_free(struct again *again);

#endif
