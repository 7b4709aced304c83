/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection: bytes in, calls, bytes out, never waiting for the other end. One call at a time,
 * whose steps run in a thread, one after each other, so that clients take turns. A client that
 * sends nonsense, too much, or stops in the middle is told so and closed, alone.
 *
 * Owner: the event loop's thread, which calls everything here. From pool_submit until the job's
 * completion the pool's thread owns call, out and broken, and the client must not be freed. `busy`
 * says so. Only client_end() ends a client, and of a busy one it only notes how; the completion
 * then ends it.
 */
#ifndef CORE_SERVICE_VARLINK_CLIENT_H
#define CORE_SERVICE_VARLINK_CLIENT_H

#include <systemd/sd-event.h>

#include "core/service/varlink/call.h"
#include "core/service/pool.h"
#include "core/service/varlink/quota.h"

/* A client reads and answers a call only while it holds a slot. */
enum slot {
	SLOT_NONE,   /* it rests, or it watches */
	SLOT_WANTED, /* a call waits in its socket */
	SLOT_HELD,
};

struct client;
struct client_owner {
	sd_event *event;
	struct pool *pool;
	struct call_context *context;
	uint64_t patience_us; /* for the rest of a message, and for a reply to be taken */
	/*
	 * The client has a call to read. True: it holds a slot now. False: client_grant comes
	 * later.
	 */
	bool (*want)(void *arg, struct client *client);
	/* It needs no slot any more: it held one, or wanted one. */
	void (*rest)(void *arg, struct client *client, enum slot before);
	/* The client is to be freed. Called once, after rest, and when no step of its call runs. */
	void (*gone)(void *arg, struct client *client);
	void *arg;
};

/* fd: non-blocking, taken over in any case. The owner and the user must live as long. */
int client_new(const struct client_owner *owner, int fd, const struct peer *peer,
	       struct quota_user *user, struct client **ret);
/* Returns NULL; takes NULL. No step of its call may run. */
struct client *client_free(struct client *client);
/* Answer what was received whole, then go. May call gone at once. */
void client_drain(struct client *client);
const struct peer *client_peer(const struct client *client);
struct quota_user *client_user(const struct client *client);
/* Does it want a slot? *ret_since: since when, of the monotonic clock. */
bool client_wants(const struct client *client, uint64_t *ret_since);
/* It holds a slot from here on. Only of one that wants it. */
void client_grant(struct client *client);
/*
 * Does it wait for nothing, and has it sent nothing that was not read yet? *ret_since: since when.
 */
bool client_idle(const struct client *client, uint64_t *ret_since);
/* Its connection is wanted by another one: tell it so, and close it. Only of an idle one. */
void client_displace(struct client *client);

#endif
