/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer to "write and ask" as /dev/migcompat gives it: a line a device. */
#ifndef CORE_SERVICE_KERNEL_ASK_LINES_H
#define CORE_SERVICE_KERNEL_ASK_LINES_H

#include <stddef.h>

#include "core/check/ask.h"

/*
 * "yes|no NAME GRADE|LIMIT AVAILABILITY TEXT", best first. NAME is that of the class device. What
 * does not fit into size bytes is counted in a last line, "more COUNT". Returns the length; there
 * is no zero behind it.
 */
size_t ask_lines(const struct answer *answer, char *buffer, size_t size);

#endif
