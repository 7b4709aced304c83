/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket with buffers for input and output. Never blocks. */
#ifndef CORE_SERVICE_VARLINK_CONNECTION_H
#define CORE_SERVICE_VARLINK_CONNECTION_H

#include "core/service/varlink/buffer.h"
#include "core/service/varlink/ending.h"

struct connection {
	int fd;
	struct buffer in;
	struct buffer out;
	size_t scanned; /* bytes of in that are known to have no zero */
	bool ended;     /* the client has closed its sending side */
};

/* True if a whole message is there. *ret_len: its bytes without the final zero. */
bool connection_whole(struct connection *connection, size_t *ret_len);
/* Drop that message. */
void connection_take(struct connection *connection, size_t len);
/* True if the socket has unread bytes. */
bool connection_waits(const struct connection *connection);
/* ENDING_NONE, or why the connection has to end. */
enum ending connection_read(struct connection *connection);
enum ending connection_write(struct connection *connection);
/* Free the buffers' memory. */
void connection_clear(struct connection *connection);

#endif
