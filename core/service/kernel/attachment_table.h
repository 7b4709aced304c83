/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is attached in the kernel, by the kernel's number and by the device's id. One thread. */
#ifndef CORE_SERVICE_KERNEL_ATTACHMENT_TABLE_H
#define CORE_SERVICE_KERNEL_ATTACHMENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service/kernel/retry.h"

struct attached {
	uint64_t attachment;
	uint64_t changed; /* how often something may have changed about it */
	uint64_t digest;  /* of what is published of it; 0: nothing yet */
	uint64_t scan;	  /* the last one that saw it */
	char *backend;	  /* name; NULL: not known yet */
	struct retry retry;
	bool is_type;
	char id[];
};

struct attached_table {
	struct attached **list; /* by number, ascending */
	size_t count;
	size_t room;
	void *by_id; /* search.h's tree */
};

/* -EEXIST: that id is there. -EINVAL: the number is not above all others. -ENOMEM. */
int attached_add(struct attached_table *table, uint64_t attachment, const char *id, bool is_type,
		 struct attached **ret);
struct attached *attached_find(const struct attached_table *table, uint64_t attachment);
struct attached *attached_find_id(const struct attached_table *table, const char *id);
int attached_set_backend(struct attached *attached, const char *backend);
void attached_remove(struct attached_table *table, struct attached *attached);
void attached_free(struct attached_table *table);

#endif
