/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source or a destination of a state: a file, a pipe, a socket, or a test that injects faults. */
#ifndef CORE_STATE_TRANSPORT_H
#define CORE_STATE_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/facts/error.h"

/* As read(2) and write(2): the number of bytes, perhaps fewer than asked for; 0 at the end; or
 * -errno. */
struct state_transport {
	ssize_t (*read)(void *arg, void *buffer, size_t len);
	ssize_t (*write)(void *arg, const void *bytes, size_t len);
	void *arg;
	const char *name; /* for sentences: a path, or "standard input" */
	uint64_t size;    /* of a regular file from its position; 0: unknown */
};

/* A blocking file descriptor, which stays the caller's and must outlive the transport. */
struct state_transport transport_fd(const int *fd, const char *name);

/*
 * Read or write all bytes, through interruptions and short reads and writes. Errors are the
 * transport's. Reading: -ENODATA: it ended before the first byte; -EBADMSG: it ended later.
 */
int transport_read(const struct state_transport *transport, void *buffer, size_t len,
		   struct error *err);
int transport_write(const struct state_transport *transport, const void *bytes, size_t len,
		    struct error *err);

#endif
