/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a file twice, also a pipe. */
#include "core/state/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/text.h"

/* Wait until there is something to read. */
static int wait_readable(const struct state_source *source, int fd)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
			       {.fd = source->stop, .events = POLLIN}};

	if (source->stop < 0)
		return 0;
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return fds[1].revents ? -ECANCELED : 0;
}

static int keep(int spool, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(spool, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static ssize_t source_read(void *arg, void *buffer, size_t len)
{
	struct state_source *source = arg;
	int fd = source->again && source->spool >= 0 ? source->spool : source->fd;
	int r = wait_readable(source, fd);
	ssize_t n = r ? 0 : read(fd, buffer, len);

	if (r)
		return r;
	if (n < 0)
		return -errno;
	if (source->spool >= 0 && !source->again &&
	    (r = keep(source->spool, buffer, (size_t)n)) != 0)
		return r;
	return n;
}

/* A file without a name, in a folder that may have much room. */
static int spool_open(struct error *err)
{
	const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[4096];
		int fd;

		if (!folders[i] ||
		    text_format(path, sizeof(path), "%s/migcompat.XXXXXX", folders[i]) < 0)
			continue;
		fd = mkostemp(path, O_CLOEXEC);
		r = -errno;
		if (fd < 0)
			continue;
		unlink(path);
		return fd;
	}
	return error_set(err, r, "what comes through a pipe cannot be kept in a file: %s",
			 strerror(-r));
}

/* Bytes after the position; 0: it is no regular file. */
static uint64_t size_left(int fd, const struct stat *st)
{
	off_t at = S_ISREG(st->st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;

	return at >= 0 && at < st->st_size ? (uint64_t)(st->st_size - at) : 0;
}

int source_open(struct state_source *source, const char *path, bool twice, int stop,
		struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *name = standard ? "standard input" : path;
	struct stat st = {0};
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;

	*source = (struct state_source){.fd = fd, .spool = -1, .stop = stop};
	source->transport = (struct state_transport){
		.read = source_read,
		.arg = source,
		.name = name,
		.size = r ? 0 : size_left(fd, &st),
	};
	if (r)
		error_set(err, r, "%s: %s", name, strerror(-r));
	/* Standard input may be at any position, and is read from there. */
	else if (twice && (!S_ISREG(st.st_mode) || (standard && lseek(fd, 0, SEEK_CUR) != 0)))
		r = source->spool = spool_open(err);
	if (r >= 0)
		return 0;
	source->spool = -1;
	source_close(source);
	return r;
}

int source_rewind(struct state_source *source, struct error *err)
{
	int fd = source->spool >= 0 ? source->spool : source->fd;

	if (lseek(fd, 0, SEEK_SET) < 0) {
		int r = -errno;

		return error_set(err, r, "%s: it cannot be read again: %s", source->transport.name,
				 strerror(-r));
	}
	source->again = true;
	return 0;
}

void source_close(struct state_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	if (source->spool >= 0)
		close(source->spool);
	source->fd = source->spool = -1;
}
