/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Letting clients in, and keeping count of them. */
#include "core/service/clients.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/log.h"

static void client_gone(void *arg, struct client *client)
{
	struct clients *clients = arg;
	size_t i = 0;

	while (clients->list[i] != client)
		i++;
	clients->list[i] = clients->list[--clients->count];
	client_free(client);
	clients->full = false;
	if (clients->draining && clients->count == 0)
		clients->empty(clients->arg);
}

/* That which has been idle longest. Nobody but root takes a place from root. NULL: there is none. */
static struct client *displaceable(const struct clients *clients, const struct peer *peer)
{
	struct client *found = NULL;
	uint64_t since, longest = 0;

	for (size_t i = 0; i < clients->count; i++) {
		struct client *client = clients->list[i];

		if ((peer->uid != 0 && client_peer(client)->uid == 0) || !client_idle(client, &since))
			continue;
		if (found && since >= longest)
			continue;
		found = client;
		longest = since;
	}
	return found;
}

static bool admitted(struct clients *clients, const struct peer *peer)
{
	size_t most = peer->uid == 0 ? CLIENTS_MAX : CLIENTS_MAX - CLIENTS_ROOT;
	struct client *idle;

	if (clients->count < most)
		return true;
	idle = displaceable(clients, peer);
	if (idle) {
		client_displace(idle);
		return true;
	}
	if (!clients->full)
		log_say(LOG_WARNING, "%zu clients are connected, which is the most; others are turned away", clients->count);
	clients->full = true;
	return false;
}

static int on_connect(sd_event_source *source, int listening, uint32_t events, void *arg)
{
	struct clients *clients = arg;
	struct peer peer;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), r;

	(void)source, (void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_say(LOG_ERR, "a client could not be accepted: %s", strerror(errno));
		return 0;
	}
	r = peer_read(fd, &clients->group, &peer);
	if (r || !admitted(clients, &peer)) {
		if (r)
			log_say(LOG_ERR, "a client's credentials could not be read: %s", strerror(-r));
		close(fd);
		return 0;
	}
	r = client_new(&clients->owner, fd, &peer, &clients->list[clients->count]);
	if (r)
		log_say(LOG_ERR, "a client could not be taken: %s", strerror(-r));
	else
		clients->count++;
	return 0;
}

int clients_accept(struct clients *clients, int fd)
{
	int r = sd_event_add_io(clients->owner.event, &clients->accepting, fd, EPOLLIN, on_connect, clients);

	clients->owner.gone = client_gone;
	clients->owner.arg = clients;
	return r < 0 ? r : 0;
}

void clients_drain(struct clients *clients)
{
	size_t left = clients->count;

	clients->accepting = sd_event_source_disable_unref(clients->accepting);
	/* From the end: whoever goes leaves its place to the last one. */
	for (size_t i = left; i > 0; i--)
		client_drain(clients->list[i - 1]);
	clients->draining = true;
	if (clients->count == 0)
		clients->empty(clients->arg);
}

void clients_free(struct clients *clients)
{
	while (clients->count)
		client_free(clients->list[--clients->count]);
	clients->accepting = sd_event_source_disable_unref(clients->accepting);
}
