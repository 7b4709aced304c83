/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection: bytes in, calls, bytes out, without blocking. It has one call at a
 * time. The call's steps run in a thread, one by one, so that clients alternate. A client
 * that sends garbage or too much, or stops within a message, gets an error and is closed.
 *
 * The event loop's thread calls all functions. From pool_submit until the job's
 * completion the pool's thread owns call, out and broken, and the client must not be
 * freed; `busy` is set then. Only client_end() ends a client. If the client is busy, it
 * notes how, and the completion ends it.
 */
#ifndef CORE_SERVICE_VARLINK_CLIENT_H
#define CORE_SERVICE_VARLINK_CLIENT_H

#include <systemd/sd-event.h>

#include "core/service/pool.h"
#include "core/service/varlink/call.h"
#include "core/service/varlink/quota.h"

/* A client reads and answers a call only while it holds a slot. */
enum slot {
	SLOT_NONE,   /* no call, or one that waits for events */
	SLOT_WANTED, /* a call waits in its socket */
	SLOT_HELD,
};

struct client;
struct client_owner {
	sd_event *event;
	struct pool *pool;
	struct call_context *context;
	uint64_t patience_us; /* timeout for the rest of a message, and for reading a reply */
	/*
	 * The client has a call to read. True: it has a slot. False: client_grant follows
	 * later.
	 */
	bool (*acquire)(void *arg, struct client *client);
	/* The client no longer needs its slot, or no longer waits for one. */
	void (*release)(void *arg, struct client *client, enum slot before);
	/* Free the client. Called once, after release, while no step of its call runs. */
	void (*gone)(void *arg, struct client *client);
	void *arg;
};

/* fd: non-blocking, always taken over. Owner and user must outlive the client. */
int client_new(const struct client_owner *owner, int fd, const struct peer *peer,
	       struct quota_user *user, struct client **ret);
/* No step of its call may run. Returns NULL; takes NULL. */
struct client *client_free(struct client *client);
/* Answer calls that were received completely, then end. May call gone at once. */
void client_drain(struct client *client);
const struct peer *client_peer(const struct client *client);
struct quota_user *client_user(const struct client *client);
/* True if it waits for a slot. *ret_since: since when, by the monotonic clock. */
bool client_wants(const struct client *client, uint64_t *ret_since);
/* Give a slot to a client that waits for one. */
void client_grant(struct client *client);
/* True if it has no call, and sent nothing that is unread. *ret_since: since when. */
bool client_idle(const struct client *client, uint64_t *ret_since);
/* Close an idle client, with an error, because another client needs its connection. */
void client_displace(struct client *client);

#endif
