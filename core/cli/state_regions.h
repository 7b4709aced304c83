/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * State of devices that have regions: a device that another process serves (unix:PATH), or one
 * whose backend has operations for device state (--interface regions).
 */
#ifndef CORE_CLI_STATE_REGIONS_H
#define CORE_CLI_STATE_REGIONS_H

#include "core/cli/state_loading.h"
#include "core/regions/port.h"

/* A device behind a port. The port is open as long as this is in use. */
struct regions_side {
	struct cli *cli;
	struct state_port *port;
	const char *device; /* as it was named */
	const char *host;
	const char *version;
	int stop;    /* readable after an interrupt; -1: no interrupts are taken */
	bool served; /* by another process */
};

/* Save into the file of -o. Returns the exit status. */
int regions_save(const struct regions_side *side);
/* Load the file, which was judged. Sets tried, r, err and the report. */
void regions_load(const struct regions_side *side, struct loading *loading);

/* Through the operations of the device's backend, in its worker. Returns the exit status. */
int state_backend_save(struct cli *cli, const struct device *device, const char *version);
/* A loading_fn. The worker's session ends with the load. */
int state_backend_load(struct loading *loading, void *arg);

/* The commands about a device that another process serves. Each returns the exit status. */
int state_unix_save(struct cli *cli, const char *argument);
int state_unix_check(struct cli *cli, const char *argument);
int state_unix_load(struct cli *cli, const char *argument);

#endif
