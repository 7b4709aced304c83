/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running service: its socket, its clients, its signals. */
#ifndef CORE_SERVICE_SERVER_H
#define CORE_SERVICE_SERVER_H

#include "core/service/client.h"
#include "core/service/world.h"

#define SERVER_CLIENTS_MAX 64u
#define SERVER_CLIENTS_ROOT 8u /* of these, for root alone: others cannot lock it out */

struct server_options {
	struct world_options world;
	const char *socket;
	const char *state; /* folder */
	const char *group;
	uint64_t patience_us;
};

/* Serves until SIGTERM or SIGINT. Those and SIGHUP must be blocked. 0, or an error where it could not begin or go on. */
int server_run(const struct server_options *options, struct error *err);

#endif
