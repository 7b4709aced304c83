/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads configuration files: checks their owner, mode and size, and follows @include. Must not
 * know what they mean.
 */
#include "core/policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xxhash.h>

#include "core/facts/array.h"
#include "core/facts/factset.h"
#include "core/facts/macros.h"
#include "core/facts/owner.h"
#include "core/facts/text.h"

/* A file whose @include lines are being followed. */
struct including {
	const struct including *by;
	const char *path;
	dev_t dev; /* 0 and 0: text from memory */
	ino_t ino;
	unsigned depth;
};

static int expand(struct source *source, const struct including *file, const char *bytes,
		  size_t len, struct error *err);

static int check_folder(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct stat st;
	int r;

	if (!slash)
		r = text_format(folder, sizeof(folder), ".");
	else
		r = text_format(folder, sizeof(folder), "%.*s",
				slash == path ? 1 : (int)(slash - path), path);
	if (r < 0)
		return error_set(err, r, "%s: its folder's name is longer than %u bytes", path,
				 PATH_MAX - 1);
	if (stat(folder, &st) < 0) {
		r = -errno;
		return error_set(err, r, "%s: %s", folder, strerror(-r));
	}
	/* In a sticky folder only the owner of a file can replace it. */
	if (st.st_mode & S_ISVTX)
		st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return owner_check(&st, folder, OWNER_SINCE_VERDICTS, err);
}

/* Check the folder in the path, and the folder that the file is really in. */
static int check_folders(const char *path, struct error *err)
{
	char real[PATH_MAX];
	int r = check_folder(path, err);

	if (r)
		return r;
	if (!realpath(path, real)) {
		r = -errno;
		return error_set(err, r, "%s: %s", path, strerror(-r));
	}
	return strcmp(real, path) == 0 ? 0 : check_folder(real, err);
}

/* -EFBIG: the file is larger than SOURCE_FILE_MAX. */
static int read_all(int fd, char **ret, size_t *ret_len)
{
	char *bytes = malloc(SOURCE_FILE_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;
	int r = 0;

	if (!bytes)
		return -ENOMEM;
	while (!r && n && len <= SOURCE_FILE_MAX) {
		n = read(fd, bytes + len, SOURCE_FILE_MAX + 1 - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno != EINTR)
			r = -errno;
	}
	if (len > SOURCE_FILE_MAX)
		r = -EFBIG;
	if (r) {
		free(bytes);
		return r;
	}
	*ret = bytes;
	*ret_len = len;
	return 0;
}

/* Check that an open file may decide verdicts, and read it. */
static int read_checked(int fd, struct including *file, char **ret, size_t *ret_len,
			struct error *err)
{
	const char *path = file->path;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0) {
		r = -errno;
		return error_set(err, r, "%s: %s", path, strerror(-r));
	}
	/* A link to /dev/null switches off a file of /usr/lib. */
	bool null = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);

	if (!null && !S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s is no regular file", path);
	if (!null && ((r = owner_check(&st, path, OWNER_SINCE_VERDICTS, err)) ||
		      (r = check_folders(path, err))))
		return r;
	r = read_all(fd, ret, ret_len);
	if (r == -EFBIG)
		return error_set(err, r, "%s is larger than %u bytes", path, SOURCE_FILE_MAX);
	if (r)
		return error_set(err, r, "%s: %s", path, strerror(-r));
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	return 0;
}

static int file_read(struct including *file, char **ret, size_t *ret_len, struct error *err)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0) {
		r = -errno;
		return error_set(err, r, "%s: %s", file->path, strerror(-r));
	}
	r = read_checked(fd, file, ret, ret_len, err);
	close(fd);
	return r;
}

/* Make room for len more bytes of text and a zero. */
static int text_reserve(struct source *source, size_t len, struct error *err)
{
	size_t room = source->room ? source->room : 64;
	char *text;

	while (room < source->len + len + 1)
		room *= 2;
	if (room == source->room)
		return 0;
	text = realloc(source->text, room);
	if (!text)
		return error_set(err, -ENOMEM, "out of memory");
	source->text = text;
	source->room = room;
	return 0;
}

static int text_append(struct source *source, const char *bytes, size_t len, struct error *err)
{
	int r;

	if (len > SOURCE_TEXT_MAX - source->len)
		return error_set(err, -EFBIG, "%s is larger than %u bytes with its included files",
				 source->files[0], SOURCE_TEXT_MAX);
	r = text_reserve(source, len, err);
	if (r)
		return r;
	if (bytes && len)
		memcpy(source->text + source->len, bytes, len);
	source->len += len;
	source->text[source->len] = '\0';
	for (size_t i = 0; bytes && i < len; i++)
		source->line += bytes[i] == '\n';
	return 0;
}

static int piece_begin(struct source *source, const char *file, unsigned line, struct error *err)
{
	struct source_piece *pieces = array_grow(source->pieces, source->npieces, sizeof(*pieces));

	if (!pieces)
		return error_set(err, -ENOMEM, "out of memory");
	source->pieces = pieces;
	pieces[source->npieces++] =
		(struct source_piece){.first = source->line, .line = line, .file = file};
	return 0;
}

/*
 * Note a file that was read, also an empty one. Its name and content enter the hash. Its folder
 * does not, since that changes no answer.
 */
static int file_note(struct source *source, const char *path, const char *bytes, size_t len,
		     struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (source->nfiles == COUNT(source->files))
		return error_set(err, -EFBIG, "%s includes more than %u files", source->files[0],
				 SOURCE_INCLUDES_MAX);
	source->files[source->nfiles++] = path;
	source->hash = XXH3_64bits_withSeed(name, strlen(name) + 1, source->hash);
	source->hash = XXH3_64bits_withSeed(bytes, len, source->hash);
	if (len && (memchr(bytes, '\0', len) || !utf8_valid(bytes, len)))
		return error_set(err, -EINVAL, "%s is no UTF-8 text", path);
	return 0;
}

/* Render "a.conf includes b.conf includes a.conf", outermost first. */
static void circle_render(const struct including *last, char *buffer, size_t size,
			  const char *again)
{
	const struct including *chain[SOURCE_DEPTH_MAX + 1];
	size_t count = 0, used = 0;

	for (; last && count < SOURCE_DEPTH_MAX + 1; last = last->by)
		chain[count++] = last;
	while (count && used < size)
		used += (size_t)snprintf(buffer + used, size - used, "%s includes ",
					 chain[--count]->path);
	if (used < size)
		snprintf(buffer + used, size - used, "%s", again);
}

static int check_circle(const struct including *next, const struct including *file, unsigned line,
			struct error *err)
{
	char chain[512];

	for (const struct including *outer = file; outer; outer = outer->by) {
		if ((outer->dev == 0 && outer->ino == 0) || outer->dev != next->dev ||
		    outer->ino != next->ino)
			continue;
		circle_render(file, chain, sizeof(chain), next->path);
		return error_set(err, -EINVAL, "%s:%u: @include forms a circle: %s", file->path,
				 line, chain);
	}
	return 0;
}

/* A relative name is relative to the folder of the including file. */
static const char *include_path(struct source *source, const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	size_t folder = slash && path[0] != '/' ? (size_t)(slash + 1 - from) : 0;
	size_t len = strlen(path);
	char *full = arena_alloc(source->arena, folder + len + 1, 1);

	if (!full)
		return NULL;
	memcpy(full, from, folder);
	memcpy(full + folder, path, len + 1);
	return full;
}

static int include(struct source *source, const struct including *file, unsigned line,
		   const char *path, struct error *err)
{
	struct including next = {.by = file, .depth = file->depth + 1};
	struct error inner = {0};
	char *bytes = NULL;
	size_t len = 0;
	int r;

	if (next.depth > SOURCE_DEPTH_MAX)
		return error_set(err, -EINVAL, "%s:%u: @include is nested deeper than %u files",
				 file->path, line, SOURCE_DEPTH_MAX);
	next.path = include_path(source, file->path, path);
	if (!next.path)
		return error_set(err, -ENOMEM, "out of memory");
	r = file_read(&next, &bytes, &len, &inner);
	if (r)
		return error_set(err, r, "%s:%u: @include: %s", file->path, line, inner.text);
	r = check_circle(&next, file, line, err);
	if (!r)
		r = expand(source, &next, bytes, len, err);
	free(bytes);
	return r;
}

static int expand(struct source *source, const struct including *file, const char *bytes,
		  size_t len, struct error *err)
{
	struct scan_at at = {.text = bytes, .len = len, .line = 1};
	char path[SCAN_PATH_MAX];
	const char *problem = NULL;
	size_t from = 0, begin = 0;
	int found, r;

	if ((r = file_note(source, file->path, bytes, len, err)) ||
	    (r = piece_begin(source, file->path, 1, err)))
		return r;
	while ((found = scan_next(&source->scan, &at, path, &begin, &problem)) == 1) {
		if ((r = text_append(source, bytes + from, begin - from, err)) ||
		    (r = include(source, file, at.line, path, err)) ||
		    (r = piece_begin(source, file->path, at.line, err)))
			return r;
		from = at.at;
	}
	if (found < 0)
		return error_set(err, found, "%s:%u: %s", file->path, at.line, problem);
	/* The newline separates the file from the text after its @include. libconfig 1.5 also needs
	 * it after a comment. */
	r = text_append(source, bytes + from, len - from, err);
	return r ? r : text_append(source, "\n", 1, err);
}

static int source_begin(struct source *source, struct including *file, const char *path,
			struct error *err)
{
	source_clear(source);
	source->line = 1;
	file->path = arena_copy(source->arena, path, strlen(path));
	return file->path ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int source_read_file(struct source *source, const char *path, struct error *err)
{
	struct including file = {0};
	char *bytes = NULL;
	size_t len = 0;
	int r = source_begin(source, &file, path, err);

	if (!r)
		r = file_read(&file, &bytes, &len, err);
	if (!r)
		r = expand(source, &file, bytes, len, err);
	free(bytes);
	return r;
}

int source_read_text(struct source *source, const char *name, const char *bytes, size_t len,
		     struct error *err)
{
	struct including file = {0};
	int r = source_begin(source, &file, name, err);

	if (!r && len > SOURCE_FILE_MAX)
		r = error_set(err, -EFBIG, "%s is larger than %u bytes", name, SOURCE_FILE_MAX);
	return r ? r : expand(source, &file, bytes, len, err);
}

void source_clear(struct source *source)
{
	struct arena *arena = source->arena;
	uint64_t hash = source->hash;

	free(source->text);
	free(source->pieces);
	memset(source, 0, sizeof(*source));
	source->arena = arena;
	source->hash = hash;
}

const char *source_where(const struct source *source, unsigned line, unsigned *ret_line)
{
	const struct source_piece *piece = source->pieces;

	for (size_t i = 1; i < source->npieces && source->pieces[i].first <= line; i++)
		piece = &source->pieces[i];
	*ret_line = line > piece->first ? piece->line + (line - piece->first) : piece->line;
	return piece->file;
}
