/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device that another process of this host serves, as a port. The regions are mapped here; writes
 * to the control region go as messages. One thread at a time.
 */
#ifndef CORE_REGIONS_CLIENT_H
#define CORE_REGIONS_CLIENT_H

#include "core/regions/port.h"

struct client_options {
	int timeout_ms; /* for the connection, and for each reply */
	int stop;       /* a descriptor: if it is readable, a call ends with -ECANCELED; -1: none */
};

/*
 * Connect to the socket. The path must outlive the port. port_close ends the connection; the device
 * then goes back to the state that it had before, unless client_keep was called. Errors: those of
 * peer_address, peer_check and peer_map; what connect says; -ETIMEDOUT; -EBUSY: the process serves
 * another client; -EBADMSG: a reply is malformed.
 */
int client_connect(const char *path, const struct client_options *options, struct state_port **ret,
		   struct error *err);
/* The device's migration version string. Lives as long as the port. */
const char *client_version(const struct state_port *port);
/* Is there still a connection? A request that failed without a reply has ended it. */
bool client_lives(const struct state_port *port);
/* The memfd of the regions; it belongs to the port. */
int client_memory(const struct state_port *port);
/* Would the device take a state with this version string? 0, or -errno with the device's sentence.
 * Without a yes, nothing can be loaded. */
int client_check(struct state_port *port, const char *version, size_t len, struct error *err);
/* The state that the device has now is to stay. */
int client_keep(struct state_port *port, struct error *err);

#endif
