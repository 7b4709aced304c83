/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of a served device. Nothing that the server says is trusted. */
#include "core/regions/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/regions/message.h"
#include "core/regions/peer.h"

struct client {
	struct state_port port;
	const char *path;
	struct client_options options;
	int socket;
	int memory; /* the memfd; -1: not received yet */
	size_t size;
	uint32_t number; /* of the last request */
	bool started;    /* its reply was not received yet */
	int dead;        /* 0, or the errno that ended the connection */
	struct error reason;
	char version[MIGCOMPAT_STRING_MAX + 1];
	struct message_request request;
	struct message_reply reply;
};

static struct client *client_of(struct state_port *port)
{
	return (struct client *)(void *)port;
}

/* ---------------------------------------------------------------- a request and its reply */

/* End the connection: a late reply would be taken for that of the next request. */
static int fail(struct client *client, int r, const char *text, struct error *err)
{
	client->dead = error_set(&client->reason, r, "%s: %s", client->path, text);
	shutdown(client->socket, SHUT_RDWR);
	return error_set(err, r, "%s", client->reason.text);
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Wait for a reply until the deadline. */
static int wait_readable(const struct client *client)
{
	struct pollfd fds[] = {{.fd = client->socket, .events = POLLIN},
			       {.fd = client->options.stop, .events = POLLIN}};
	const int64_t deadline = now_ms() + client->options.timeout_ms;
	int64_t left = client->options.timeout_ms;
	int n;

	do {
		n = poll(fds, 2, (int)left);
		left = deadline - now_ms();
		left = left < 0 ? 0 : left;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (fds[1].revents)
		return -ECANCELED;
	return n ? 0 : -ETIMEDOUT;
}

static const char *failure(int r)
{
	switch (r) {
	case -ECANCELED:
		return "it was interrupted";
	case -ETIMEDOUT:
		return "the device's process does not answer";
	case -ECONNRESET:
	case -EPIPE:
		return "the device's process closed the connection";
	case -EBADMSG:
		return "the device's process sent a malformed reply";
	default:
		return strerror(-r);
	}
}

/* Send client->request. A server that refuses the connection closes it after a reply that says
 * why, so a closed connection counts as sent. */
static int request_send(struct client *client, struct error *err)
{
	int r;

	if (client->dead)
		return error_set(err, client->dead, "%s", client->reason.text);
	client->request.number = ++client->number;
	r = peer_send(client->socket, &client->request, message_request_size(&client->request), -1);
	return r && r != -EPIPE ? fail(client, r, failure(r), err) : 0;
}

/* Receive client->reply. *ret_fd: a descriptor that came with it, or -1. 0: there is a reply, which
 * may hold an error. */
static int reply_receive(struct client *client, int *ret_fd, struct error *err)
{
	struct message_reply *reply = &client->reply;
	ssize_t n = peer_receive(client->socket, reply, sizeof(*reply), ret_fd);
	int r;

	if (n == -EAGAIN) {
		r = wait_readable(client);
		if (r)
			return fail(client, r, failure(r), err);
		n = peer_receive(client->socket, reply, sizeof(*reply), ret_fd);
	}
	if (n >= 0 && message_reply_sound(reply, (size_t)n) && reply->op == client->request.op &&
	    reply->number == client->number)
		return 0;
	if (*ret_fd >= 0)
		close(*ret_fd);
	*ret_fd = -1;
	r = n < 0 && n != -EAGAIN ? (int)n : -EBADMSG;
	return fail(client, r, failure(r), err);
}

/* A reply that brings no descriptor. */
static int reply_plain(struct client *client, struct error *err)
{
	int fd = -1, r = reply_receive(client, &fd, err);

	if (fd >= 0)
		close(fd);
	return r;
}

/* What the reply says: 0, or the server's errno with its sentence. */
static int outcome(const struct client *client, struct error *err)
{
	const struct message_reply *reply = &client->reply;
	int r = -(int)reply->error;

	if (!r)
		return 0;
	if (!reply->len)
		return error_set(err, r, "%s", strerror(-r));
	return error_set(err, r, "%.*s", (int)reply->len, reply->text);
}

static int run_send(struct client *client, const struct state_write *writes, size_t count,
		    uint32_t flags, struct error *err)
{
	if (count > STATE_WRITES_MAX)
		return error_set(err, -E2BIG, "more than %u writes at a time", STATE_WRITES_MAX);
	client->request.op = MESSAGE_RUN;
	client->request.count = (uint32_t)count;
	client->request.flags = flags;
	if (count)
		memcpy(client->request.writes, writes, count * sizeof(*writes));
	return request_send(client, err);
}

static int client_start(struct state_port *port, const struct state_write *writes, size_t count,
			bool spare, struct error *err)
{
	struct client *client = client_of(port);
	int r = run_send(client, writes, count, spare ? MESSAGE_SPARE : 0, err);

	client->started = !r;
	return r;
}

static int client_finish(struct state_port *port, struct migcompat_control *ret_control,
			 struct error *err)
{
	struct client *client = client_of(port);
	int r;

	client->started = false;
	r = reply_plain(client, err);
	if (r)
		return r;
	r = message_control_get(&client->reply.control, port, ret_control);
	if (r)
		return fail(client, r, failure(r), err);
	return outcome(client, err);
}

/* The result of what was started, if anything was. */
static int settle(struct client *client, struct error *err)
{
	struct migcompat_control control;

	return client->started ? client_finish(&client->port, &control, err) : 0;
}

static int client_run(struct state_port *port, const struct state_write *writes, size_t count,
		      bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct client *client = client_of(port);
	int r = settle(client, err);

	if (!r)
		r = run_send(client, writes, count, total ? MESSAGE_TOTAL : 0, err);
	return r ? r : client_finish(port, ret_control, err);
}

/* A request without a descriptor and its reply. */
static int call(struct client *client, struct error *err)
{
	int r = request_send(client, err);

	if (!r)
		r = reply_plain(client, err);
	return r ? r : outcome(client, err);
}

static void client_close(struct state_port *port)
{
	struct client *client = client_of(port);

	if (port->base)
		munmap(port->base, client->size);
	if (client->memory >= 0)
		close(client->memory);
	if (client->socket >= 0)
		close(client->socket);
	free(client);
}

static const struct state_port_ops client_ops = {
	.run = client_run,
	.start = client_start,
	.finish = client_finish,
	.close = client_close,
};

int client_check(struct state_port *port, const char *version, size_t len, struct error *err)
{
	struct client *client = client_of(port);
	int r = settle(client, err);

	if (r)
		return r;
	if (len > MIGCOMPAT_STRING_MAX)
		return error_set(err, -E2BIG, "the version string is longer than %u bytes",
				 MIGCOMPAT_STRING_MAX);
	client->request.op = MESSAGE_CHECK;
	client->request.count = (uint32_t)len;
	memcpy(client->request.text, version, len);
	return call(client, err);
}

int client_keep(struct state_port *port, struct error *err)
{
	struct client *client = client_of(port);
	int r = settle(client, err);

	client->request.op = MESSAGE_KEEP;
	return r ? r : call(client, err);
}

const char *client_version(const struct state_port *port)
{
	return ((const struct client *)(const void *)port)->version;
}

bool client_lives(const struct state_port *port)
{
	return !((const struct client *)(const void *)port)->dead;
}

int client_memory(const struct state_port *port)
{
	return ((const struct client *)(const void *)port)->memory;
}

/* ---------------------------------------------------------------- connecting */

static int socket_connect(struct client *client, struct error *err)
{
	const int timeout_ms = client->options.timeout_ms;
	const struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	struct sockaddr_un address;
	int r = peer_address(client->path, &address, err);

	if (r)
		return r;
	/* A limit of 0 is none for the socket, and a negative one is none for poll. */
	if (timeout_ms <= 0)
		return error_set(err, -EINVAL, "%s: the time limit is %d ms, expected at least 1",
				 client->path, timeout_ms);
	client->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* A full queue of connections makes connect(2) wait for this long. */
	if (client->socket < 0 ||
	    setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return error_set(err, -errno, "no socket could be made: %s", strerror(errno));
	if (connect(client->socket, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		r = errno == EAGAIN ? -ETIMEDOUT : errno == EINTR ? -ECANCELED : -errno;
		return error_set(err, r, "%s: %s", client->path, failure(r));
	}
	return peer_check(client->socket, client->path, err);
}

static int version_take(struct client *client)
{
	const struct message_reply *reply = &client->reply;

	if (regions_version_check(reply->text, reply->len, NULL))
		return -EBADMSG;
	memcpy(client->version, reply->text, reply->len);
	client->version[reply->len] = '\0';
	return 0;
}

static int hello(struct client *client, struct error *err)
{
	const struct regions_info *info = &client->reply.info;
	struct error text = {0};
	int r;

	client->request.op = MESSAGE_HELLO;
	client->request.count = MESSAGE_VERSION;
	r = request_send(client, err);
	if (!r)
		r = reply_receive(client, &client->memory, err);
	if (r)
		return r;
	r = outcome(client, &text);
	if (r)
		return error_set(err, r, "%s: %s", client->path, text.text);
	if (version_take(client) || regions_info_check(info, NULL))
		return fail(client, -EBADMSG, failure(-EBADMSG), err);
	client->port.info = *info;
	client->port.spare = regions_places(info, client->port.places) -
			     client->port.places[MIGCOMPAT_REGION_MEMORY].size;
	r = peer_map(client->memory, info, &client->port.base, &client->size, &text);
	return r ? fail(client, r, text.text, err) : 0;
}

int client_connect(const char *path, const struct client_options *options, struct state_port **ret,
		   struct error *err)
{
	struct client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return error_set(err, -ENOMEM, "out of memory");
	client->port.ops = &client_ops;
	client->path = path;
	client->options = *options;
	client->socket = client->memory = -1;
	r = socket_connect(client, err);
	if (!r)
		r = hello(client, err);
	if (r)
		client_close(&client->port);
	else
		*ret = &client->port;
	return r;
}
