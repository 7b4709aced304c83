/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of requests, shared by those who ask (request.c), the daemon who takes and is heard
 * (serve.c), and what it may reply (reply.c). All of it is under one spinlock that nothing sleeps
 * under; who waits, waits outside and holds a reference. No walk of a list goes further than
 * REQUEST_BATCH under the lock, because users decide how long the lists are.
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
	spinlock_t lock;	 /* everything below, and the states of requests */
	struct list_head queued; /* not read by the daemon in this epoch */
	struct list_head sent;	 /* read in this epoch, not answered */
	u32 sent_count;
	struct list_head
		cancelled; /* sent before, done without a reply: the daemon is to be told */
	struct list_head answers;
	u32 answer_count;
	DECLARE_HASHTABLE(by_id, 8);
	u64 last_id;
	u64 epoch;
	u64 last_command;
	u32 version;	    /* of this epoch */
	struct pid *daemon; /* said HELLO last, and the broker is open; NULL: nobody serves */
	wait_queue_head_t readers;
};

extern struct request_queue requests;

/* One message, one reader. With the event named, since a poller that is disarmed meanwhile would be
 * woken by anything else. */
static inline void request_wake_reader(void)
{
	wake_up_poll(&requests.readers, EPOLLIN | EPOLLRDNORM);
}

/* All under requests.lock. */
static inline bool request_is_sent(const struct request *request)
{
	return request->state == REQUEST_WAITING && request->sent &&
	       request->sent == requests.epoch;
}

void request_end(struct request *request, int error, bool replied);
bool request_is_from_daemon(const struct migcompat_broker_header *header);

#endif
