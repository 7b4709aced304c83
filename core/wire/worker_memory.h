/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a worker: a fixed share of what the service's unit allows
 * (core/service/world.h). RLIMIT_DATA limits the heap and the data of libraries.
 * RLIMIT_AS limits all mappings, so it also bounds what RLIMIT_DATA does not count: the
 * stack, shared memory, and pages that became read-only after writes. Sockets add at most
 * 0.5 MiB. A worker can make no files and no other sockets.
 *
 * If memory is still short, the kernel ends the process with the highest score. The score
 * is its memory, plus oom_score_adj thousandths of all memory. So workers end before the
 * service. A worker that was started again ends before one that never ended: a greedy
 * worker is small when it starts, and must not make the kernel choose a well-behaved one.
 */
#ifndef CORE_WIRE_WORKER_MEMORY_H
#define CORE_WIRE_WORKER_MEMORY_H

#include <stddef.h>

/* If they do not share: device state may take hundreds of megabytes. */
#define WORKER_MEMORY_KIB (1024u << 10)
/* The most memory of a worker that shares. 65,536 queues take 38 MiB. */
#define WORKER_SHARE_MOST_KIB (128u << 10)
/* Mappings beside its own memory, mostly libraries. */
#define WORKER_MAPPED_KIB (128u << 10)
#define WORKER_STACK_KIB (8u << 10) /* part of the mappings */

#define WORKER_OOM_FIRST 800u  /* oom_score_adj of the first process of a worker */
#define WORKER_OOM_AGAIN 1000u /* of later processes: OOM_SCORE_ADJ_MAX */

/*
 * A worker's own memory if count of them (1 or more) share all_kib; 0: they do not share.
 */
static inline unsigned worker_memory_kib(unsigned all_kib, size_t count)
{
	unsigned share = (unsigned)(all_kib / count);

	if (!all_kib)
		return WORKER_MEMORY_KIB;
	return share < WORKER_SHARE_MOST_KIB ? share : WORKER_SHARE_MOST_KIB;
}

#endif
