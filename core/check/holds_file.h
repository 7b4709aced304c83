/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The holds on disk: one JSON document, which is replaced as a whole. Folder and file
 * must belong to root or the caller. The file is opened in the folder that was checked,
 * and never through a link.
 */
#ifndef CORE_CHECK_HOLDS_FILE_H
#define CORE_CHECK_HOLDS_FILE_H

#include "core/check/hold_list.h"

#define HOLDS_NAME "holds.json"

/*
 * Open the folder of holds (O_PATH) and return its descriptor. -EPERM: it belongs to neither root
 * nor the caller, or another user can write it, with or without the sticky bit: that user could
 * lift a hold.
 */
int holds_folder_open(const char *dir, struct error *err);
/*
 * Read path, which is HOLDS_NAME in dir, into an empty list. 0: also if folder or file is missing.
 * -EPERM: another user can write one of them. The caller frees the list, also after an error.
 */
int holds_file_read(const char *dir, const char *path, struct hold_list *list, struct error *err);
/* Write the list. If that fails, the old file stays. */
int holds_file_write(const char *path, const struct hold_list *list, struct error *err);

#endif
