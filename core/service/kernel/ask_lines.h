/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of /dev/migcompat to a written string: one line a device. */
#ifndef CORE_SERVICE_KERNEL_ASK_LINES_H
#define CORE_SERVICE_KERNEL_ASK_LINES_H

#include <stddef.h>

#include "core/check/ask.h"

/*
 * Lines "yes|no NAME GRADE|LIMIT AVAILABILITY TEXT", best device first. NAME is that of
 * the class device. If devices do not fit into size bytes, the last line is "more COUNT".
 * Returns the length; the buffer is not terminated.
 */
size_t ask_lines(const struct answer *answer, char *buffer, size_t size);

#endif
