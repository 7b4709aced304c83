/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A state machine: read a message, run its call step by step, write the replies, repeat.
 */
#include "core/service/varlink/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/clock.h"
#include "core/service/log.h"
#include "core/service/varlink/connection.h"

/* The replies of one step: one whole list, or one reply per device. */
#define OUT_BYTES_MAX (CALL_REPLY_MAX + (4u << 20))

enum waiting {
	WAITING_NOTHING,
	WAITING_MESSAGE, /* for the rest of a message that has begun */
	WAITING_READER,  /* for the client to read its reply */
};

struct client {
	struct pool_job job; /* the next step. First: job functions cast it back */
	const struct client_owner *owner;
	sd_event_source *io;
	sd_event_source *timer;
	struct call *call; /* current call, or NULL */
	struct connection connection;
	enum ending broken; /* why the call ends the connection; the thread's while busy */
	enum ending noted;  /* how to end the client when it is no longer busy */
	struct peer peer;
	struct quota_user *user;
	enum waiting waiting;
	enum slot slot;
	uint64_t settled_us; /* when client_arm ran last */
	bool busy;           /* a step runs in a thread, see client.h */
	bool draining;
};

static void client_release_slot(struct client *client)
{
	enum slot before = client->slot;

	client->slot = SLOT_NONE;
	if (before != SLOT_NONE)
		client->owner->release(client->owner->arg, client, before);
}

/*
 * The only function that ends a client. No error follows a reply that was sent in part.
 */
static void client_end(struct client *client, enum ending ending)
{
	if (client->busy) {
		client->noted = ending;
		return;
	}
	ending_log(&client->peer, ending);
	if (!buffer_len(&client->connection.out) && !(client->call && client->call->listed))
		ending_send_reply(client->connection.fd, ending);
	client_release_slot(client);
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

/* Begin the next call if a whole message is there. */
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
	return r == -E2BIG ? ENDING_VALUES : ENDING_INVALID;
}

static enum ending step_ended(struct client *client, int r)
{
	if (r < 0)
		client->broken = client->call->listed ? ENDING_CUT : ENDING_MEMORY;
	if (r)
		client->call = call_free(client->call);
	return client->broken;
}

/* Runs in a thread, which also frees the call, since its view of all devices is large. */
static void step_run(struct pool_job *job)
{
	struct client *client = (struct client *)(void *)job;

	step_ended(client, call_step(client->call));
}

/* The job queue is full. The call is refused, or cut if a part of its reply was sent. */
static enum ending step_refuse(struct client *client)
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
		return step_refuse(client);
	client->busy = true;
	return ENDING_NONE;
}

static int client_wait(struct client *client, uint32_t events, enum waiting waiting)
{
	int r = sd_event_source_set_io_events(client->io, events);

	if (r >= 0)
		r = sd_event_source_set_enabled(client->io, SD_EVENT_ON);
	/* If it waits for a reader again, the reader has read something. */
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

/* Set events and timeout by what the client is waiting for. */
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
	 * The next step waits for EPOLLOUT as well: a socket can be too full to be
	 * writable even if the buffer is empty.
	 */
	write = due || buffer_len(&client->connection.out);
	/* During a call, or without a slot, further messages wait in the socket. */
	read = !client->connection.ended && !client->call && !write && client->slot != SLOT_WANTED;
	waiting = write                                        ? WAITING_READER
		  : read && buffer_len(&client->connection.in) ? WAITING_MESSAGE
							       : WAITING_NOTHING;
	return client_wait(client, (write ? EPOLLOUT : 0u) | (read ? EPOLLIN : 0u), waiting);
}

/* The call's next step is due. It runs from the loop, never inside this function. */
static void client_wake(void *arg)
{
	struct client *client = arg;

	client->call->idle = false;
	if (client_arm(client) < 0)
		log_say(LOG_ERR, "client of uid %u, pid %d: cannot continue its call",
			client->peer.uid, (int)client->peer.pid);
}

/* True if nothing is left to do. */
static bool client_done(struct client *client)
{
	size_t len;

	if (buffer_len(&client->connection.out))
		return false;
	/* A call that waits for events ends with the service. */
	if (client->call)
		return client->draining && client->call->idle;
	return (client->connection.ended || client->draining) &&
	       !connection_whole(&client->connection, &len);
}

/*
 * True if the client needs neither slot nor memory: it has no call, or its call waits for
 * events.
 */
static bool client_needs_nothing(const struct client *client)
{
	return !client->busy && !buffer_len(&client->connection.in) &&
	       !buffer_len(&client->connection.out) && (!client->call || client->call->idle);
}

/* Decide how to go on. The client may be freed. */
static void client_continue(struct client *client, enum ending ending)
{
	if (ending) {
		client_end(client, ending);
	} else if (!client->busy && client_done(client)) {
		client_end(client, client->draining                     ? ENDING_DRAINED
				   : buffer_len(&client->connection.in) ? ENDING_WITHIN
									: ENDING_LEFT);
	} else if (client_arm(client) < 0) {
		client_end(client, ENDING_MEMORY);
	} else if (client_needs_nothing(client)) {
		connection_clear(&client->connection);
		client_release_slot(client);
	}
}

static void client_advance(struct client *client, uint32_t events)
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
	client_continue(client, ending);
}

/* False: the client has to wait for a slot. */
static bool client_acquire_slot(struct client *client)
{
	if (client->slot == SLOT_NONE)
		client->slot = client->owner->acquire(client->owner->arg, client) ? SLOT_HELD
										  : SLOT_WANTED;
	return client->slot == SLOT_HELD;
}

/* Wait, without reading. */
static void client_pause(struct client *client)
{
	if (client_arm(client) < 0)
		client_end(client, ENDING_MEMORY);
}

/*
 * The client left before its call was read. A call of root may change something without a
 * reply, so it still runs. Calls of others are useless now.
 */
static void client_left_in_queue(struct client *client)
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
	/* If it left during a call, the call's end will notice. */
	if (client->busy) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	if (client->slot == SLOT_WANTED) {
		if (events & (EPOLLHUP | EPOLLERR))
			client_left_in_queue(client);
		return 0;
	}
	/*
	 * A client whose call waits for events neither reads nor writes, so check here.
	 */
	if (events & EPOLLHUP && client->call && client->call->idle)
		events |= EPOLLERR;
	/*
	 * EPOLLHUP alone is left to reading and writing: calls that the client sent
	 * before it left still count.
	 */
	if (events & EPOLLERR)
		client_end(client, ENDING_BROKE);
	else if (events & EPOLLIN && !client_acquire_slot(client))
		client_pause(client);
	else
		client_advance(client, events);
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
	client_continue(client, ending ? ending : connection_write(&client->connection));
}

bool client_wants(const struct client *client, uint64_t *ret_since)
{
	*ret_since = client->settled_us;
	return client->slot == SLOT_WANTED;
}

void client_grant(struct client *client)
{
	client->slot = SLOT_HELD;
	client_pause(client);
}

bool client_idle(const struct client *client, uint64_t *ret_since)
{
	*ret_since = client->settled_us;
	/* Check busy first: a running step owns the call. */
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
	/* Without a slot now, the client will get none. */
	if (client->slot != SLOT_HELD && !client->call &&
	    !(connection_waits(&client->connection) && client_acquire_slot(client)))
		client_end(client, ENDING_DRAINED);
	else
		client_advance(client,
			       client->call || buffer_len(&client->connection.out) ? 0 : EPOLLIN);
}

int client_new(const struct client_owner *owner, int fd, const struct peer *peer,
	       struct quota_user *user, struct client **ret)
{
	struct client *client = calloc(1, sizeof(*client));
	int r = -ENOMEM;

	if (!client) {
		ending_send_reply(fd, ENDING_MEMORY);
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
	/* After a long callback, pending data counts before the timeout. */
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
