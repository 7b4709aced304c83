/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies of the worker program, one for each backend. Running a program takes ten times
 * as long.
 */
#ifndef CORE_WORKER_COPIES_H
#define CORE_WORKER_COPIES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Make a copy for each worker but the first. The caller has one thread, has run no vendor
 * code and ignores SIGPIPE. Each worker sends its struct worker_hello, with the missing
 * steps of its confinement.
 *
 * Returns in each worker, the first included: its index, or a negative errno. Then its
 * socket is WORKER_SOCKET and its pipe WORKER_LIFE, and its operations are published. The
 * caller closes all descriptors above these two.
 */
int copies_make(size_t count, uint32_t missing);

#endif
