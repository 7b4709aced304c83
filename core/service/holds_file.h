/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The holds on disk: one JSON document, replaced as a whole. */
#ifndef CORE_SERVICE_HOLDS_FILE_H
#define CORE_SERVICE_HOLDS_FILE_H

#include "core/service/holds.h"

/* Fill an empty list. No file: 0. */
int holds_file_read(struct holds *holds, struct error *err);
/* Write all of it; the old file stays where that fails. */
int holds_file_write(const struct holds *holds, struct error *err);

/* holds.c: append one that is checked, and not yet on disk. Errors as holds_add. */
int holds_put(struct holds *holds, const char *host, const char *device, const char *reason, struct error *err);

#endif
