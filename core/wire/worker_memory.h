/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much memory a worker may take. Two limits hold in each: RLIMIT_DATA for memory of its own
 * (heap, data of libraries), and RLIMIT_AS for all that it maps. The second one also bounds what
 * RLIMIT_DATA does not count: the stack, shared memory, pages that were made read-only after they
 * were written. Sockets add at most 0.5 MiB; a worker can make no file and no other socket.
 *
 * If memory is short all the same, the kernel ends the process that takes most, plus oom_score_adj
 * thousandths of all memory there is. So it ends workers before others, and one that had to be
 * started again before one that never ended: a greedy one is small when it begins.
 */
#ifndef CORE_WIRE_WORKER_MEMORY_H
#define CORE_WIRE_WORKER_MEMORY_H

#include <stddef.h>

#define WORKER_MEMORY_KIB                                                                         \
	(1024u << 10) /* where nobody says otherwise: device state may take hundreds of megabytes \
		       */
#define WORKER_SHARE_MOST_KIB                                              \
	(128u << 10) /* of a worker that shares; 65,536 queues take 38 MiB \
		      */
#define WORKER_MAPPED_KIB                                                                        \
	(128u << 10) /* mapped beside memory of its own: mostly libraries, which are not its own \
		      */
#define WORKER_STACK_KIB (8u << 10) /* part of what is mapped */

#define WORKER_OOM_FIRST 800u  /* oom_score_adj of a worker's first life */
#define WORKER_OOM_AGAIN 1000u /* and of later ones: OOM_SCORE_ADJ_MAX */

/* A worker's own memory if so many (1 or more) share all_kib; 0: they do not share. */
static inline unsigned worker_memory_kib(unsigned all_kib, size_t count)
{
	unsigned share = (unsigned)(all_kib / count);

	if (!all_kib)
		return WORKER_MEMORY_KIB;
	return share < WORKER_SHARE_MOST_KIB ? share : WORKER_SHARE_MOST_KIB;
}

#endif
