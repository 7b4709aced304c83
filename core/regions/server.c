/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Serving a device's regions on a unix socket, one client at a time. A client that leaves, fails or
 * is silent for too long loses its load. The device goes back to the state that it had before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/regions/message.h"
#include "core/regions/peer.h"

#define IDLE_MS 60000

struct migcompat_regions_server {
	struct migcompat_regions *regions;
	struct migcompat_server_options options;
	char version[MIGCOMPAT_STRING_MAX + 1];
	struct sockaddr_un address;
	int epoll;
	int listener;     /* -1: the socket's file is not ours */
	int client;       /* -1: none */
	bool greeted;     /* the client's HELLO was answered */
	bool accepted;    /* its last CHECK was: it may load */
	uint32_t before;  /* the state that the device goes back to */
	int64_t deadline; /* for the client's next request, in milliseconds */
	struct message_request request;
	struct message_reply reply;
};

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- the client comes and goes */

static int state_write(struct migcompat_regions *regions, uint32_t state)
{
	return regions_write(regions, STATE_FIELD(device_state), state);
}

/* Writing the state that the device has drops a load. Nobody is left to hear of an error. */
static void client_drop(struct migcompat_regions_server *server)
{
	struct migcompat_regions *regions = server->regions;

	if (server->client < 0)
		return;
	close(server->client);
	server->client = -1;
	(void)state_write(regions, regions->control.device_state);
	if (regions->control.device_state != server->before)
		(void)state_write(regions, server->before);
}

static void deadline_set(struct migcompat_regions_server *server)
{
	server->deadline = now_ms() + server->options.idle_ms;
}

/* Tell a client why it is not served. Its request, if it is there, is read first: the kernel would
 * drop the reply otherwise. */
static void client_refuse(struct migcompat_regions_server *server, int client, int r,
			  const char *text)
{
	struct message_reply *reply = &server->reply;

	(void)recv(client, &server->request, sizeof(server->request), MSG_DONTWAIT);
	*reply = (struct message_reply){.op = MESSAGE_HELLO, .number = 1, .error = (uint32_t)-r};
	message_reply_text(reply, text);
	(void)peer_send(client, reply, message_reply_size(reply), -1);
	close(client);
}

static int client_accept(struct migcompat_regions_server *server)
{
	int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
	struct error err = {0};
	int r = 0;

	if (client < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : -errno;
	r = peer_check(client, server->address.sun_path, &err);
	/* The sentence is for the client, to whom the other end is this one. */
	if (r == -EPERM)
		error_set(&err, r, "the device is served to root and user %u alone", geteuid());
	if (!r && server->client >= 0)
		r = error_set(&err, -EBUSY, "the device is served to another client");
	if (!r && epoll_ctl(server->epoll, EPOLL_CTL_ADD, client, &event) < 0)
		r = error_set(&err, -errno, "%s", strerror(errno));
	if (r) {
		client_refuse(server, client, r, err.text);
		return 0;
	}
	server->client = client;
	server->greeted = server->accepted = false;
	server->before = server->regions->control.device_state;
	deadline_set(server);
	return 0;
}

/* ---------------------------------------------------------------- requests */

/* The part of a version string after its KIND; "": there is none. */
static const char *after_kind(const char *version)
{
	const char *kind = strchr(version, ':');
	const char *type = kind ? strchr(kind + 1, ':') : NULL;

	return type ? type : "";
}

/* Unless the device judges itself: equal strings, of which the KIND may differ. */
static int judge_equal(const char *ours, const char *theirs, struct message_reply *reply)
{
	size_t len = strcspn(ours, ":");

	if (strncmp(ours, theirs, len + 1) == 0 && *after_kind(ours) &&
	    strcmp(after_kind(ours), after_kind(theirs)) == 0)
		return 0;
	message_reply_text(reply, "the state's version string is not equal to the device's");
	return -EINVAL;
}

static int answer_check(struct migcompat_regions_server *server)
{
	const struct message_request *request = &server->request;
	const struct migcompat_server_options *options = &server->options;
	char version[MIGCOMPAT_STRING_MAX + 1], text[ERROR_TEXT_MAX] = "";
	int r;

	server->accepted = false;
	if (request->count > MIGCOMPAT_STRING_MAX)
		return -E2BIG;
	memcpy(version, request->text, request->count);
	version[request->count] = '\0';
	if (!options->judge)
		r = judge_equal(server->version, version, &server->reply);
	else
		r = options->judge(options->arg, version, text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	if (*text)
		message_reply_text(&server->reply, text);
	server->accepted = r == 0;
	return r >= -4095 && r <= 0 ? r : -EPROTO;
}

static bool is_load(const struct state_write *write)
{
	return write->value == MIGCOMPAT_SET_BUFFER &&
	       (write->offset == offsetof(struct migcompat_control, config.action) ||
		write->offset == offsetof(struct migcompat_control, memory.action));
}

static int answer_run(struct migcompat_regions_server *server)
{
	const struct message_request *request = &server->request;
	struct migcompat_regions *regions = server->regions;
	struct migcompat_control control = regions->control;
	bool loads = false;
	int r;

	for (uint32_t i = 0; i < request->count; i++)
		loads = loads || is_load(&request->writes[i]);
	if (loads && !server->accepted) {
		r = -EPERM;
		message_reply_text(&server->reply, "SET_BUFFER without a version string that the "
						   "device takes");
	} else {
		regions->spare = request->flags & MESSAGE_SPARE;
		r = port_serve(regions, request->writes, request->count,
			       request->flags & MESSAGE_TOTAL, &control);
		regions->spare = false;
		if (r)
			message_reply_text(&server->reply, regions->err.text);
	}
	message_control_put(&server->reply.control, &control);
	return r;
}

static int answer_hello(struct migcompat_regions_server *server)
{
	if (server->request.count != MESSAGE_VERSION) {
		message_reply_text(&server->reply, "the server speaks version 1");
		return -EPROTONOSUPPORT;
	}
	server->greeted = true;
	server->reply.info = server->regions->info;
	message_reply_text(&server->reply, server->version);
	return 0;
}

/* A request that is well-formed and may come now. Returns what the reply says. */
static int answer(struct migcompat_regions_server *server)
{
	switch (server->request.op) {
	case MESSAGE_HELLO:
		return answer_hello(server);
	case MESSAGE_RUN:
		return answer_run(server);
	case MESSAGE_CHECK:
		return answer_check(server);
	default:
		server->before = server->regions->control.device_state;
		return 0;
	}
}

/* One request of the client. Descriptors that come with it are dropped by the kernel. */
static int client_serve(struct migcompat_regions_server *server)
{
	struct message_request *request = &server->request;
	struct message_reply *reply = &server->reply;
	ssize_t n = recv(server->client, request, sizeof(*request), MSG_DONTWAIT | MSG_TRUNC);
	bool hello = request->op == MESSAGE_HELLO;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || (size_t)n > sizeof(*request) || !message_request_sound(request, (size_t)n) ||
	    hello == server->greeted)
		return -EBADMSG;
	reply->op = request->op;
	reply->number = request->number;
	reply->len = 0;
	memset(&reply->control, 0, sizeof(reply->control));
	r = answer(server);
	reply->error = (uint32_t)-r;
	deadline_set(server);
	r = peer_send(server->client, reply, message_reply_size(reply),
		      hello && !reply->error ? server->regions->fd : -1);
	return r ? r : hello && !server->greeted ? -EPROTONOSUPPORT : 0;
}

int migcompat_regions_server_run(struct migcompat_regions_server *server, int timeout_ms)
{
	struct epoll_event events[2];
	int64_t left = server->client >= 0 ? server->deadline - now_ms() : timeout_ms;
	int n, r = 0;

	left = left < 0 ? 0 : left;
	n = epoll_wait(server->epoll, events, 2,
		       timeout_ms < 0 && server->client < 0   ? -1
		       : timeout_ms >= 0 && timeout_ms < left ? timeout_ms
							      : (int)left);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	/* First, so that the next client is not told "busy". A client that left before its reply
	 * has reported a failure, so its request is not carried out. */
	for (int i = 0; i < n; i++)
		if (events[i].data.fd == server->client && events[i].events & EPOLLHUP)
			client_drop(server);
	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == server->listener)
			r = client_accept(server);
		else if (server->client >= 0 && client_serve(server))
			client_drop(server);
	}
	if (server->client >= 0 && now_ms() >= server->deadline)
		client_drop(server);
	return r;
}

int migcompat_regions_server_fd(const struct migcompat_regions_server *server)
{
	return server->epoll;
}

/* ---------------------------------------------------------------- the server comes and goes */

/* Is it a socket at which nobody listens any more? connect(2) refuses other files as well. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	bool refused = fd >= 0 && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		       connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		       errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return refused;
}

static int listener_bind(int fd, const struct sockaddr_un *address)
{
	const struct sockaddr *to = (const struct sockaddr *)address;

	/* The mode of the socket becomes that of its file, less the umask. */
	if (fchmod(fd, 0600) < 0)
		return -errno;
	if (bind(fd, to, sizeof(*address)) == 0)
		return 0;
	if (errno != EADDRINUSE || !is_stale(address))
		return -errno;
	unlink(address->sun_path);
	return bind(fd, to, sizeof(*address)) < 0 ? -errno : 0;
}

static int listener_open(struct migcompat_regions_server *server, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	const char *path = server->address.sun_path;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : listener_bind(fd, &server->address);

	if (r) {
		if (fd >= 0)
			close(fd);
		return error_set(err, r, "%s could not be made: %s", path, strerror(-r));
	}
	server->listener = event.data.fd = fd;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (listen(fd, 8) < 0 || server->epoll < 0 ||
	    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_set(err, -errno, "%s cannot be served: %s", path, strerror(errno));
	return 0;
}

static int options_take(struct migcompat_regions_server *server,
			const struct migcompat_server_options *options, struct error *err)
{
	const size_t size = options ? options->struct_size : 0;
	const char *version;
	size_t len;
	int r;

	if (options)
		memcpy(&server->options, options,
		       size < sizeof(server->options) ? size : sizeof(server->options));
	version = server->options.version ? server->options.version : "";
	len = strlen(version);
	r = regions_version_check(version, len, err);
	if (r)
		return r;
	memcpy(server->version, version, len + 1);
	if (server->options.idle_ms <= 0)
		server->options.idle_ms = IDLE_MS;
	return 0;
}

int migcompat_regions_server_new(struct migcompat_regions *regions, const char *path,
				 const struct migcompat_server_options *options,
				 struct migcompat_regions_server **ret)
{
	struct migcompat_regions_server *server = calloc(1, sizeof(*server));
	struct error *err = &regions->err;
	int r;

	if (!server)
		return error_set(err, -ENOMEM, "out of memory");
	server->regions = regions;
	server->epoll = server->listener = server->client = -1;
	r = regions->remote ? error_set(err, -EINVAL, "the device is served by another process")
			    : options_take(server, options, err);
	if (!r)
		r = peer_address(path, &server->address, err);
	if (!r)
		r = regions_write(regions, STATE_FIELD(version), MIGCOMPAT_REGIONS_VERSION);
	if (!r)
		r = listener_open(server, err);
	if (r)
		migcompat_regions_server_free(server);
	else
		*ret = server;
	return r;
}

struct migcompat_regions_server *
migcompat_regions_server_free(struct migcompat_regions_server *server)
{
	if (!server)
		return NULL;
	client_drop(server);
	if (server->listener >= 0) {
		unlink(server->address.sun_path);
		close(server->listener);
	}
	if (server->epoll >= 0)
		close(server->epoll);
	free(server);
	return NULL;
}
