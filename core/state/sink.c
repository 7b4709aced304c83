/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a file that appears complete or not at all. */
#include "core/state/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/facts/text.h"

#define NAMES_TRIED 100u

/*
 * A pipe may be full for a long time. At most PIPE_BUF bytes are written at a time: poll(2) says
 * that they fit, so a write never waits and stop is noticed. O_NONBLOCK would also change the
 * descriptor of other processes.
 */
static ssize_t sink_write(void *arg, const void *bytes, size_t len)
{
	const struct state_sink *sink = arg;
	struct pollfd fds[] = {{.fd = sink->fd, .events = POLLOUT},
			       {.fd = sink->stop, .events = POLLIN}};
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

/* Make the file, for its owner alone, under a random name beside the last one. */
static int file_make(struct state_sink *sink)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char random[6];
	char tail[sizeof(random) + 1] = "";
	int r;

	for (unsigned attempt = 0; attempt < NAMES_TRIED; attempt++) {
		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return -EIO;
		for (size_t i = 0; i < sizeof(random); i++)
			tail[i] = letters[random[i] % 32];
		r = text_format(sink->temporary, sizeof(sink->temporary), "%s.%s",
				sink->destination.name, tail);
		if (r < 0)
			break;
		sink->fd = openat(sink->destination.folder, sink->temporary,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (sink->fd >= 0)
			return 0;
		r = -errno;
		if (r != -EEXIST)
			break;
	}
	sink->temporary[0] = '\0';
	return r;
}

static int file_open(struct state_sink *sink, const char *path, struct error *err)
{
	int r = destination_open(path, &sink->destination, err);

	if (r < 0)
		return r;
	sink->path = path;
	r = file_make(sink);
	return r < 0 ? error_set(err, r, "%s could not be made: %s", path, strerror(-r)) : 0;
}

static int standard_open(struct state_sink *sink, struct error *err)
{
	sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return sink->fd < 0 ? error_set(err, -errno, "standard output could not be made: %s",
					strerror(errno))
			    : 0;
}

int sink_open(struct state_sink *sink, const char *path, int stop, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	int r;

	*sink = (struct state_sink){.fd = -1, .stop = stop};
	sink->transport = (struct state_transport){
		.write = sink_write, .arg = sink, .name = standard ? "standard output" : path};
	r = standard ? standard_open(sink, err) : file_open(sink, path, err);
	if (r < 0)
		sink_close(sink);
	return r;
}

/* A rename is on disk after its folder was synced. A folder that cannot be read cannot be synced.
 */
static int folder_sync(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = -errno;
	close(fd);
	return r;
}

/* Replace the file of that name. A link that was made there meanwhile is replaced itself. */
static int file_keep(struct state_sink *sink)
{
	int folder = sink->destination.folder;

	if (fsync(sink->fd) < 0 ||
	    renameat(folder, sink->temporary, folder, sink->destination.name) < 0)
		return -errno;
	sink->temporary[0] = '\0';
	return folder_sync(folder);
}

int sink_keep(struct state_sink *sink, struct error *err)
{
	int r = *sink->temporary ? file_keep(sink) : 0;

	return r < 0 ? error_set(err, r, "%s could not be kept: %s", sink->path, strerror(-r)) : 0;
}

void sink_close(struct state_sink *sink)
{
	if (*sink->temporary)
		unlinkat(sink->destination.folder, sink->temporary, 0);
	if (sink->path)
		close(sink->destination.folder);
	if (sink->fd >= 0)
		close(sink->fd);
	sink->temporary[0] = '\0';
	sink->path = NULL;
	sink->fd = -1;
}
