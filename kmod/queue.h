/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of requests, for the asking side (request.c), the daemon's reads (serve.c)
 * and its replies (reply.c). One spinlock guards all of it. A task that waits holds a
 * reference, and no lock.
 *
 * Users decide how long the lists are. So no list walk handles more than REQUEST_BATCH
 * entries before it drops the lock.
 */
#ifndef MIGCOMPAT_QUEUE_H
#define MIGCOMPAT_QUEUE_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include "shim.h"

#define REQUEST_BATCH 64

struct request_queue {
	spinlock_t lock;         /* guards all below, and the states of requests */
	struct list_head queued; /* not read by the daemon in this epoch */
	struct list_head sent;   /* read in this epoch and not answered */
	u32 sent_count;
	struct list_head cancelled; /* sent, then done without a reply: a CANCEL is due */
	struct list_head answers;
	u32 answer_count;
	DECLARE_HASHTABLE(by_id, 8);
	u64 last_id;
	u64 epoch;
	u64 last_command;
	u32 version;        /* of this epoch */
	struct pid *daemon; /* that sent the last HELLO; NULL: there is none */
	wait_queue_head_t readers;
};

extern struct request_queue requests;

/*
 * Wake one reader for one message. With EPOLLIN: a poller that is disarmed meanwhile must
 * not consume the wakeup.
 */
static inline void request_wake_reader(void)
{
	wake_up_poll(&requests.readers, EPOLLIN | EPOLLRDNORM);
}

/* The caller holds requests.lock. */
static inline bool request_is_sent(const struct request *request)
{
	return request->state == REQUEST_WAITING && request->sent &&
	       request->sent == requests.epoch;
}

void request_end(struct request *request, int error, bool replied);
bool request_is_from_daemon(const struct migcompat_broker_header *header);

#endif
