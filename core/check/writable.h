/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a plan may write: below the folder of the device that will be there, and, for a type, the
 * file that creates the device. An inventory may come from a stranger and a script may be run by
 * root, so nothing of either is taken for a path before it is checked here. Must not look at this
 * host's files.
 */
#ifndef CORE_CHECK_WRITABLE_H
#define CORE_CHECK_WRITABLE_H

#include "core/facts/model.h"

#define WRITABLE_BYTES 4096u /* of a path, with its end */

struct writable {
	char folder[WRITABLE_BYTES]; /* "/sys/…", without a slash at its end */
	char create[WRITABLE_BYTES]; /* "": the device is there */
};

/*
 * uuid: the name that a type's device is created under. -EINVAL: the device has no name by which
 * the kernel would know it, or a path that is not its own; -ENAMETOOLONG. err has the sentence.
 */
int writable_make(const struct device *target, const char *uuid, struct writable *ret,
		  struct error *err);
/* The path of a file below the folder. Errors likewise. */
int writable_file(const struct writable *writable, const char *attribute, char *ret, size_t size,
		  struct error *err);

#endif
