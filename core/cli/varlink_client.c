/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls and replies over a unix socket. Must not know an interface. */
#include "core/cli/varlink_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/facts/json_source.h"
#include "core/facts/json_write.h"

#define READ_BYTES 65536u
#define CONNECT_PART 6u /* the part of the reply time-out that connecting may take */
/* the longest pause before the second attempt; it doubles for each further one */
#define REST_MS 50u
#define REST_STEPS 5u /* up to 1.6 s */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void deadline_set(struct varlink_client *client)
{
	client->deadline_ms = client->timeout_ms ? now_ms() + client->timeout_ms : UINT64_MAX;
	if (client->deadline_ms > client->end_ms)
		client->deadline_ms = client->end_ms;
}

void varlink_wait_forever(struct varlink_client *client)
{
	client->timeout_ms = 0;
	client->end_ms = client->deadline_ms = UINT64_MAX;
}

static int late(const struct varlink_client *client, struct error *err)
{
	return error_set(err, -ETIMEDOUT, "the service at %s gave no answer in %g s", client->path,
			 client->timeout_ms / 1e3);
}

/*
 * One attempt. If the service's queue of connections is full, connect waits for
 * SO_SNDTIMEO.
 */
static int client_connect(struct varlink_client *client)
{
	unsigned wait_ms =
		client->timeout_ms > CONNECT_PART ? client->timeout_ms / CONNECT_PART : 1;
	struct timeval timeout = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

	memcpy(address.sun_path, client->path, strlen(client->path) + 1);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		r = -errno;
	else if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = errno == EAGAIN ? -ETIMEDOUT : -errno;
	client->fd = fd;
	return r;
}

static void client_disconnect(struct varlink_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->start = client->end = client->scanned = 0;
}

int varlink_open(struct varlink_client *client, const char *path, unsigned timeout_ms,
		 struct error *err)
{
	struct sockaddr_un address;
	int r;

	*client = (struct varlink_client){
		.path = path, .timeout_ms = timeout_ms, .watched = -1, .fd = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG, "%s: a socket's path has at most %zu bytes",
				 path, sizeof(address.sun_path) - 1);
	r = client_connect(client);
	if (!r)
		return 0;
	varlink_close(client);
	return error_set(err, r, "no service answers at %s: %s", path, strerror(-r));
}

void varlink_close(struct varlink_client *client)
{
	/* A zeroed client has no descriptor of its own. */
	if (client->path)
		client_disconnect(client);
	free(client->bytes);
	free(client->text);
	*client = (struct varlink_client){.watched = -1, .fd = -1};
}

/* Wait until the socket is ready for these events. */
static int client_wait(struct varlink_client *client, short events, struct error *err)
{
	struct pollfd fds[] = {{.fd = client->fd, .events = events}, {.fd = client->watched}};
	struct timespec left = {0};
	uint64_t now = now_ms();
	int r;

	if (now >= client->deadline_ms)
		return late(client, err);
	left.tv_sec = (time_t)((client->deadline_ms - now) / 1000);
	left.tv_nsec = (long)((client->deadline_ms - now) % 1000) * 1000000;
	r = ppoll(fds, 2, client->deadline_ms == UINT64_MAX ? NULL : &left, client->mask);
	if (r < 0 && errno == EINTR)
		return client->mask ? error_set(err, -EINTR, "interrupted") : 0;
	if (r < 0)
		return error_set(err, -errno, "the service at %s cannot be waited for: %s",
				 client->path, strerror(errno));
	if (fds[1].revents)
		return error_set(err, -EPIPE, "the reader is gone");
	return r == 0 ? late(client, err) : 0;
}

/* ---------------------------------------------------------------- calls */

static int client_send(struct varlink_client *client, const char *bytes, size_t len,
		       struct error *err)
{
	while (len) {
		ssize_t done = send(client->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		int r = 0;

		if (done >= 0) {
			bytes += done;
			len -= (size_t)done;
		} else if (errno == EAGAIN) {
			r = client_wait(client, POLLOUT, err);
		} else if (errno != EINTR) {
			r = error_set(err, -ECONNRESET,
				      "the service at %s closed the connection before the call",
				      client->path);
		}
		if (r)
			return r;
	}
	return 0;
}

int varlink_call(struct varlink_client *client, const char *method, json_t *parameters, bool more,
		 struct error *err)
{
	json_t *object = json_pack("{s:s,s:o}", "method", method, "parameters", parameters);
	struct error lost = {0};
	int r;

	free(client->text);
	client->text = NULL;
	if (object && (!more || json_object_set_new(object, "more", json_true()) == 0))
		client->text = json_write(object, JSON_COMPACT);
	json_decref(object);
	if (!client->text)
		return error_set(err, -ENOMEM, "out of memory");
	client->end_ms = now_ms() + (uint64_t)client->timeout_ms * VARLINK_CALL_TIMES;
	client->received = 0;
	client->tries = 1;
	deadline_set(client);
	r = client_send(client, client->text, strlen(client->text) + 1, &lost);
	/* What the service sent before it closed the connection is read as a reply. */
	return r && r != -ECONNRESET ? error_set(err, r, "%s", lost.text) : 0;
}

/* ---------------------------------------------------------------- replies */

/* Is there a whole reply? *ret_len is its length without the zero. */
static bool reply_whole(struct varlink_client *client, size_t *ret_len)
{
	size_t len = client->end - client->start;
	const char *bytes, *zero;

	if (len == client->scanned)
		return false;
	bytes = client->bytes + client->start;
	zero = memchr(bytes + client->scanned, '\0', len - client->scanned);
	client->scanned = len;
	if (zero)
		*ret_len = (size_t)(zero - bytes);
	return zero != NULL;
}

static int client_room(struct varlink_client *client)
{
	size_t room = client->room ? client->room : 2 * READ_BYTES;
	char *bytes;

	if (client->start) {
		memmove(client->bytes, client->bytes + client->start, client->end - client->start);
		client->end -= client->start;
		client->start = 0;
	}
	while (room < client->end + READ_BYTES)
		room *= 2;
	if (room == client->room)
		return 0;
	bytes = realloc(client->bytes, room);
	if (!bytes)
		return -ENOMEM;
	client->bytes = bytes;
	client->room = room;
	return 0;
}

static int client_read(struct varlink_client *client, struct error *err)
{
	ssize_t got;
	int r;

	if (client->end - client->start > VARLINK_REPLY_MAX)
		return error_set(err, -EFBIG,
				 "the service at %s sent too much: more than %u bytes in one reply",
				 client->path, VARLINK_REPLY_MAX);
	if (client->received > VARLINK_CALL_MAX && client->timeout_ms)
		return error_set(err, -EFBIG, "the service at %s sent too much: more than %u bytes",
				 client->path, VARLINK_CALL_MAX);
	if (client_room(client))
		return error_set(err, -ENOMEM, "out of memory");
	/*
	 * Also if there are bytes already, so that a peer which sends without end runs
	 * into the deadline.
	 */
	r = client_wait(client, POLLIN, err);
	if (r)
		return r;
	got = recv(client->fd, client->bytes + client->end, READ_BYTES, MSG_DONTWAIT);
	if (got > 0) {
		client->end += (size_t)got;
		client->received += (uint64_t)got;
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		return error_set(err, -ECONNRESET, "the service at %s closed the connection %s",
				 client->path,
				 client->end > client->start ? "within its answer"
							     : "without an answer");
	}
	return 0;
}

/* Take a reply apart. Takes ownership of message. false: it is no reply. */
static bool reply_take(json_t *message, struct varlink_reply *ret)
{
	json_t *parameters = json_object_get(message, "parameters"),
	       *error = json_object_get(message, "error"),
	       *continues = json_object_get(message, "continues");
	struct varlink_reply reply = {.message = message,
				      .error = json_string_value(error),
				      .continues = json_is_true(continues)};

	if ((error && !json_is_string(error) && !json_is_null(error)) ||
	    (continues && !json_is_boolean(continues) && !json_is_null(continues)) ||
	    (parameters && !json_is_object(parameters) && !json_is_null(parameters)))
		return false;
	if (!json_is_object(parameters)) {
		parameters = json_object();
		if (json_object_set_new(message, "parameters", parameters))
			return false;
	}
	reply.parameters = parameters;
	*ret = reply;
	return true;
}

static int reply_parse(const struct varlink_client *client, const char *text, size_t len,
		       struct varlink_reply *ret, struct error *err)
{
	json_t *message = NULL;
	struct error why = {0};
	int r = json_source_text(&(struct json_text){.name = "its reply",
						     .what = "message",
						     .bytes = text,
						     .len = len,
						     .max = VARLINK_REPLY_MAX},
				 &message, &why);

	if (!r && (!json_is_object(message) || !reply_take(message, ret)))
		r = error_set(&why, -EBADMSG, "its reply has not the form of a reply");
	if (!r)
		return 0;
	json_decref(message);
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	return error_set(err, -EBADMSG, "the service at %s sent an invalid answer: %s",
			 client->path, why.text);
}

/* Read the next reply on this connection. */
static int reply_next(struct varlink_client *client, struct varlink_reply *ret, struct error *err)
{
	size_t len = 0;
	int r = 0;

	while (!r && !reply_whole(client, &len))
		r = client_read(client, err);
	if (r)
		return r;
	r = reply_parse(client, client->bytes + client->start, len, ret, err);
	client->start += len + 1;
	client->scanned = 0;
	return r;
}

/*
 * Doubles each time. It is random, so that clients which were refused together do not
 * return together.
 */
static unsigned rest_ms(const struct varlink_client *client)
{
	unsigned steps = client->tries - 2 < REST_STEPS ? client->tries - 2 : REST_STEPS,
		 most = REST_MS << steps;

	return most / 2 + (unsigned)(now_ms() * 7919u + (unsigned)getpid() * 31u) % (most / 2);
}

static int client_rest(struct varlink_client *client, struct error *err)
{
	uint64_t until = now_ms() + rest_ms(client), deadline = client->deadline_ms;
	int fd = client->fd, r;

	/*
	 * Without a descriptor only the deadline, a signal or the watched descriptor ends
	 * this wait.
	 */
	client->fd = -1;
	client->deadline_ms = until < deadline ? until : deadline;
	do
		r = client_wait(client, 0, err);
	while (!r && now_ms() < client->deadline_ms);
	client->fd = fd;
	client->deadline_ms = deadline;
	return r == -ETIMEDOUT && until < deadline ? 0 : r;
}

/*
 * Repeat the call on another connection. why has the service's sentence, or ours if it
 * sent none.
 */
static int client_again(struct varlink_client *client, bool silent, const char *why,
			struct error *err)
{
	struct error lost = {0};
	int r;

	if (silent && client->tries >= VARLINK_TRIES_SILENT)
		return error_set(err, -ECONNRESET, "%s", why);
	if (client->tries >= VARLINK_TRIES)
		return error_set(err, -EBUSY, "the service at %s is busy: asked %u times, %s",
				 client->path, client->tries, why);
	client->tries++;
	r = client_rest(client, err);
	if (r)
		return r;
	client_disconnect(client);
	client->received = 0;
	r = client_connect(client);
	if (r)
		return error_set(err, r, "the service at %s is gone: %s; before, %s", client->path,
				 strerror(-r), why);
	r = client_send(client, client->text, strlen(client->text) + 1, &lost);
	return r && r != -ECONNRESET ? error_set(err, r, "%s", lost.text) : 0;
}

/* Is the service only overloaded? Then why has its sentence or ours, for client_again. */
static bool client_may_ask_again(struct varlink_client *client, int r, struct varlink_reply *reply,
				 struct error *why)
{
	const char *reason;

	if (!client->text)
		return false;
	if (r)
		return r == -ECONNRESET && client->received == 0 && !client->once;
	if (!client->busy || !reply->error || strcmp(reply->error, client->busy) != 0)
		return false;
	reason = json_string_value(json_object_get(reply->parameters, "reason"));
	error_set(why, -EBUSY, "%s", reason ? reason : "it gave no reason");
	varlink_reply_clear(reply);
	return true;
}

int varlink_receive(struct varlink_client *client, struct varlink_reply *ret, struct error *err)
{
	struct error why = {0};
	int r = reply_next(client, ret, &why);

	while (client_may_ask_again(client, r, ret, &why)) {
		r = client_again(client, r != 0, why.text, err);
		if (r)
			return r;
		r = reply_next(client, ret, &why);
	}
	free(client->text);
	client->text = NULL;
	deadline_set(client);
	return r ? error_set(err, r, "%s", why.text) : 0;
}

void varlink_reply_clear(struct varlink_reply *reply)
{
	json_decref(reply->message);
	*reply = (struct varlink_reply){.message = NULL};
}
