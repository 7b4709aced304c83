/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of holds in memory, sorted by device, then host. Zeroed, it is empty. */
#ifndef CORE_CHECK_HOLD_LIST_H
#define CORE_CHECK_HOLD_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/facts/error.h"

#define HOLDS_MAX 4096u
#define HOLD_REASON_BYTES 512u
#define HOLD_NAME_BYTES 1024u /* of a device and of a host */

struct hold {
	char *host;
	char *device;
	char *reason;
};

struct hold_list {
	struct hold *list;
	size_t count;
};

void hold_list_free(struct hold_list *list);
/* -ENOMEM. */
int hold_list_copy(const struct hold_list *list, struct hold_list *ret);

/* The index of a hold, or where it would be inserted: *ret_there tells which. */
size_t hold_list_index(const struct hold_list *list, const char *host, const char *device,
		       bool *ret_there);
/*
 * The index of the hold that DEVICE or HOST//DEVICE means. -ENOENT: it is not held. -ENOTUNIQ: it
 * is held on two hosts, and err names both.
 */
int hold_list_find(const struct hold_list *list, const char *name, size_t *ret, struct error *err);

/*
 * Add a hold, or replace the reason of one. On an error the list does not change. -EINVAL: the
 * reason or a name is not valid; -ENOSPC: HOLDS_MAX; -ENOMEM.
 */
int hold_list_put(struct hold_list *list, const char *host, const char *device, const char *reason,
		  struct error *err);
void hold_list_remove(struct hold_list *list, size_t index);

/* Is it UTF-8 without control characters, not blank, and at most HOLD_REASON_BYTES long? */
bool hold_reason_valid(const char *reason);

#endif
