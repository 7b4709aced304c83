/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds the service from its parts, and frees them in order. */
#include "core/service/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/facts/text.h"
#include "core/service/events.h"
#include "core/service/kernel/kernel_questions.h"
#include "core/service/log.h"
#include "core/service/reload.h"
#include "core/service/varlink/clients.h"
#include "core/service/varlink/listen.h"
#include "core/service/varlink/methods.h"
#include "core/service/watch/backend_states.h"
#include "core/service/watch/watch.h"

#define DRAIN_US 5000000u /* for running calls and unread replies */
#define JOBS_END_MS 1000u /* after that, for other jobs in threads */

struct server {
	const struct server_options *options;
	struct call_context context;
	struct holds holds;
	struct clients clients;
	struct reload reload;
	sd_event *event;
	struct pool *pool;
	struct events *events;           /* NULL: serves recorded hosts, and no kernel */
	struct kernel_questions *kernel; /* NULL: likewise */
	int passed; /* the broker's descriptor from systemd's store; -1: none */
	int fd;
	int claim; /* of the state folder */
	bool own;  /* the service made the socket's file and removes it */
	bool draining;
	uint32_t logged_missing; /* confinement steps logged already */
};

/* ---------------------------------------------------------------- signals */

static struct world *on_loaded(void *arg, struct world *world)
{
	struct server *server = arg;
	struct world *before = server->context.world;

	server->context.world = world;
	backend_states_log_missing(&world->engine, &server->logged_missing);
	if (server->events)
		events_reload(server->events, world);
	if (server->kernel)
		kernel_questions_reload(server->kernel, world);
	watch_reload(server->context.watch, world);
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
	log_say(LOG_WARNING, "%zu clients did not get or read their replies in time",
		server->clients.count);
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
	if (server->kernel)
		kernel_questions_drain(server->kernel);
	clients_drain(&server->clients);
	return sd_event_add_time_relative(server->event, NULL, CLOCK_MONOTONIC, DRAIN_US, 0,
					  on_drain_end, server);
}

/* ---------------------------------------------------------------- start */

static int server_open_socket(struct server *server, struct error *err)
{
	const char *path = server->options->socket, *slash = strrchr(path, '/');
	char folder[4096];
	int r = listen_passed(KERNEL_STORE_NAME, &server->fd, &server->passed, err);

	if (r || server->fd >= 0)
		return r;
	if (slash && slash != path) {
		if (text_format(folder, sizeof(folder), "%.*s", (int)(slash - path), path) < 0)
			return error_set(err, -ENAMETOOLONG,
					 "%s: the path is too long for a socket", path);
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
		return error_set(err, r, "cannot look up group \"%s\": %s", options->group,
				 strerror(-r));
	/* First of all, so that a second service fails here and changes nothing. */
	r = server_open_socket(server, err);
	if (!r)
		r = listen_folder(options->state, &server->clients.group, err);
	if (!r)
		r = listen_claim(options->state, &server->claim, err);
	if (!r)
		r = holds_load(&server->holds, options->state, err);
	server->holds.of_this_host = !*options->world.inventories;
	if (!r)
		r = world_new(&options->world, &server->holds, &server->context.world, err);
	if (!r)
		backend_states_log_missing(&server->context.world->engine, &server->logged_missing);
	if (!r && !server->clients.group.exists)
		log_say(LOG_WARNING,
			"there is no group \"%s\": only root and the service's own user may ask",
			options->group);
	return r;
}

static int server_create_loop(struct server *server, struct error *err)
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
	return r < 0 ? error_set(err, r, "cannot create the event loop: %s", strerror(-r)) : 0;
}

/* Recorded hosts have no events. */
static int server_start_watching(struct server *server, struct error *err)
{
	struct watch_options options = {
		.event = server->event, .pool = server->pool, .holds = &server->holds};
	struct world *world = server->context.world;
	int r = world->live ? events_new(server->event, world, &server->events, err) : 0;

	options.events = server->events;
	return r ? r : watch_new(&options, world, &server->context.watch, err);
}

static int server_accept(struct server *server, struct error *err)
{
	int r = pool_new(server->event, POOL_IDLE_MS, &server->pool, err);

	server->context.holds = &server->holds;
	server->context.budget.max = CLIENTS_REPLIES_BYTES;
	server->context.methods = &method_table;
	if (!r)
		r = server_start_watching(server, err);
	if (r)
		return r;
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
	return r ? error_set(err, r, "cannot watch the socket: %s", strerror(-r)) : 0;
}

static void on_ready(void *arg)
{
	struct server *server = arg;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address) - 1; /* keeps a zero after the path */
	/* A socket passed by systemd may have any path. */
	bool named = getsockname(server->fd, (struct sockaddr *)&address, &size) == 0 &&
		     *address.sun_path;

	log_say(LOG_INFO, "serving at %s, %zu devices held",
		named ? address.sun_path : "a socket without a name", holds_count(&server->holds));
	sd_notify(0, "READY=1");
}

/* Only for this host: the kernel asks about its own devices. */
static int server_join_kernel(struct server *server, struct error *err)
{
	struct kernel_questions_options options = {.event = server->event,
						   .events = server->events,
						   .pool = server->pool,
						   .holds = &server->holds,
						   .passed = server->passed,
						   .ready = on_ready,
						   .arg = server};

	if (!server->events) {
		on_ready(server);
		return 0;
	}
	server->passed = -1;
	return kernel_questions_new(&options, server->context.world, &server->kernel, err);
}

/* ---------------------------------------------------------------- end */

/* status: exit status, if the process has to exit here. */
static void server_stop(struct server *server, int status)
{
	if (server->own)
		unlink(server->options->socket);
	server->pool = pool_free(server->pool, JOBS_END_MS);
	if (server->pool) {
		log_say(LOG_WARNING, "some calls did not end in time, exiting without them");
		_exit(status);
	}
	server->kernel = kernel_questions_free(server->kernel, JOBS_END_MS);
	if (server->kernel) {
		log_say(LOG_WARNING, "some of the kernel's questions got no answer in time, "
				     "exiting without them");
		_exit(status);
	}
	clients_free(&server->clients);
	watch_free(server->context.watch);
	events_free(server->events);
	reload_free(&server->reload);
	sd_event_unref(server->event);
	world_unref(server->context.world);
	holds_free(&server->holds);
	if (server->passed >= 0)
		close(server->passed);
	if (server->fd >= 0)
		close(server->fd);
	if (server->claim >= 0)
		close(server->claim);
}

int server_run(const struct server_options *options, struct error *err)
{
	struct server server = {.options = options, .passed = -1, .fd = -1, .claim = -1};
	int r = server_start(&server, err);

	if (!r)
		r = server_create_loop(&server, err);
	if (!r)
		r = server_accept(&server, err);
	if (!r)
		r = server_join_kernel(&server, err);
	if (!r) {
		r = sd_event_loop(server.event);
		if (r < 0)
			error_set(err, r, "the event loop failed: %s", strerror(-r));
	}
	server_stop(&server, r ? EXIT_FAILURE : EXIT_SUCCESS);
	return r;
}
