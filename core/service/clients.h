/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All connections: who is let in, how many, and how they end. Where all places are taken, an idle one is given to who comes. */
#ifndef CORE_SERVICE_CLIENTS_H
#define CORE_SERVICE_CLIENTS_H

#include "core/service/client.h"

#define CLIENTS_MAX 64u
#define CLIENTS_ROOT 8u /* of these, for root alone: others cannot lock it out */

struct clients {
	/* Set before the first comes. owner.gone and owner.arg are clients.c's. */
	struct client_owner owner;
	struct peer_group group;
	void (*empty)(void *arg); /* the last one has gone, after clients_drain */
	void *arg;
	/* Its own: */
	sd_event_source *accepting;
	struct client *list[CLIENTS_MAX];
	size_t count;
	bool full; /* said so already */
	bool draining;
};

/* Accept who connects to a listening socket. -errno of the event loop. */
int clients_accept(struct clients *clients, int fd);
/* Accept no more, and let those that are there go once they have their replies. May call empty at once. */
void clients_drain(struct clients *clients);
/* No step of a call may run. */
void clients_free(struct clients *clients);

#endif
