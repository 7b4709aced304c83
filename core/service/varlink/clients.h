/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All connections: which are taken, whose call is read next, and how they end. The limits are in
 * quota.h.
 *
 * Every connection is accepted at once, since nothing tells whose it is before: a queue that is not
 * accepted would let others keep root out. A client that may not be read yet waits with its call in
 * its socket. If a limit of connections is reached, the client that has been idle longest gives
 * way; if none is idle, the newcomer is told so and closed.
 */
#ifndef CORE_SERVICE_VARLINK_CLIENTS_H
#define CORE_SERVICE_VARLINK_CLIENTS_H

#include "core/service/varlink/client.h"
#include "core/service/watch/watch.h"

/*
 * What all clients together can make the service keep, in bytes: what a connection takes, what a
 * slot takes (a message, its parsed call, its part of a reply), and the budget for replies that are
 * longer. A watcher has a part of a reply, too.
 */
#define CLIENTS_CONNECTION_BYTES 4096u
#define CLIENTS_CALL_BYTES (4u * (VARLINK_MESSAGE_MAX + 1) + VARLINK_VALUES_MAX * 512u)
#define CLIENTS_REPLIES_BYTES (64u << 20)
#define CLIENTS_MEMORY_MAX                                                           \
	(CONNECTIONS_MAX * CLIENTS_CONNECTION_BYTES +                                \
	 SLOTS_MAX * (CLIENTS_CALL_BYTES + BUFFER_OWN) + WATCHERS_MAX * BUFFER_OWN + \
	 CLIENTS_REPLIES_BYTES)

struct clients {
	/* Set before the first comes. want, rest, gone and arg of the owner are clients.c's. */
	struct client_owner owner;
	struct peer_group group;
	void (*empty)(void *arg); /* the last one has gone, after clients_drain */
	void *arg;
	/* Its own: */
	sd_event_source *accepting;
	sd_event_source *resume; /* accepting was stopped for lack of descriptors */
	sd_event_source *quiet;	 /* no call for a while */
	sd_event_source *serve;	 /* a slot may be free, and a client wants one */
	struct client *list[CONNECTIONS_MAX];
	size_t count;
	size_t wanting; /* of these, that want a slot */
	struct quota quota;
	bool full; /* said so already */
	bool draining;
};

/* Accept who connects to a listening socket. -errno of the event loop. */
int clients_accept(struct clients *clients, int fd);
/*
 * Accept no more, and let those that are there go once they have their replies. May call empty at
 * once.
 */
void clients_drain(struct clients *clients);
/* No step of a call may run: after the pool is freed. */
void clients_free(struct clients *clients);

#endif
