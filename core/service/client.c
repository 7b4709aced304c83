/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection as a small machine: read a message, step through its call, write what came of it, and again. */
#include "core/service/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/service/clock.h"
#include "core/service/log.h"

#define READ_BYTES 65536u
/* One step's replies at most: one whole list, or portions of one device each. */
#define OUT_BYTES_MAX (CALL_REPLY_MAX + (4u << 20))

enum waiting {
	WAITING_NOTHING,
	WAITING_MESSAGE, /* for its rest; from its first byte on */
	WAITING_READER,  /* for the other end to take what is written */
};

struct client {
	struct pool_job job; /* the next step; first */
	const struct client_owner *owner;
	sd_event_source *io;
	sd_event_source *timer;
	struct call *call; /* under way; or NULL */
	struct buffer in;
	struct buffer out;
	size_t scanned; /* bytes of in that hold no zero */
	const char *broken; /* why the connection has to end, or NULL */
	struct peer peer;
	int fd;
	enum waiting waiting;
	uint64_t settled_us; /* when it was armed last */
	bool busy;	     /* a step runs in a thread, which has call and out to itself */
	bool ended;	     /* nothing more will come */
	bool draining;
};

static void client_gone(struct client *client, int priority, const char *why)
{
	log_say(priority, "client of uid %u, pid %d: %s", client->peer.uid, (int)client->peer.pid, why);
	client->owner->gone(client->owner->arg, client);
}

const struct peer *client_peer(const struct client *client)
{
	return &client->peer;
}

static void client_wake(void *arg);

/* Is a whole message there? *ret_len: its bytes without the zero. */
static bool message_whole(struct client *client, size_t *ret_len)
{
	size_t len = buffer_len(&client->in);
	const char *bytes = client->in.bytes + client->in.start;
	const char *end;

	if (len == client->scanned)
		return false;
	end = memchr(bytes + client->scanned, '\0', len - client->scanned);
	if (!end) {
		client->scanned = len;
		return false;
	}
	*ret_len = (size_t)(end - bytes);
	return true;
}

/* 0, or the sentence that ends the connection. */
static const char *client_read(struct client *client)
{
	static char bytes[READ_BYTES]; /* one thread, and nothing of it outlives this call */
	ssize_t got = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	size_t len;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? NULL : "the connection broke";
	if (got == 0) {
		client->ended = true;
		return NULL;
	}
	if (buffer_append(&client->in, bytes, (size_t)got))
		return "its message is too long";
	if (buffer_len(&client->in) > VARLINK_MESSAGE_MAX && !message_whole(client, &len))
		return "its message is too long";
	return NULL;
}

static const char *client_write(struct client *client)
{
	while (buffer_len(&client->out)) {
		ssize_t done = send(client->fd, client->out.bytes + client->out.start, buffer_len(&client->out), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno == EAGAIN ? NULL : "it left before its reply";
		buffer_take(&client->out, (size_t)done);
	}
	return NULL;
}

/* Begin the next call if there is one. */
static const char *client_next(struct client *client)
{
	struct error err = {0};
	size_t len;
	int r;

	if (!message_whole(client, &len))
		return NULL;
	r = call_new(client->owner->context, &client->peer, client->in.bytes + client->in.start, len, &client->out, &client->call, &err);
	buffer_take(&client->in, len + 1);
	client->scanned = 0;
	if (!r) {
		client->call->wake = client_wake;
		client->call->wake_arg = client;
		return NULL;
	}
	log_say(LOG_DEBUG, "%s", err.text);
	return r == -ENOMEM ? "out of memory" : "it sent what is no call";
}

static const char *step_ended(struct client *client, int r)
{
	if (r)
		client->call = call_free(client->call);
	if (r < 0)
		client->broken = "its call could not be answered for lack of memory";
	return client->broken;
}

/* In a thread. What ends with the call, such as its view of all devices, ends here, too. */
static void step_run(struct pool_job *job)
{
	struct client *client = (struct client *)(void *)job;

	step_ended(client, call_step(client->call));
}

static const char *client_step(struct client *client)
{
	const char *problem = NULL;

	if (!client->call)
		problem = client_next(client);
	if (problem || !client->call || client->call->idle)
		return problem;
	if (!call_waits(client->call))
		return step_ended(client, call_step(client->call));
	if (pool_submit(client->owner->pool, &client->job) < 0)
		return "there is no thread for its call";
	client->busy = true;
	return NULL;
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
			r = sd_event_source_set_enabled(client->timer, waiting == WAITING_NOTHING ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
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
	due = client->call ? !client->call->idle : message_whole(client, &len);
	/* The next step waits for room as well: a socket that is a good part full is not writable, with nothing of ours left over. */
	write = due || buffer_len(&client->out);
	/* What comes during a call waits in the socket. */
	read = !client->ended && !client->call && !write;
	waiting = write ? WAITING_READER : read && buffer_len(&client->in) ? WAITING_MESSAGE : WAITING_NOTHING;
	return client_wait(client, (write ? EPOLLOUT : 0u) | (read ? EPOLLIN : 0u), waiting);
}

/* Its call's next step is due. Nothing happens to the client from within. */
static void client_wake(void *arg)
{
	struct client *client = arg;

	client->call->idle = false;
	if (client_arm(client) < 0)
		log_say(LOG_ERR, "client of uid %u, pid %d: it cannot be told what happened", client->peer.uid, (int)client->peer.pid);
}

/* Nothing is left to do for it. */
static bool client_done(struct client *client)
{
	size_t len;

	if (buffer_len(&client->out))
		return false;
	/* A call that waits for something to happen ends with the service. */
	if (client->call)
		return client->draining && client->call->idle;
	return (client->ended || client->draining) && !message_whole(client, &len);
}

/* What comes next, after what was done; the client may be gone then. */
static void client_settle(struct client *client, const char *problem)
{
	if (problem)
		client_gone(client, LOG_NOTICE, problem);
	else if (!client->busy && client_done(client))
		client_gone(client, LOG_DEBUG, buffer_len(&client->in) ? "it ended within a message" : "it ended");
	else if (client_arm(client) < 0 && !client->busy)
		client_gone(client, LOG_ERR, "it cannot be waited for");
}

static void client_turn(struct client *client, uint32_t events)
{
	const char *problem = NULL;

	if (events & EPOLLIN)
		problem = client_read(client);
	if (!problem)
		problem = client_write(client);
	if (!problem && !buffer_len(&client->out))
		problem = client_step(client);
	if (!problem && !client->busy)
		problem = client_write(client);
	client_settle(client, problem);
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
	/* One that waits for something to happen neither reads nor writes. */
	if (events & EPOLLHUP && client->call && client->call->idle)
		events |= EPOLLERR;
	/* One that left is found by reading or writing: what it sent before, such as a call that wants no reply, counts. */
	if (events & EPOLLERR)
		client_gone(client, LOG_DEBUG, "the connection broke");
	else
		client_turn(client, events);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct client *client = arg;

	(void)source, (void)usec;
	client_gone(client, LOG_NOTICE, client->waiting == WAITING_READER ? "it does not take its reply" : "it stopped within a message");
	return 0;
}

static void step_done(struct pool_job *job)
{
	struct client *client = (struct client *)(void *)job;

	client->busy = false;
	client_settle(client, client->broken ? client->broken : client_write(client));
}

bool client_idle(const struct client *client, uint64_t *ret_since)
{
	char byte;

	*ret_since = client->settled_us;
	return !client->call && client->waiting == WAITING_NOTHING && recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

void client_displace(struct client *client)
{
	client_gone(client, LOG_NOTICE, "it was idle, and another one needs its place");
}

void client_drain(struct client *client)
{
	client->draining = true;
	if (client->busy)
		return;
	client_turn(client, client->call || buffer_len(&client->out) ? 0 : EPOLLIN);
}

int client_new(const struct client_owner *owner, int fd, const struct peer *peer, struct client **ret)
{
	struct client *client = calloc(1, sizeof(*client));
	int r = -ENOMEM;

	if (!client) {
		close(fd);
		return r;
	}
	client->job = (struct pool_job){
	    .run = step_run, .done = step_done, .kind = peer->uid == 0 ? POOL_ROOT : POOL_CALL};
	client->owner = owner;
	client->fd = fd;
	client->peer = *peer;
	client->in.max = VARLINK_MESSAGE_MAX + READ_BYTES;
	client->out.max = OUT_BYTES_MAX;
	r = sd_event_add_io(owner->event, &client->io, fd, EPOLLIN, on_io, client);
	if (r >= 0)
		r = sd_event_add_time_relative(owner->event, &client->timer, CLOCK_MONOTONIC, 0, 0, on_timer, client);
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
	buffer_free(&client->in);
	buffer_free(&client->out);
	close(client->fd);
	free(client);
	return NULL;
}
