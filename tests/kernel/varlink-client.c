// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A call, its reply, and the members of a reply, without a JSON library: the service
 * writes no space between tokens.
 */
#include "varlink-client.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_PATH "/run/migcompat/io.migcompat"

int varlink_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int varlink_send(int fd, const char *method, const char *parameters, bool more)
{
	char text[16384];
	size_t sent = 0;
	int length = snprintf(text, sizeof(text),
			      "{\"method\":\"io.migcompat.%s\",\"parameters\":{%s}%s}", method,
			      parameters, more ? ",\"more\":true" : "");

	if (length >= (int)sizeof(text))
		return -E2BIG;
	while (sent <= (size_t)length) { /* including the zero */
		ssize_t count = send(fd, text + sent, (size_t)length + 1 - sent, MSG_NOSIGNAL);

		if (count < 0)
			return -errno;
		sent += (size_t)count;
	}
	return 0;
}

ssize_t varlink_receive(int fd, char *reply, size_t size)
{
	size_t used = 0;

	while (used < size) {
		/* A zero ends the message. Bytes after it belong to the next reply. */
		ssize_t count = recv(fd, reply + used, size - used, MSG_PEEK);
		const char *end = count > 0 ? memchr(reply + used, '\0', (size_t)count) : NULL;
		size_t taken = end         ? (size_t)(end - reply) + 1 - used
			       : count > 0 ? (size_t)count
					   : 0;

		if (count <= 0)
			return count < 0 ? -errno : -ECONNRESET;
		if (recv(fd, reply + used, taken, 0) != (ssize_t)taken)
			return -EIO;
		used += taken;
		if (end)
			return (ssize_t)used - 1;
	}
	return -E2BIG;
}

ssize_t varlink_call(const char *method, const char *parameters, char *reply, size_t size)
{
	int fd = varlink_open();
	ssize_t result = fd;

	reply[0] = '\0';
	if (fd < 0)
		return result;
	result = varlink_send(fd, method, parameters, false);
	if (!result)
		result = varlink_receive(fd, reply, size);
	close(fd);
	return result;
}

bool varlink_has(const char *reply, const char *member, const char *text)
{
	char name[128], expected[512];
	const char *found;

	snprintf(name, sizeof(name), "\"%s\":", member);
	snprintf(expected, sizeof(expected), "\"%s\"", text);
	found = strstr(reply, name);
	return found && !strncmp(found + strlen(name), expected, strlen(expected));
}
