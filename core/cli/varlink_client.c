/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls and replies over a unix socket. Knows no interface. */
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

#define READ_BYTES 65536u

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
	return error_set(err, -ETIMEDOUT, "the service at %s gave no answer in %g s", client->path, client->timeout_ms / 1e3);
}

int varlink_open(struct varlink_client *client, const char *path, unsigned timeout_ms, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	int fd, r = 0;

	*client = (struct varlink_client){.path = path, .timeout_ms = timeout_ms, .watched = -1, .fd = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG, "%s: a socket's path has at most %zu bytes", path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* One that is alive but accepts nobody makes connect wait as long as sending may. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		r = -errno;
	else if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = errno == EAGAIN ? -ETIMEDOUT : -errno;
	client->fd = fd;
	if (!r)
		return 0;
	varlink_close(client);
	return error_set(err, r, "no service answers at %s: %s", path, strerror(-r));
}

void varlink_close(struct varlink_client *client)
{
	/* Of a zeroed one the descriptor is no descriptor of ours. */
	if (client->path && client->fd >= 0)
		close(client->fd);
	free(client->bytes);
	*client = (struct varlink_client){.watched = -1, .fd = -1};
}

/* Until the socket is ready for these events. */
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
		return error_set(err, -errno, "the service at %s cannot be waited for: %s", client->path, strerror(errno));
	if (fds[1].revents)
		return error_set(err, -EPIPE, "nobody reads any more");
	return r == 0 ? late(client, err) : 0;
}

/* ---------------------------------------------------------------- calls */

static int client_send(struct varlink_client *client, const char *bytes, size_t len, struct error *err)
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
			r = error_set(err, -ECONNRESET, "the service at %s closed the connection before it was asked", client->path);
		}
		if (r)
			return r;
	}
	return 0;
}

int varlink_call(struct varlink_client *client, const char *method, json_t *parameters, bool more, struct error *err)
{
	json_t *object = json_pack("{s:s,s:o}", "method", method, "parameters", parameters);
	char *text = NULL;
	int r;

	if (object && (!more || json_object_set_new(object, "more", json_true()) == 0))
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		return error_set(err, -ENOMEM, "out of memory");
	client->end_ms = now_ms() + (uint64_t)client->timeout_ms * VARLINK_CALL_TIMES;
	client->received = 0;
	deadline_set(client);
	r = client_send(client, text, strlen(text) + 1, err);
	free(text);
	return r;
}

/* ---------------------------------------------------------------- replies */

/* Is a whole reply there? *ret_len: its bytes without the zero. */
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
		return error_set(err, -EFBIG, "the service at %s answers without end: more than %u bytes in one reply", client->path,
				 VARLINK_REPLY_MAX);
	if (client->received > VARLINK_CALL_MAX && client->timeout_ms)
		return error_set(err, -EFBIG, "the service at %s answers without end: more than %u bytes", client->path, VARLINK_CALL_MAX);
	if (client_room(client))
		return error_set(err, -ENOMEM, "out of memory");
	/* Also where bytes are there already: one that sends without end is still too late some day. */
	r = client_wait(client, POLLIN, err);
	if (r)
		return r;
	got = recv(client->fd, client->bytes + client->end, READ_BYTES, MSG_DONTWAIT);
	if (got > 0) {
		client->end += (size_t)got;
		client->received += (uint64_t)got;
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		return error_set(err, -ECONNRESET, "the service at %s closed the connection %s", client->path,
				 client->end > client->start ? "within its answer" : "without an answer");
	}
	return 0;
}

/* The parts of a reply; the message is taken over. False: it is none. */
static bool reply_take(json_t *message, struct varlink_reply *ret)
{
	json_t *parameters = json_object_get(message, "parameters"), *error = json_object_get(message, "error"),
	       *continues = json_object_get(message, "continues");
	struct varlink_reply reply = {.message = message, .error = json_string_value(error), .continues = json_is_true(continues)};

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

static int reply_parse(const struct varlink_client *client, const char *text, size_t len, struct varlink_reply *ret, struct error *err)
{
	struct json_source source = {0};
	json_t *message = NULL;
	struct error why = {0};
	int r = json_source_memory(&source, "its reply", text, len, VARLINK_REPLY_MAX, &why);

	if (!r) {
		r = json_source_value(&source, "message", VARLINK_REPLY_MAX, &message, &why);
		if (!r)
			r = json_source_finish(&source, &why);
		json_source_close(&source);
	}
	if (!r && (!json_is_object(message) || !reply_take(message, ret)))
		r = error_set(&why, -EBADMSG, "its reply has not the form of one");
	if (!r)
		return 0;
	json_decref(message);
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	return error_set(err, -EBADMSG, "the service at %s answers nonsense: %s", client->path, why.text);
}

int varlink_receive(struct varlink_client *client, struct varlink_reply *ret, struct error *err)
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
	deadline_set(client);
	return r;
}

void varlink_reply_clear(struct varlink_reply *reply)
{
	json_decref(reply->message);
	*reply = (struct varlink_reply){.message = NULL};
}
