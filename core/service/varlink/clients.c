/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accepting clients, and giving them slots. */
#include "core/service/varlink/clients.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/log.h"
#include "core/service/varlink/ending.h"

#define RESUME_US 100000u      /* pause after accepting failed */
#define QUIET_US 1000000u      /* memory is trimmed after so long without a call */
#define SPARE_BYTES (1u << 20) /* memory that is kept for the next calls */

/* ---------------------------------------------------------------- slots */

/*
 * The client that has waited longest, among users with the fewest slots. NULL: no waiting
 * client may have a slot now.
 */
static struct client *next_wanting(const struct clients *clients)
{
	struct client *found = NULL;
	uint64_t since, longest = 0;

	for (size_t i = 0; i < clients->count; i++) {
		struct client *client = clients->list[i];
		const struct quota_user *user = client_user(client);

		if (!client_wants(client, &since) || !quota_slot_free(&clients->quota, user))
			continue;
		if (found && (user->slots > client_user(found)->slots ||
			      (user->slots == client_user(found)->slots && since >= longest)))
			continue;
		found = client;
		longest = since;
	}
	return found;
}

/* Deferred by the loop, so that it never runs inside another client function. */
static int on_serve(sd_event_source *source, void *arg)
{
	struct clients *clients = arg;
	struct client *client;

	(void)source;
	while (clients->wanting && (client = next_wanting(clients))) {
		quota_slot_take(&clients->quota, client_user(client));
		clients->wanting--;
		client_grant(client);
	}
	return 0;
}

/* Clients that wait already come first. */
static bool on_acquire(void *arg, struct client *client)
{
	struct clients *clients = arg;
	struct quota_user *user = client_user(client);

	if (!clients->wanting && quota_slot_free(&clients->quota, user)) {
		quota_slot_take(&clients->quota, user);
		return true;
	}
	clients->wanting++;
	sd_event_source_set_enabled(clients->serve, SD_EVENT_ONESHOT);
	return false;
}

static void on_release(void *arg, struct client *client, enum slot before)
{
	struct clients *clients = arg;

	if (before == SLOT_WANTED)
		clients->wanting--;
	else
		quota_slot_give(&clients->quota, client_user(client));
	if (clients->wanting)
		sd_event_source_set_enabled(clients->serve, SD_EVENT_ONESHOT);
	if (!clients->quota.slots &&
	    sd_event_source_set_time_relative(clients->quiet, QUIET_US) >= 0)
		sd_event_source_set_enabled(clients->quiet, SD_EVENT_ONESHOT);
}

/* After many large answers malloc would keep their fragments. */
static int on_quiet(sd_event_source *source, uint64_t usec, void *arg)
{
	const struct clients *clients = arg;

	(void)source, (void)usec;
	if (!clients->quota.slots && mallinfo2().fordblks > SPARE_BYTES)
		malloc_trim(SPARE_BYTES);
	return 0;
}

/* ---------------------------------------------------------------- connections */

static void on_gone(void *arg, struct client *client)
{
	struct clients *clients = arg;
	size_t i = 0;

	while (clients->list[i] != client)
		i++;
	clients->list[i] = clients->list[--clients->count];
	quota_disconnect(&clients->quota, client_user(client));
	client_free(client);
	clients->full = false;
	if (clients->draining && clients->count == 0)
		clients->empty(clients->arg);
}

/*
 * The client that has been idle longest. A user at the limit of one user loses a
 * connection of its own. Only root displaces root. NULL: there is none.
 */
static struct client *displaceable(const struct clients *clients, uid_t uid)
{
	bool own = quota_user_full(&clients->quota, uid);
	struct client *found = NULL;
	uint64_t since, longest = 0;

	for (size_t i = 0; i < clients->count; i++) {
		struct client *client = clients->list[i];
		uid_t other = client_peer(client)->uid;

		if ((uid != 0 && other == 0) || (own && other != uid) ||
		    !client_idle(client, &since))
			continue;
		if (found && since >= longest)
			continue;
		found = client;
		longest = since;
	}
	return found;
}

/* NULL: all connections are taken, and none can be displaced. */
static struct quota_user *admit(struct clients *clients, uid_t uid)
{
	struct quota_user *user = quota_connect(&clients->quota, uid);
	struct client *idle = user ? NULL : displaceable(clients, uid);

	if (idle) {
		client_displace(idle);
		user = quota_connect(&clients->quota, uid);
	}
	if (!user && !clients->full) {
		log_say(LOG_WARNING,
			"%zu clients are connected, the limit for uid %u; further ones are "
			"refused",
			clients->count, uid);
		clients->full = true;
	}
	return user;
}

static void client_take(struct clients *clients, int fd, const struct peer *peer)
{
	struct quota_user *user = admit(clients, peer->uid);
	int r;

	if (!user) {
		ending_send_reply(fd, ENDING_FULL);
		close(fd);
		return;
	}
	r = client_new(&clients->owner, fd, peer, user, &clients->list[clients->count]);
	if (!r) {
		clients->count++;
		return;
	}
	quota_disconnect(&clients->quota, user);
	log_say(LOG_ERR, "cannot serve a client: %s", strerror(-r));
}

/*
 * The connection stays in the listen queue, and the loop would report it again at once.
 * Closing an idle client may free a descriptor.
 */
static void accept_failed(struct clients *clients, int r)
{
	struct client *idle = displaceable(clients, (uid_t)-1); /* any user but root */

	log_say(LOG_ERR, "cannot accept a client: %s", strerror(-r));
	if (idle)
		client_displace(idle);
	if (sd_event_source_set_time_relative(clients->resume, RESUME_US) >= 0 &&
	    sd_event_source_set_enabled(clients->resume, SD_EVENT_ONESHOT) >= 0)
		sd_event_source_set_enabled(clients->accepting, SD_EVENT_OFF);
}

static int on_resume(sd_event_source *source, uint64_t usec, void *arg)
{
	struct clients *clients = arg;

	(void)source, (void)usec;
	if (!clients->draining)
		sd_event_source_set_enabled(clients->accepting, SD_EVENT_ON);
	return 0;
}

static int on_connect(sd_event_source *source, int listening, uint32_t events, void *arg)
{
	struct clients *clients = arg;
	struct peer peer;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), r;

	(void)source, (void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			accept_failed(clients, -errno);
		return 0;
	}
	r = peer_read(fd, &clients->group, &peer);
	if (!r) {
		client_take(clients, fd, &peer);
		return 0;
	}
	log_say(LOG_ERR, "cannot read a client's credentials: %s", strerror(-r));
	ending_send_reply(fd, ENDING_MEMORY);
	close(fd);
	return 0;
}

static int timer_new(struct clients *clients, sd_event_source **ret, sd_event_time_handler_t called)
{
	int r = sd_event_add_time_relative(clients->owner.event, ret, CLOCK_MONOTONIC, 0, 0, called,
					   clients);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int clients_accept(struct clients *clients, int fd)
{
	sd_event *event = clients->owner.event;
	int r = sd_event_add_defer(event, &clients->serve, on_serve, clients);

	clients->owner.acquire = on_acquire;
	clients->owner.release = on_release;
	clients->owner.gone = on_gone;
	clients->owner.arg = clients;
	if (r >= 0)
		r = sd_event_source_set_enabled(clients->serve, SD_EVENT_OFF);
	if (r >= 0)
		r = timer_new(clients, &clients->resume, on_resume);
	if (r >= 0)
		r = timer_new(clients, &clients->quiet, on_quiet);
	if (r >= 0)
		r = sd_event_add_io(event, &clients->accepting, fd, EPOLLIN, on_connect, clients);
	return r < 0 ? r : 0;
}

void clients_drain(struct clients *clients)
{
	size_t left = clients->count;

	clients->accepting = sd_event_source_disable_unref(clients->accepting);
	/* Backwards: the last client moves into the place of one that ends. */
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
	clients->resume = sd_event_source_disable_unref(clients->resume);
	clients->quiet = sd_event_source_disable_unref(clients->quiet);
	clients->serve = sd_event_source_disable_unref(clients->serve);
}
