/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting the service together, and taking it apart in order. */
#include "core/service/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/service/clients.h"
#include "core/service/listen.h"
#include "core/service/log.h"
#include "core/service/reload.h"

#define DRAIN_US 5000000u /* for calls that run and replies that are to be taken */
#define JOBS_END_MS 1000u /* beyond that, for whatever else runs in threads */

struct server {
	const struct server_options *options;
	struct call_context context;
	struct holds holds;
	struct clients clients;
	struct reload reload;
	sd_event *event;
	struct pool *pool;
	int fd;
	bool own; /* the socket's file is ours to remove */
	bool draining;
};

/* ---------------------------------------------------------------- signals */

static struct world *on_loaded(void *arg, struct world *world)
{
	struct server *server = arg;
	struct world *before = server->context.world;

	server->context.world = world;
	return before;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct server *server = arg;

	(void)source, (void)info;
	if (!server->draining)
		reload_start(&server->reload);
	return 0;
}

static void on_empty(void *arg)
{
	struct server *server = arg;

	sd_event_exit(server->event, 0);
}

static int on_drain_end(sd_event_source *source, uint64_t usec, void *arg)
{
	struct server *server = arg;

	(void)source, (void)usec;
	log_say(LOG_WARNING, "%zu clients did not have or take their replies in time", server->clients.count);
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
	clients_drain(&server->clients);
	return sd_event_add_time_relative(server->event, NULL, CLOCK_MONOTONIC, DRAIN_US, 0, on_drain_end, server);
}

/* ---------------------------------------------------------------- start */

static int server_open_socket(struct server *server, struct error *err)
{
	const char *path = server->options->socket, *slash = strrchr(path, '/');
	char folder[4096];
	int r = listen_passed(&server->fd, err);

	if (r || server->fd >= 0)
		return r;
	if (slash && slash != path) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		r = listen_folder(folder, &server->clients.group, err);
	}
	if (!r)
		r = listen_open(path, &server->clients.group, &server->fd, err);
	server->own = !r;
	return r;
}

static int server_start(struct server *server, struct error *err)
{
	const struct server_options *options = server->options;
	int r = peer_group_find(options->group, &server->clients.group);

	if (r)
		return error_set(err, r, "group \"%s\" could not be looked up: %s", options->group, strerror(-r));
	/* First, so that a second service stops here and touches nothing. */
	r = server_open_socket(server, err);
	if (!r)
		r = listen_folder(options->state, &server->clients.group, err);
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

	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, on_end, server);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_end, server);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGHUP, on_reload, server);
	if (r >= 0)
		r = sd_event_set_watchdog(event, 1);
	server->event = event;
	return r < 0 ? error_set(err, r, "the event loop could not be made: %s", strerror(-r)) : 0;
}

static int server_serve(struct server *server, struct error *err)
{
	int r = pool_new(server->event, POOL_IDLE_MS, &server->pool, err);

	if (r)
		return r;
	server->context.holds = &server->holds;
	server->clients.owner = (struct client_owner){
		.event = server->event,
		.pool = server->pool,
		.context = &server->context,
		.patience_us = server->options->patience_us,
	};
	server->clients.empty = on_empty;
	server->clients.arg = server;
	server->reload = (struct reload){
		.pool = server->pool,
		.options = &server->options->world,
		.holds = &server->holds,
		.swap = on_loaded,
		.arg = server,
	};
	r = clients_accept(&server->clients, server->fd);
	return r ? error_set(err, r, "the socket cannot be watched: %s", strerror(-r)) : 0;
}

/* ---------------------------------------------------------------- end */

/* status: what the process would end with. */
static void server_stop(struct server *server, int status)
{
	if (server->own)
		unlink(server->options->socket);
	server->pool = pool_free(server->pool, JOBS_END_MS);
	if (server->pool) {
		log_say(LOG_WARNING, "some calls did not end in time and are left behind");
		_exit(status);
	}
	clients_free(&server->clients);
	reload_free(&server->reload);
	sd_event_unref(server->event);
	world_unref(server->context.world);
	holds_free(&server->holds);
	if (server->fd >= 0)
		close(server->fd);
}

int server_run(const struct server_options *options, struct error *err)
{
	struct server server = {.options = options, .fd = -1};
	int r = server_start(&server, err);

	if (!r)
		r = server_watch(&server, err);
	if (!r)
		r = server_serve(&server, err);
	if (!r) {
		log_say(LOG_INFO, "serving at %s, %zu devices held", options->socket, holds_count(&server.holds));
		sd_notify(0, "READY=1");
		r = sd_event_loop(server.event);
		if (r < 0)
			error_set(err, r, "the event loop failed: %s", strerror(-r));
	}
	server_stop(&server, r ? EXIT_FAILURE : EXIT_SUCCESS);
	return r;
}
