/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads JSON one value at a time. Must not know what the values mean. */
#include "core/facts/json_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/factset.h"
#include "core/facts/json_read.h"
#include "core/facts/json_seed.h"

#define CONTAINERS_MAX (2u * FACTSET_MAX)

/* The reader's input for one value, limited to the bytes that it may have. */
struct feed {
	struct json_input input; /* first, so that a pointer to it is one to the feed */
	struct json_source *source;
	size_t left; /* bytes that may still be passed on */
};

int json_source_memory(struct json_source *source, const char *name, const char *bytes, size_t len,
		       uint64_t max, struct error *err)
{
	json_seed();
	if (len > max)
		return error_set(err, -EFBIG, "%s: is %zu bytes long, expected at most %" PRIu64,
				 name, len, max);
	if (len == 0)
		return error_set(err, -EINVAL, "%s: is empty, expected a JSON object", name);
	*source = (struct json_source){
		.name = name, .bytes = bytes, .end = len, .max = max, .fd = -1};
	return 0;
}

static int stat_check(const char *name, const struct stat *st, uint64_t max, struct error *err)
{
	if (S_ISDIR(st->st_mode))
		return error_set(err, -EISDIR, "%s: is a directory, expected a regular file", name);
	if (S_ISLNK(st->st_mode))
		return error_set(err, -EINVAL, "%s: is a link, expected a regular file", name);
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL,
				 "%s: is a pipe, socket or device, expected a regular file", name);
	if (st->st_size < 0 || (uint64_t)st->st_size > max)
		return error_set(err, -EFBIG, "%s: is %jd bytes long, expected at most %" PRIu64,
				 name, (intmax_t)st->st_size, max);
	if (st->st_size == 0)
		return error_set(err, -EINVAL, "%s: is empty, expected a JSON object", name);
	return 0;
}

/* source has the name and the limit. nofollow: O_NOFOLLOW to refuse a link, or 0. */
static int source_open(struct json_source *source, int folder, const char *entry, int nofollow,
		       struct error *err)
{
	const char *name = source->name;
	struct stat st;
	int fd, r;

	json_seed();
	/*
	 * Checked before opening, because opening some devices has effects. Checked again
	 * after, because the name may mean another file by then.
	 */
	if (fstatat(folder, entry, &st, nofollow ? AT_SYMLINK_NOFOLLOW : 0) != 0)
		return error_set(err, -errno, "%s: cannot be read: %s", name,
				 strerrordesc_np(errno));
	r = stat_check(name, &st, source->max, err);
	if (r < 0)
		return r;
	fd = openat(folder, entry, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | nofollow);
	if (fd < 0 || fstat(fd, &st) != 0) {
		r = error_set(err, -errno, "%s: cannot be read: %s", name, strerrordesc_np(errno));
		goto fail;
	}
	r = stat_check(name, &st, source->max, err);
	if (r < 0)
		goto fail;
	source->fd = fd;
	return 0;
fail:
	if (fd >= 0)
		close(fd);
	return r;
}

int json_source_standard(struct json_source *source, const char *name, uint64_t max,
			 struct error *err)
{
	struct stat st;
	int r;

	json_seed();
	if (fstat(STDIN_FILENO, &st) != 0)
		return error_set(err, -errno, "%s: cannot be read: %s", name,
				 strerrordesc_np(errno));
	r = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? stat_check(name, &st, max, err) : 0;
	if (r < 0)
		return r;
	*source = (struct json_source){.name = name,
				       .max = max,
				       .room = JSON_SOURCE_WINDOW,
				       .fd = STDIN_FILENO,
				       .lent = true};
	r = json_source_peek(source, err);
	if (r == JSON_SOURCE_END)
		r = error_set(err, -EINVAL, "%s: is empty, expected a JSON object", name);
	if (r < 0)
		json_source_close(source);
	return r < 0 ? r : 0;
}

int json_source_open(struct json_source *source, const char *name, uint64_t max, struct error *err)
{
	*source = (struct json_source){
		.name = name, .max = max, .room = JSON_SOURCE_WINDOW, .fd = -1};
	return source_open(source, AT_FDCWD, name, 0, err);
}

int json_source_open_at(struct json_source *source, int folder, const char *entry, const char *name,
			uint64_t max, struct error *err)
{
	*source = (struct json_source){
		.name = name, .max = max, .room = JSON_SOURCE_WINDOW, .fd = -1};
	return source_open(source, folder, entry, O_NOFOLLOW, err);
}

void json_source_close(struct json_source *source)
{
	if (source->fd >= 0 && !source->lent)
		close(source->fd);
	free(source->window);
	source->fd = -1;
	source->window = NULL;
}

static size_t lines_count(const char *bytes, size_t len)
{
	size_t lines = 0;

	for (const char *at = bytes, *end = bytes + len;
	     at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	return lines;
}

/*
 * Read more after all was consumed. 1: there is more; 0: the document ends; or a negative
 * errno, which stays.
 */
static int source_refill(struct json_source *source)
{
	ssize_t got;

	if (source->room == 0 || source->failed)
		return source->failed;
	if (!source->window) {
		source->window = malloc(source->room);
		if (!source->window)
			return source->failed = -ENOMEM;
		source->bytes = source->window;
	}
	source->lines += lines_count(source->bytes, source->at);
	source->before += source->at;
	source->at = source->end = 0;
	do
		got = read(source->fd, source->window, source->room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return source->failed = -errno;
	source->end += (size_t)got;
	/* The file may have grown since it was opened. */
	if (source->before + source->end > source->max)
		return source->failed = -EFBIG;
	return got > 0;
}

/* The line of the next byte, from 1. */
static size_t source_line(const struct json_source *source)
{
	return 1 + source->lines + lines_count(source->bytes, source->at);
}

static int source_failed(const struct json_source *source, struct error *err)
{
	if (source->failed == -EFBIG)
		return error_set(err, -EFBIG,
				 "%s: is longer than %" PRIu64 " bytes, expected at most that",
				 source->name, source->max);
	return error_set(err, source->failed, "%s: cannot be read: %s", source->name,
			 strerrordesc_np(-source->failed));
}

/* "found 'x', expected …" for the byte that peek returned. */
static int source_unexpected(const struct json_source *source, int c, const char *what,
			     const char *expected, struct error *err)
{
	size_t line = source_line(source);
	char found[32];

	if (c == JSON_SOURCE_END)
		snprintf(found, sizeof(found), "the text ends");
	else if (c > 0x20 && c < 0x7f)
		snprintf(found, sizeof(found), "found '%c'", c);
	else
		snprintf(found, sizeof(found), "found byte 0x%02x", (unsigned)c);
	return error_set(err, -EINVAL, "%s: line %zu: %s: %s, expected %s", source->name, line,
			 what, found, expected);
}

int json_source_peek(struct json_source *source, struct error *err)
{
	for (;;) {
		for (; source->at < source->end; source->at++) {
			char c = source->bytes[source->at];

			if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
				return (unsigned char)c;
		}
		int more = source_refill(source);

		if (more < 0)
			return source_failed(source, err);
		if (more == 0)
			return JSON_SOURCE_END;
	}
}

void json_source_take(struct json_source *source)
{
	source->at++;
}

int json_source_expect(struct json_source *source, char punctuation, const char *what,
		       struct error *err)
{
	char expected[] = {'\'', punctuation, '\'', '\0'};
	int c = json_source_peek(source, err);

	if (c < 0)
		return c;
	if (c != punctuation)
		return source_unexpected(source, c, what, expected, err);
	json_source_take(source);
	return 0;
}

int json_source_more(struct json_source *source, char closing, const char *what, struct error *err)
{
	char expected[] = {'\'', ',', '\'', ' ', 'o', 'r', ' ', '\'', closing, '\'', '\0'};
	int c = json_source_peek(source, err);

	if (c < 0)
		return c;
	if (c != ',' && c != closing)
		return source_unexpected(source, c, what, expected, err);
	json_source_take(source);
	return c == ',';
}

int json_source_finish(struct json_source *source, struct error *err)
{
	int c = json_source_peek(source, err);

	if (c < 0)
		return c;
	return c == JSON_SOURCE_END
		       ? 0
		       : source_unexpected(source, c, "after the document", "nothing more", err);
}

/* Pass on the window, up to the limit of the value. */
static void feed_give(struct feed *feed)
{
	const struct json_source *source = feed->source;
	size_t len = source->end - source->at;

	if (len > feed->left)
		len = feed->left;
	feed->left -= len;
	feed->input.at = source->bytes + source->at;
	feed->input.end = feed->input.at + len;
}

/* Consume what the reader has read. */
static void feed_take(struct feed *feed)
{
	feed->source->at = (size_t)(feed->input.at - feed->source->bytes);
}

static bool feed_more(struct json_input *input)
{
	struct feed *feed = (struct feed *)(void *)input;
	struct json_source *source = feed->source;

	feed_take(feed);
	if (feed->left && source->at == source->end)
		(void)source_refill(source);
	/* Also after an empty piece, because the window moved. */
	feed_give(feed);
	return input->at < input->end;
}

/* Say why there is no value. */
static int feed_failed(const struct feed *feed, const char *what, size_t max, int r,
		       const struct error *why, struct error *err)
{
	const struct json_source *source = feed->source;

	if (source->failed)
		return source_failed(source, err);
	if (r == -ENOMEM)
		return error_set(err, r, "%s: %s: out of memory", source->name, what);
	if (r == -ENODATA && feed->left == 0)
		return error_set(err, -EFBIG,
				 "%s: %s: is longer than %zu bytes, expected at most that",
				 source->name, what, max);
	if (r == -E2BIG)
		return error_set(
			err, -EFBIG,
			"%s: %s: holds more than %u arrays and objects, expected at most that",
			source->name, what, CONTAINERS_MAX);
	return error_set(err, -EINVAL, "%s: line %zu: %s: bad JSON: %s", source->name,
			 source_line(source), what,
			 r == -ENODATA ? "the text ends within it" : why->text);
}

int json_source_value(struct json_source *source, const char *what, size_t max, json_t **ret,
		      struct error *err)
{
	struct feed feed = {
		.input = {.more = feed_more, .nul = source->nul, .containers_max = CONTAINERS_MAX},
		.source = source,
		.left = max};
	int c = json_source_peek(source, err), r;
	struct error why = {.text = ""};

	if (c < 0)
		return c;
	if (c == JSON_SOURCE_END)
		return source_unexpected(source, c, what, "a value", err);
	feed_give(&feed);
	r = json_read(&feed.input, ret, &why);
	feed_take(&feed);
	return r ? feed_failed(&feed, what, max, r, &why, err) : 0;
}

int json_source_text(const struct json_text *text, json_t **ret, struct error *err)
{
	struct json_source source = {0};
	json_t *value = NULL;
	int r = json_source_memory(&source, text->name, text->bytes, text->len, text->max, err);

	if (!r)
		r = json_source_value(&source, text->what, text->max, &value, err);
	if (!r)
		r = json_source_finish(&source, err);
	if (r)
		json_decref(value);
	else
		*ret = value;
	return r;
}

const char *json_source_type(const json_t *value)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return types[json_typeof(value)];
}
