/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All connections: which are accepted, whose call is read next, and how they end. The
 * limits are in quota.h.
 *
 * Every connection is accepted at once, because its user is unknown before. If
 * connections waited in the listen queue, other users could lock root out. A client
 * without a slot waits with its call unread in its socket. If a limit of connections is
 * reached, the client that has been idle longest is closed; if none is idle, the new one
 * gets an error and is closed.
 */
#ifndef CORE_SERVICE_VARLINK_CLIENTS_H
#define CORE_SERVICE_VARLINK_CLIENTS_H

#include "core/service/varlink/client.h"
#include "core/service/watch/watch.h"

/*
 * Upper bound of the memory of all clients, in bytes: connections, slots (a message, its
 * parsed call, a buffer), a buffer for each watcher, and the budget for longer replies.
 */
#define CLIENTS_CONNECTION_BYTES 4096u
#define CLIENTS_CALL_BYTES (4u * (VARLINK_MESSAGE_MAX + 1) + VARLINK_VALUES_MAX * 512u)
#define CLIENTS_REPLIES_BYTES (64u << 20)
#define CLIENTS_MEMORY_MAX                                                           \
	(CONNECTIONS_MAX * CLIENTS_CONNECTION_BYTES +                                \
	 SLOTS_MAX * (CLIENTS_CALL_BYTES + BUFFER_OWN) + WATCHERS_MAX * BUFFER_OWN + \
	 CLIENTS_REPLIES_BYTES)

struct clients {
	/* Set before clients_accept, except the owner's acquire, release, gone and arg. */
	struct client_owner owner;
	struct peer_group group;
	void (*empty)(void *arg); /* after clients_drain: the last client has ended */
	void *arg;
	/* Private: */
	sd_event_source *accepting;
	sd_event_source *resume; /* timer: accept again after a failure */
	sd_event_source *quiet;  /* timer: no call for a while */
	sd_event_source *serve;  /* a slot may be free, and a client waits for one */
	struct client *list[CONNECTIONS_MAX];
	size_t count;
	size_t wanting; /* of these, waiting for a slot */
	struct quota quota;
	bool full; /* logged already */
	bool draining;
};

/* Accept connections at a listening socket. -errno of the event loop. */
int clients_accept(struct clients *clients, int fd);
/* Stop accepting, and end all clients after their replies. May call empty at once. */
void clients_drain(struct clients *clients);
/* No step of a call may run: call it after the pool is freed. */
void clients_free(struct clients *clients);

#endif
