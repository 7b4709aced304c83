/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a plan may write: below the folder of the target or of the device to create, and
 * to the file that creates it. An inventory may come from a stranger, and root may run
 * the script, so each part of a path is checked here. Must not look at this host's files.
 */
#ifndef CORE_CHECK_WRITABLE_H
#define CORE_CHECK_WRITABLE_H

#include "core/facts/model.h"

#define WRITABLE_BYTES 4096u /* of a path and its zero */

struct writable {
	char folder[WRITABLE_BYTES]; /* "/sys/…", without a slash at the end */
	char create[WRITABLE_BYTES]; /* "": the device exists */
};

/*
 * uuid: the name of the device to create, for a type. -EINVAL: the kernel could not know
 * the device by its id, or its path is not its own; -ENAMETOOLONG.
 */
int writable_make(const struct device *target, const char *uuid, struct writable *ret,
		  struct error *err);
/* Make the path of a file below the folder. Errors as above. */
int writable_file(const struct writable *writable, const char *attribute, char *ret, size_t size,
		  struct error *err);

#endif
