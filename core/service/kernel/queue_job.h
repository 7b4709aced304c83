/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question of the kernel that waits for its backend, and what answering it needs. */
#ifndef CORE_SERVICE_KERNEL_QUEUE_JOB_H
#define CORE_SERVICE_KERNEL_QUEUE_JOB_H

#include "core/service/kernel/answer_cache.h"
#include "core/service/kernel/broker.h"
#include "core/service/kernel/broker_reader.h"

/* Owned by the queue, then by the batch that answers it, which frees it. */
struct queue_job {
	struct queue_job *next;
	uint32_t op; /* MIGCOMPAT_BROKER_OP_READ or _WRITE */
	uint64_t id;
	uint64_t received_us;
	struct stamp stamp;
	size_t len;
	const char *string; /* of a write; zero-terminated, in the same memory */
	char device[];      /* id, then the string */
};

/* Shared by all queues; outlives them. */
struct queue_context {
	const struct broker *broker;
	struct answer_cache *answers;
	struct broker_reader *reader;
	/*
	 * Fill in what the stamp of a question about this attachment would be now, all
	 * but life. False: the device is not attached any more. From any thread.
	 */
	bool (*stamp)(void *arg, uint64_t attachment, struct stamp *ret);
	/*
	 * Handle a question again as if it came now. From any thread. Copies the string.
	 */
	void (*retry)(void *arg, const struct broker_request *request);
	void *arg;
};

#endif
