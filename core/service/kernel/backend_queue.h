/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's questions to one backend, answered by a thread of their own: a backend that hangs
 * keeps nobody waiting but those who asked it. What waits is answered together, so that one switch
 * to the worker serves many writers.
 */
#ifndef CORE_SERVICE_KERNEL_BACKEND_QUEUE_H
#define CORE_SERVICE_KERNEL_BACKEND_QUEUE_H

#include "core/service/kernel/answer_cache.h"
#include "core/service/kernel/broker.h"
#include "core/service/kernel/broker_reader.h"
#include "core/service/world.h"

/*
 * What a lane keeps, whoever asks: open targets, with at most so many bytes of facts unless one
 * batch alone needs more; and questions that wait, with at most so many bytes of memory.
 */
#define LANE_TARGETS_MAX 256u
#define LANE_TARGETS_BYTES (32u << 20)
#define LANE_QUEUE_MAX 16384u
#define LANE_QUEUE_BYTES (8u << 20)

struct lane;

/* What all lanes share; it outlives them. */
struct lane_context {
	const struct broker *broker;
	struct answers *answers;
	struct turn *turn;
	/*
	 * What the stamp of a question about this attachment would be now, but for life. False: the
	 * device is not attached any more. From any thread.
	 */
	bool (*stamp)(void *arg, uint64_t attachment, struct stamp *ret);
	/* Take a question that was received before as if it came now. From any thread. */
	void (*again)(void *arg, const struct broker_request *request);
	void *arg;
};

/*
 * name: the backend's, in that world, to which a reference is taken. The thread begins with the
 * first question. -ENOMEM.
 */
int lane_new(const struct lane_context *context, struct world *world, const char *name,
	     struct lane **ret);
/* Let it end once all that waits is answered; it frees itself. Takes NULL, returns NULL. */
struct lane *lane_end(struct lane *lane);
const char *lane_name(const struct lane *lane);
/* As provider_life, of its backend. From any thread. */
uint32_t lane_life(const struct lane *lane);
/* Wait until all lanes that were ever made are gone, for so long. False: some are left. */
bool lanes_wait(unsigned ms);

/*
 * Put a read or a write of a device (its id) to it, for lane_go. The reply goes to the broker.
 * -ENOMEM, -EAGAIN (the queue is full): it is not taken, and the caller replies. stamp: what the
 * answer depends on; life is filled in by the lane.
 */
int lane_ask(struct lane *lane, const struct broker_request *request, const char *device,
	     const struct stamp *stamp);
/* Let it answer what was put to it. Apart, so that what came together is answered together. */
void lane_go(struct lane *lane);

#endif
