/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a file that is there whole or not at all. */
#include "core/state/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A pipe may be full for long. What is written to it at a time is what a pipe with room for anything has room for, so that no write
 * waits where nobody looks at stop. (Not to block at all would be for everybody who shares the descriptor.)
 */
static ssize_t sink_write(void *arg, const void *bytes, size_t len)
{
	const struct state_sink *sink = arg;
	struct pollfd fds[] = {{.fd = sink->fd, .events = POLLOUT}, {.fd = sink->stop, .events = POLLIN}};
	ssize_t n;

	if (!sink->path && len > PIPE_BUF)
		len = PIPE_BUF;

	if (sink->stop >= 0 && poll(fds, 2, -1) < 0)
		return -errno;
	if (fds[1].revents)
		return -ECANCELED;
	n = write(sink->fd, bytes, len);
	return n < 0 ? -errno : n;
}

static int no_file(const char *path, int r, struct error *err)
{
	return error_set(err, r, "%s could not be made: %s", path, r == -ENOTSUP ? "it is there and no regular file" : strerror(-r));
}

/* What a link leads to is replaced, not the link. */
static int names_make(struct state_sink *sink, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	size_t size;

	if (there && !S_ISREG(st.st_mode))
		return -ENOTSUP;
	sink->path = there ? realpath(path, NULL) : strdup(path);
	if (!sink->path)
		return -errno;
	size = strlen(sink->path) + sizeof(".XXXXXX");
	sink->temporary = malloc(size);
	if (!sink->temporary)
		return -ENOMEM;
	snprintf(sink->temporary, size, "%s.XXXXXX", sink->path);
	return 0;
}

static int file_open(struct state_sink *sink, const char *path)
{
	int r = names_make(sink, path);

	if (!r) {
		sink->fd = mkostemp(sink->temporary, O_CLOEXEC); /* of mode 0600 */
		r = sink->fd < 0 ? -errno : 0;
	}
	if (r) {
		free(sink->temporary);
		sink->temporary = NULL;
	}
	return r;
}

int sink_open(struct state_sink *sink, const char *path, int stop, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	int r;

	*sink = (struct state_sink){.fd = -1, .stop = stop};
	sink->transport = (struct state_transport){.write = sink_write, .arg = sink, .name = standard ? "standard output" : path};
	if (standard)
		r = sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		r = file_open(sink, path);
	if (r >= 0)
		return 0;
	r = standard ? -errno : r;
	sink_close(sink);
	return no_file(standard ? "standard output" : path, r, err);
}

int sink_keep(struct state_sink *sink, struct error *err)
{
	int r;

	if (!sink->temporary)
		return 0;
	if (fsync(sink->fd) < 0 || rename(sink->temporary, sink->path) < 0) {
		r = -errno;
		return error_set(err, r, "%s could not be kept: %s", sink->path, strerror(-r));
	}
	free(sink->temporary);
	sink->temporary = NULL;
	return 0;
}

void sink_close(struct state_sink *sink)
{
	if (sink->temporary)
		unlink(sink->temporary);
	free(sink->temporary);
	free(sink->path);
	if (sink->fd >= 0)
		close(sink->fd);
	sink->temporary = sink->path = NULL;
	sink->fd = -1;
}
