/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running service: socket, clients and signals. */
#ifndef CORE_SERVICE_SERVER_H
#define CORE_SERVICE_SERVER_H

#include "core/service/world.h"

struct server_options {
	struct world_options world;
	const char *socket;
	const char *state; /* folder of the holds */
	const char *group;
	uint64_t patience_us;
};

/*
 * Serve until SIGTERM or SIGINT. The caller must have blocked those and SIGHUP. 0, or an
 * error if the service could not start or continue. If jobs do not end in time, the
 * process exits here, since their threads still use memory that cannot be freed.
 */
int server_run(const struct server_options *options, struct error *err);

#endif
