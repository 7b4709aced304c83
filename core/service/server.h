/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running service: its socket, its clients, its signals. */
#ifndef CORE_SERVICE_SERVER_H
#define CORE_SERVICE_SERVER_H

#include "core/service/world.h"

struct server_options {
	struct world_options world;
	const char *socket;
	const char *state; /* folder */
	const char *group;
	uint64_t patience_us;
};

/*
 * Serves until SIGTERM or SIGINT. Those and SIGHUP must be blocked. 0, or an error where it could
 * not begin or go on. Where calls did not end in time the process ends here, since threads run on
 * that nothing may be taken from.
 */
int server_run(const struct server_options *options, struct error *err);

#endif
