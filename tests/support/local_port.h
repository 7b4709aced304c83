/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of the test's own process as a port that it can keep. */
#ifndef TESTS_SUPPORT_LOCAL_PORT_H
#define TESTS_SUPPORT_LOCAL_PORT_H

#include <stdlib.h>

#include "core/regions/port.h"

/* The regions are the port's from now on. */
static inline struct state_port *local_port_new(struct migcompat_regions *regions)
{
	struct port_local *local = calloc(1, sizeof(*local));

	if (!local)
		abort();
	port_local_init(local, regions);
	return &local->port;
}

static inline void local_port_free(struct state_port *port)
{
	struct port_local *local = (struct port_local *)(void *)port;

	regions_free(local->regions);
	free(local);
}

#endif
