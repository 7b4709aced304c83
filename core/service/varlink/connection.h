/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket with what came from it and what is to go to it. Never waits for the other end. */
#ifndef CORE_SERVICE_VARLINK_CONNECTION_H
#define CORE_SERVICE_VARLINK_CONNECTION_H

#include "core/service/varlink/buffer.h"
#include "core/service/varlink/ending.h"

struct connection {
	int fd;
	struct buffer in;
	struct buffer out;
	size_t scanned; /* bytes of in that hold no zero */
	bool ended;	/* the other end sends nothing more */
};

/* Is a whole message there? *ret_len: its bytes without the zero. */
bool connection_whole(struct connection *connection, size_t *ret_len);
/* Drop that message. */
void connection_take(struct connection *connection, size_t len);
/* Is there something in the socket that was not read yet? */
bool connection_waits(const struct connection *connection);
/* ENDING_NONE, or how the connection has to end. */
enum ending connection_read(struct connection *connection);
enum ending connection_write(struct connection *connection);
/* Give the buffers' memory back. */
void connection_clear(struct connection *connection);

#endif
