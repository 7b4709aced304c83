/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting the service together, and taking it apart in order. */
#include "core/service/server.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/service/listen.h"
#include "core/service/log.h"

#define DRAIN_US 5000000u /* for the last replies to be taken */

struct server {
	const struct server_options *options;
	struct client_owner owner;
	struct call_context context;
	struct holds holds;
	struct peer_group group;
	sd_event *event;
	sd_event_source *accepting;
	struct client *clients[SERVER_CLIENTS_MAX];
	size_t nclients;
	int fd;
	bool own;  /* the socket's file is ours to remove */
	bool full; /* said so already */
	bool draining;
};

static void server_drained(struct server *server)
{
	if (server->draining && server->nclients == 0)
		sd_event_exit(server->event, 0);
}

static void client_gone(void *arg, struct client *client)
{
	struct server *server = arg;
	size_t i = 0;

	while (server->clients[i] != client)
		i++;
	server->clients[i] = server->clients[--server->nclients];
	client_free(client);
	server->full = false;
	server_drained(server);
}

/* ---------------------------------------------------------------- new clients */

static bool admitted(struct server *server, const struct peer *peer)
{
	size_t most = peer->uid == 0 ? SERVER_CLIENTS_MAX : SERVER_CLIENTS_MAX - SERVER_CLIENTS_ROOT;

	if (server->nclients < most)
		return true;
	if (!server->full)
		log_say(LOG_WARNING, "%zu clients are connected, which is the most; others are turned away", server->nclients);
	server->full = true;
	return false;
}

static int on_connect(sd_event_source *source, int listening, uint32_t events, void *arg)
{
	struct server *server = arg;
	struct peer peer;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), r;

	(void)source, (void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_say(LOG_ERR, "a client could not be accepted: %s", strerror(errno));
		return 0;
	}
	r = peer_read(fd, &server->group, &peer);
	if (r || !admitted(server, &peer)) {
		if (r)
			log_say(LOG_ERR, "a client's credentials could not be read: %s", strerror(-r));
		close(fd);
		return 0;
	}
	r = client_new(&server->owner, fd, &peer, &server->clients[server->nclients]);
	if (r)
		log_say(LOG_ERR, "a client could not be taken: %s", strerror(-r));
	else
		server->nclients++;
	return 0;
}

/* ---------------------------------------------------------------- signals */

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct server *server = arg;
	struct world *world = NULL;
	struct timespec now;
	struct error err = {0};

	(void)source, (void)info;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
	if (world_new(&server->options->world, &server->holds, &world, &err)) {
		log_say(LOG_ERR, "the old policy stays in force: %s", err.text);
		sd_notifyf(0, "READY=1\nSTATUS=The old policy stays in force: %s", err.text);
		return 0;
	}
	world_unref(server->context.world);
	server->context.world = world;
	log_say(LOG_NOTICE, "policy and backends are loaded again");
	sd_notify(0, "READY=1\nSTATUS=");
	return 0;
}

static int on_patience_end(sd_event_source *source, uint64_t usec, void *arg)
{
	struct server *server = arg;

	(void)source, (void)usec;
	log_say(LOG_WARNING, "%zu clients did not take their replies in time", server->nclients);
	return sd_event_exit(server->event, 0);
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct server *server = arg;

	(void)source, (void)info;
	if (server->draining)
		return 0;
	sd_notify(0, "STOPPING=1");
	server->draining = true;
	server->accepting = sd_event_source_disable_unref(server->accepting);
	/* From the end: whoever goes leaves its place to the last one. */
	for (size_t i = server->nclients; i > 0; i--)
		client_drain(server->clients[i - 1]);
	server_drained(server);
	return sd_event_add_time_relative(server->event, NULL, CLOCK_MONOTONIC, DRAIN_US, 0, on_patience_end, server);
}

/* ---------------------------------------------------------------- start and end */

static int server_open_socket(struct server *server, struct error *err)
{
	const char *path = server->options->socket, *slash = strrchr(path, '/');
	char folder[4096];
	int r = listen_passed(&server->fd, err);

	if (r || server->fd >= 0)
		return r;
	if (slash && slash != path) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		r = listen_folder(folder, &server->group, err);
	}
	if (!r)
		r = listen_open(path, &server->group, &server->fd, err);
	server->own = !r;
	return r;
}

static int server_start(struct server *server, struct error *err)
{
	const struct server_options *options = server->options;
	int r = peer_group_find(options->group, &server->group);

	if (r)
		return error_set(err, r, "group \"%s\" could not be looked up: %s", options->group, strerror(-r));
	/* First, so that a second service stops here and touches nothing. */
	r = server_open_socket(server, err);
	if (!r)
		r = listen_folder(options->state, &server->group, err);
	if (!r)
		r = holds_load(&server->holds, options->state, err);
	if (!r)
		r = world_new(&options->world, &server->holds, &server->context.world, err);
	return r;
}

static int server_watch(struct server *server, struct error *err)
{
	sd_event *event = NULL;
	int r = sd_event_new(&event);

	server->event = server->owner.event = event;
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, on_end, server);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_end, server);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGHUP, on_reload, server);
	if (r >= 0)
		r = sd_event_add_io(event, &server->accepting, server->fd, EPOLLIN, on_connect, server);
	if (r >= 0)
		r = sd_event_set_watchdog(event, 1);
	return r < 0 ? error_set(err, r, "the event loop could not be made: %s", strerror(-r)) : 0;
}

static void server_stop(struct server *server)
{
	while (server->nclients)
		client_free(server->clients[--server->nclients]);
	sd_event_source_disable_unref(server->accepting);
	sd_event_unref(server->event);
	world_unref(server->context.world);
	holds_free(&server->holds);
	if (server->own)
		unlink(server->options->socket);
	if (server->fd >= 0)
		close(server->fd);
}

int server_run(const struct server_options *options, struct error *err)
{
	struct server server = {.options = options, .fd = -1};
	int r;

	server.context.holds = &server.holds;
	server.owner = (struct client_owner){
		.context = &server.context,
		.patience_us = options->patience_us,
		.gone = client_gone,
		.arg = &server,
	};
	r = server_start(&server, err);
	if (!r)
		r = server_watch(&server, err);
	if (!r) {
		log_say(LOG_INFO, "serving at %s, %zu devices held", options->socket, server.holds.count);
		sd_notify(0, "READY=1");
		r = sd_event_loop(server.event);
		if (r < 0)
			error_set(err, r, "the event loop failed: %s", strerror(-r));
	}
	server_stop(&server);
	return r;
}
