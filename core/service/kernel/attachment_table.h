/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This host's attachments in the kernel, by number and by device id. Not thread-safe. */
#ifndef CORE_SERVICE_KERNEL_ATTACHMENT_TABLE_H
#define CORE_SERVICE_KERNEL_ATTACHMENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service/kernel/retry.h"

struct attachment {
	uint64_t number;  /* the kernel's */
	uint64_t changed; /* how often the device may have changed */
	uint64_t digest;  /* of what was published; 0: nothing yet */
	uint64_t scan;    /* number of the last scan that found the device */
	char *backend;    /* name; NULL: not known yet */
	struct retry retry;
	bool is_type;
	char id[];
};

/* Zeroed, it is empty. */
struct attachment_table {
	struct attachment **list; /* by number, ascending */
	size_t count;
	size_t room;
	void *by_id; /* tree of search.h */
};

/*
 * -EEXIST: the id is in the table. -EINVAL: the number is not above all others. -ENOMEM.
 */
int attachment_add(struct attachment_table *table, uint64_t number, const char *id, bool is_type,
		   struct attachment **ret);
struct attachment *attachment_find(const struct attachment_table *table, uint64_t number);
struct attachment *attachment_find_id(const struct attachment_table *table, const char *id);
/* -ENOMEM: the old name stays. */
int attachment_set_backend(struct attachment *attachment, const char *backend);
void attachment_remove(struct attachment_table *table, struct attachment *attachment);
void attachment_table_free(struct attachment_table *table);

#endif
