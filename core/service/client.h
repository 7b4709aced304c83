/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection: bytes in, calls, bytes out, never waiting for the other end. One call at a time, whose steps run in a
 * thread, one after each other, so that clients take turns. Whoever sends no sense, too much, or stops in the middle is closed, alone.
 */
#ifndef CORE_SERVICE_CLIENT_H
#define CORE_SERVICE_CLIENT_H

#include <systemd/sd-event.h>

#include "core/service/call.h"
#include "core/service/pool.h"

struct client;
struct client_owner {
	sd_event *event;
	struct pool *pool;
	struct call_context *context;
	uint64_t patience_us; /* for the rest of a message, and for a reply to be taken */
	/* The client is to be freed; called once, when no step of its call runs. */
	void (*gone)(void *arg, struct client *client);
	void *arg;
};

/* fd: non-blocking, taken over in any case. The owner must live as long. */
int client_new(const struct client_owner *owner, int fd, const struct peer *peer, struct client **ret);
/* Returns NULL; takes NULL. No step of its call may run. */
struct client *client_free(struct client *client);
/* Answer what was received whole, then go. May call gone at once. */
void client_drain(struct client *client);
const struct peer *client_peer(const struct client *client);
/* Does it wait for nothing, and has it sent nothing that was not read yet? *ret_since: since when, of the monotonic clock. */
bool client_idle(const struct client *client, uint64_t *ret_since);
/* Its place is wanted: as if it had left. Only of an idle one. */
void client_displace(struct client *client);

#endif
