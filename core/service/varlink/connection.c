/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Non-blocking reads and writes. */
#include "core/service/varlink/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES 65536u

bool connection_whole(struct connection *connection, size_t *ret_len)
{
	size_t len = buffer_len(&connection->in);
	const char *bytes = connection->in.bytes + connection->in.start;
	const char *end;

	if (len == connection->scanned)
		return false;
	end = memchr(bytes + connection->scanned, '\0', len - connection->scanned);
	if (!end) {
		connection->scanned = len;
		return false;
	}
	*ret_len = (size_t)(end - bytes);
	return true;
}

void connection_take(struct connection *connection, size_t len)
{
	buffer_take(&connection->in, len + 1);
	connection->scanned = 0;
}

bool connection_waits(const struct connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

enum ending connection_read(struct connection *connection)
{
	static char bytes[READ_BYTES]; /* static: one thread uses it, within this call */
	size_t room = connection->in.max - buffer_len(&connection->in), len;
	ssize_t got = recv(connection->fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes),
			   MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? ENDING_NONE : ENDING_BROKE;
	if (got == 0) {
		connection->ended = true;
		return ENDING_NONE;
	}
	if (buffer_append(&connection->in, bytes, (size_t)got))
		return ENDING_MEMORY;
	return buffer_len(&connection->in) == connection->in.max &&
			       !connection_whole(connection, &len)
		       ? ENDING_LONG
		       : ENDING_NONE;
}

enum ending connection_write(struct connection *connection)
{
	struct buffer *out = &connection->out;

	while (buffer_len(out)) {
		ssize_t done = send(connection->fd, out->bytes + out->start, buffer_len(out),
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno == EAGAIN ? ENDING_NONE : ENDING_UNREAD;
		buffer_take(out, (size_t)done);
	}
	return ENDING_NONE;
}

void connection_clear(struct connection *connection)
{
	buffer_free(&connection->in);
	buffer_free(&connection->out);
	connection->scanned = 0;
}
