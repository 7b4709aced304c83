/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection as a small machine: read a message, step through its call, write what came of it,
 * and again.
 */
#include "core/service/varlink/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/clock.h"
#include "core/service/varlink/connection.h"
#include "core/service/log.h"

/* One step's replies at most: one whole list, or portions of one device each. */
#define OUT_BYTES_MAX (CALL_REPLY_MAX + (4u << 20))

enum waiting {
	WAITING_NOTHING,
	WAITING_MESSAGE, /* for its rest; from its first byte on */
	WAITING_READER,	 /* for the other end to take what is written */
};

struct client {
	struct pool_job job; /* the next step; first */
	const struct client_owner *owner;
	sd_event_source *io;
	sd_event_source *timer;
	struct call *call; /* under way; or NULL */
	struct connection connection;
	enum ending broken; /* why the call ended the connection; of the thread while busy */
	enum ending noted;  /* how to end it once it is not busy */
	struct peer peer;
	struct quota_user *user;
	enum waiting waiting;
	enum slot slot;
	uint64_t settled_us; /* when it was armed last */
	bool busy;	     /* a step runs in a thread, see above */
	bool draining;
};

static void client_rest(struct client *client)
{
	enum slot before = client->slot;

	client->slot = SLOT_NONE;
	if (before != SLOT_NONE)
		client->owner->rest(client->owner->arg, client, before);
}

/* The only way to its end. What is left of a reply that was begun is no place for another one. */
static void client_end(struct client *client, enum ending ending)
{
	if (client->busy) {
		client->noted = ending;
		return;
	}
	ending_log(&client->peer, ending);
	if (!buffer_len(&client->connection.out) && !(client->call && client->call->listed))
		ending_say(client->connection.fd, ending);
	client_rest(client);
	client->owner->gone(client->owner->arg, client);
}

const struct peer *client_peer(const struct client *client)
{
	return &client->peer;
}

struct quota_user *client_user(const struct client *client)
{
	return client->user;
}

static void client_wake(void *arg);

/* Begin the next call if there is one. */
static enum ending client_next(struct client *client)
{
	struct error err = {0};
	size_t len;
	int r;

	if (!connection_whole(&client->connection, &len))
		return ENDING_NONE;
	r = call_new(client->owner->context, &client->peer,
		     client->connection.in.bytes + client->connection.in.start, len,
		     &client->connection.out, &client->call, &err);
	connection_take(&client->connection, len);
	if (client->call) {
		client->call->wake = client_wake;
		client->call->wake_arg = client;
	}
	if (!r)
		return ENDING_NONE;
	log_say(LOG_DEBUG, "%s", err.text);
	if (r == -ENOMEM)
		return ENDING_MEMORY;
	return r == -E2BIG ? ENDING_VALUES : ENDING_NONSENSE;
}

static enum ending step_ended(struct client *client, int r)
{
	if (r < 0)
		client->broken = client->call->listed ? ENDING_CUT : ENDING_MEMORY;
	if (r)
		client->call = call_free(client->call);
	return client->broken;
}

/* In a thread. What ends with the call, such as its view of all devices, ends here, too. */
static void step_run(struct pool_job *job)
{
	struct client *client = (struct client *)(void *)job;

	step_ended(client, call_step(client->call));
}

/* The call is refused, unless a part of its reply is on its way. */
static enum ending step_put_off(struct client *client)
{
	int r = -EAGAIN;

	if (!client->call->listed)
		r = call_refuse(client->call, "Busy", -EAGAIN,
				"too many calls wait for a thread; ask again later");
	return step_ended(client, r);
}

static enum ending client_step(struct client *client)
{
	enum ending ending = ENDING_NONE;

	if (!client->call)
		ending = client_next(client);
	if (ending || !client->call || client->call->idle)
		return ending;
	if (!call_waits(client->call))
		return step_ended(client, call_step(client->call));
	if (pool_submit(client->owner->pool, &client->job) < 0)
		return step_put_off(client);
	client->busy = true;
	return ENDING_NONE;
}

static int client_wait(struct client *client, uint32_t events, enum waiting waiting)
{
	int r = sd_event_source_set_io_events(client->io, events);

	if (r >= 0)
		r = sd_event_source_set_enabled(client->io, SD_EVENT_ON);
	/* Every turn for a reader means that it took something. */
	if (r >= 0 && (waiting != client->waiting || waiting == WAITING_READER)) {
		r = sd_event_source_set_time_relative(client->timer, client->owner->patience_us);
		if (r >= 0)
			r = sd_event_source_set_enabled(client->timer, waiting == WAITING_NOTHING
									       ? SD_EVENT_OFF
									       : SD_EVENT_ONESHOT);
	}
	client->waiting = waiting;
	return r;
}

/* What is waited for decides which events are wanted, and how long. */
static int client_arm(struct client *client)
{
	bool due, write, read;
	enum waiting waiting;
	size_t len;

	client->settled_us = now_us();
	if (client->busy)
		return client_wait(client, 0, WAITING_NOTHING);
	due = client->call ? !client->call->idle : connection_whole(&client->connection, &len);
	/*
	 * The next step waits for room as well: a socket that is a good part full is not writable,
	 * with nothing of ours left over.
	 */
	write = due || buffer_len(&client->connection.out);
	/* What comes during a call, or before there is a slot for it, waits in the socket. */
	read = !client->connection.ended && !client->call && !write && client->slot != SLOT_WANTED;
	waiting = write					       ? WAITING_READER
		  : read && buffer_len(&client->connection.in) ? WAITING_MESSAGE
							       : WAITING_NOTHING;
	return client_wait(client, (write ? EPOLLOUT : 0u) | (read ? EPOLLIN : 0u), waiting);
}

/* Its call's next step is due. Nothing happens to the client from within. */
static void client_wake(void *arg)
{
	struct client *client = arg;

	client->call->idle = false;
	if (client_arm(client) < 0)
		log_say(LOG_ERR, "client of uid %u, pid %d: it cannot be told what happened",
			client->peer.uid, (int)client->peer.pid);
}

/* Nothing is left to do for it. */
static bool client_done(struct client *client)
{
	size_t len;

	if (buffer_len(&client->connection.out))
		return false;
	/* A call that waits for something to happen ends with the service. */
	if (client->call)
		return client->draining && client->call->idle;
	return (client->connection.ended || client->draining) &&
	       !connection_whole(&client->connection, &len);
}

/*
 * What needs no slot, and no memory: a client that has asked nothing, or one that waits for
 * something to happen.
 */
static bool client_rests(const struct client *client)
{
	return !client->busy && !buffer_len(&client->connection.in) &&
	       !buffer_len(&client->connection.out) && (!client->call || client->call->idle);
}

/* What comes next, after what was done; the client may be gone then. */
static void client_settle(struct client *client, enum ending ending)
{
	if (ending) {
		client_end(client, ending);
	} else if (!client->busy && client_done(client)) {
		client_end(client, client->draining			? ENDING_DRAINED
				   : buffer_len(&client->connection.in) ? ENDING_WITHIN
									: ENDING_LEFT);
	} else if (client_arm(client) < 0) {
		client_end(client, ENDING_MEMORY);
	} else if (client_rests(client)) {
		connection_clear(&client->connection);
		client_rest(client);
	}
}

static void client_turn(struct client *client, uint32_t events)
{
	enum ending ending = ENDING_NONE;

	if (events & EPOLLIN)
		ending = connection_read(&client->connection);
	if (!ending)
		ending = connection_write(&client->connection);
	if (!ending && !buffer_len(&client->connection.out))
		ending = client_step(client);
	if (!ending && !client->busy)
		ending = connection_write(&client->connection);
	client_settle(client, ending);
}

/* False: it has to wait for a slot. */
static bool client_want(struct client *client)
{
	if (client->slot == SLOT_NONE)
		client->slot =
			client->owner->want(client->owner->arg, client) ? SLOT_HELD : SLOT_WANTED;
	return client->slot == SLOT_HELD;
}

/* To what it waits for, and nothing else. */
static void client_hold(struct client *client)
{
	if (client_arm(client) < 0)
		client_end(client, ENDING_MEMORY);
}

/*
 * Its call is not read. Only root's calls change anything, and may want no reply; what others asked
 * is of no use to anybody now.
 */
static void client_left_waiting(struct client *client)
{
	if (client->peer.may_hold)
		sd_event_source_set_enabled(client->io, SD_EVENT_OFF);
	else
		client_end(client, ENDING_UNREAD);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct client *client = arg;

	(void)fd;
	/* One that left while its call runs is found again when that is over. */
	if (client->busy) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	if (client->slot == SLOT_WANTED) {
		if (events & (EPOLLHUP | EPOLLERR))
			client_left_waiting(client);
		return 0;
	}
	/* One that waits for something to happen neither reads nor writes. */
	if (events & EPOLLHUP && client->call && client->call->idle)
		events |= EPOLLERR;
	/*
	 * One that left is found by reading or writing: what it sent before, such as a call that
	 * wants no reply, counts.
	 */
	if (events & EPOLLERR)
		client_end(client, ENDING_BROKE);
	else if (events & EPOLLIN && !client_want(client))
		client_hold(client);
	else
		client_turn(client, events);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct client *client = arg;

	(void)source, (void)usec;
	client_end(client, client->waiting == WAITING_READER ? ENDING_READER : ENDING_SLOW);
	return 0;
}

static void step_done(struct pool_job *job)
{
	struct client *client = (struct client *)(void *)job;
	enum ending ending;

	client->busy = false;
	ending = client->noted ? client->noted : client->broken;
	client_settle(client, ending ? ending : connection_write(&client->connection));
}

bool client_wants(const struct client *client, uint64_t *ret_since)
{
	*ret_since = client->settled_us;
	return client->slot == SLOT_WANTED;
}

void client_grant(struct client *client)
{
	client->slot = SLOT_HELD;
	client_hold(client);
}

bool client_idle(const struct client *client, uint64_t *ret_since)
{
	*ret_since = client->settled_us;
	/* First busy: a step that runs has the call. */
	return !client->busy && client->slot == SLOT_NONE && !client->call &&
	       !connection_waits(&client->connection);
}

void client_displace(struct client *client)
{
	client_end(client, ENDING_DISPLACED);
}

void client_drain(struct client *client)
{
	client->draining = true;
	if (client->busy)
		return;
	/* A call that has no slot by now will have none. */
	if (client->slot != SLOT_HELD && !client->call &&
	    !(connection_waits(&client->connection) && client_want(client)))
		client_end(client, ENDING_DRAINED);
	else
		client_turn(client,
			    client->call || buffer_len(&client->connection.out) ? 0 : EPOLLIN);
}

int client_new(const struct client_owner *owner, int fd, const struct peer *peer,
	       struct quota_user *user, struct client **ret)
{
	struct client *client = calloc(1, sizeof(*client));
	int r = -ENOMEM;

	if (!client) {
		ending_say(fd, ENDING_MEMORY);
		close(fd);
		return r;
	}
	client->job = (struct pool_job){
		.run = step_run, .done = step_done, .kind = peer->uid == 0 ? POOL_ROOT : POOL_CALL};
	client->owner = owner;
	client->connection.fd = fd;
	client->peer = *peer;
	client->user = user;
	client->connection.in.max = VARLINK_MESSAGE_MAX + 1;
	client->connection.out.max = OUT_BYTES_MAX;
	client->connection.out.budget = &owner->context->budget;
	r = sd_event_add_io(owner->event, &client->io, fd, EPOLLIN, on_io, client);
	if (r >= 0)
		r = sd_event_add_time_relative(owner->event, &client->timer, CLOCK_MONOTONIC, 0, 0,
					       on_timer, client);
	if (r >= 0)
		r = sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
	/* What can be read or written goes first, however long somebody else's call took. */
	if (r >= 0)
		r = sd_event_source_set_priority(client->timer, SD_EVENT_PRIORITY_IDLE);
	if (r < 0)
		client_free(client);
	else
		*ret = client;
	return r < 0 ? r : 0;
}

struct client *client_free(struct client *client)
{
	if (!client)
		return NULL;
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	call_free(client->call);
	connection_clear(&client->connection);
	close(client->connection.fd);
	free(client);
	return NULL;
}
