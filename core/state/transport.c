/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing in full. */
#include "core/state/transport.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static ssize_t fd_read(void *arg, void *buffer, size_t len)
{
	ssize_t n = read(*(const int *)arg, buffer, len);

	return n < 0 ? -errno : n;
}

static ssize_t fd_write(void *arg, const void *bytes, size_t len)
{
	ssize_t n = write(*(const int *)arg, bytes, len);

	return n < 0 ? -errno : n;
}

struct state_transport transport_fd(const int *fd, const char *name)
{
	return (struct state_transport){
		.read = fd_read, .write = fd_write, .arg = (void *)(size_t)fd, .name = name};
}

static int failed(const struct state_transport *transport, const char *what, int r,
		  struct error *err)
{
	if (r == -ECANCELED)
		return error_set(err, r, "%s: it was interrupted", transport->name);
	return error_set(err, r, "%s: could not be %s: %s", transport->name, what, strerror(-r));
}

int transport_read(const struct state_transport *transport, void *buffer, size_t len,
		   struct error *err)
{
	char *at = buffer;
	size_t left = len;

	while (left) {
		ssize_t n = transport->read(transport->arg, at, left);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return failed(transport, "read", (int)n, err);
		if (n == 0)
			return error_set(err, left == len ? -ENODATA : -EBADMSG,
					 "%s: it ends too early", transport->name);
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

int transport_write(const struct state_transport *transport, const void *bytes, size_t len,
		    struct error *err)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = transport->write(transport->arg, at, len);

		if (n == -EINTR)
			continue;
		if (n == 0) /* no progress and no error: a retry could last forever */
			n = -EIO;
		if (n < 0)
			return failed(transport, "written", (int)n, err);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}
