/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The holds on disk: one JSON document, replaced as a whole. */
#ifndef CORE_CHECK_HOLDS_FILE_H
#define CORE_CHECK_HOLDS_FILE_H

#include "core/check/holds.h"

#define HOLDS_NAME "holds.json"

/*
 * Fill an empty list from path, which is HOLDS_NAME in dir. No folder or no file: 0. -EPERM: others
 * can write one of them. On failure the list is to be freed all the same.
 */
int holds_file_read(const char *dir, const char *path, struct hold_list *list, struct error *err);
/* Write all of it; the old file stays where that fails. */
int holds_file_write(const char *path, const struct hold_list *list, struct error *err);

/* holds.c: one more, or another reason for one that is there. Errors as holds_add; the list is as
 * it was then. */
int hold_list_put(struct hold_list *list, const char *host, const char *device, const char *reason,
		  struct error *err);

#endif
