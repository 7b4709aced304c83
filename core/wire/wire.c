/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Framing, and the basic types of messages. Knows no message. */
#include "core/wire/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/facts/utf8.h"

#define ROOM_MIN 65536u
#define ROOM_KEPT (1u << 20) /* bytes that stay allocated between messages */
#define TEXT_NONE UINT32_MAX /* the length of a missing text */
#define NS_PER_MS 1000000u

_Static_assert(sizeof(struct wire_head) == 16, "a message's head has no gaps");

/* ---------------------------------------------------------------- writing */

/* Append room for size bytes. NULL: out->error is set. */
static char *out_reserve(struct wire_out *out, size_t size)
{
	if (out->error)
		return NULL;
	if (size > out->max || out->len - out->start > out->max - size) {
		out->error = -E2BIG;
		return NULL;
	}
	if (size > out->room - out->len) {
		size_t room = out->room ? out->room : ROOM_MIN;
		char *bytes;

		while (size > room - out->len)
			room *= 2;
		bytes = realloc(out->bytes, room);
		if (!bytes) {
			out->error = -ENOMEM;
			return NULL;
		}
		out->bytes = bytes;
		out->room = room;
	}
	out->len += size;
	return out->bytes + out->len - size;
}

static void out_put(struct wire_out *out, const void *bytes, size_t size)
{
	char *to = out_reserve(out, size);

	if (to && size)
		memcpy(to, bytes, size);
}

void wire_begin(struct wire_out *out, uint32_t id, enum wire_op op, int status, size_t max)
{
	struct wire_head head = {.id = id, .op = op, .status = status};

	out->start = out->len;
	out->max = max;
	out->error = 0;
	out_put(out, &head, sizeof(head));
}

int wire_end(struct wire_out *out)
{
	uint32_t size = (uint32_t)(out->len - out->start);

	if (out->error) {
		out->len = out->start;
		return out->error;
	}
	memcpy(out->bytes + out->start + offsetof(struct wire_head, size), &size, sizeof(size));
	return 0;
}

void wire_put_u32(struct wire_out *out, uint32_t value)
{
	out_put(out, &value, sizeof(value));
}

void wire_put_u64(struct wire_out *out, uint64_t value)
{
	out_put(out, &value, sizeof(value));
}

void wire_put_text(struct wire_out *out, const char *text, size_t len)
{
	if (!text) {
		wire_put_u32(out, TEXT_NONE);
		return;
	}
	if (len >= WIRE_REQUEST_MAX) {
		out->error = -E2BIG;
		return;
	}
	wire_put_u32(out, (uint32_t)len);
	out_put(out, text, len);
	out_put(out, "", 1);
}

void wire_put_string(struct wire_out *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	wire_put_text(out, text, len < WIRE_TEXT_MAX ? len : WIRE_TEXT_MAX);
}

void wire_out_free(struct wire_out *out)
{
	free(out->bytes);
	*out = (struct wire_out){0};
}

/* ---------------------------------------------------------------- reading */

static char *take(struct wire_reader *reader, size_t size)
{
	char *at = reader->at;

	if (reader->bad || size > (size_t)(reader->end - at)) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	return at;
}

uint32_t wire_get_u32(struct wire_reader *reader)
{
	const char *at = take(reader, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

uint64_t wire_get_u64(struct wire_reader *reader)
{
	const char *at = take(reader, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

uint32_t wire_get_enum(struct wire_reader *reader, uint32_t most)
{
	uint32_t value = wire_get_u32(reader);

	if (value <= most)
		return value;
	reader->bad = true;
	return 0;
}

uint32_t wire_get_count(struct wire_reader *reader, uint32_t most, size_t size)
{
	uint32_t count = wire_get_enum(reader, most);

	if (count <= (size_t)(reader->end - reader->at) / size)
		return count;
	reader->bad = true;
	return 0;
}

char *wire_get_text(struct wire_reader *reader, size_t most, size_t *ret_len)
{
	uint32_t len = wire_get_u32(reader);
	char *text;

	if (reader->bad || len == TEXT_NONE)
		return NULL;
	if (len > most || !(text = take(reader, (size_t)len + 1)) || text[len] != '\0' ||
	    (!ret_len && memchr(text, '\0', len))) {
		reader->bad = true;
		return NULL;
	}
	if (ret_len)
		*ret_len = len;
	return text;
}

char *wire_get_optional(struct wire_reader *reader, size_t most)
{
	char *text = wire_get_text(reader, most, NULL);

	if (text && !utf8_clean(text, strlen(text))) {
		reader->bad = true;
		return NULL;
	}
	return text;
}

char *wire_get_name(struct wire_reader *reader, size_t most)
{
	char *text = wire_get_optional(reader, most);

	if (!text)
		reader->bad = true;
	return text;
}

char *wire_get_words(struct wire_reader *reader, size_t most)
{
	size_t len = 0;
	char *text = wire_get_text(reader, most, &len);

	if (text)
		utf8_mend(text, len);
	return text;
}

bool wire_done(const struct wire_reader *reader)
{
	return !reader->bad && reader->at == reader->end;
}

int wire_next(struct wire_in *in, size_t max, struct wire_message *ret)
{
	struct wire_head head;
	size_t have = in->end - in->at;

	if (have < sizeof(head))
		return 0;
	memcpy(&head, in->bytes + in->at, sizeof(head));
	if (head.size < sizeof(head) || head.size > max || head.op < WIRE_INFO ||
	    head.op >= WIRE_OP_COUNT)
		return -EBADMSG;
	if (have < head.size)
		return 0;
	ret->head = head;
	ret->body = (struct wire_reader){.at = in->bytes + in->at + sizeof(head),
					 .end = in->bytes + in->at + head.size};
	in->at += head.size;
	return 1;
}

void wire_in_free(struct wire_in *in)
{
	free(in->bytes);
	*in = (struct wire_in){0};
}

void wire_in_rest(struct wire_in *in)
{
	if (in->at != in->end)
		return;
	in->at = in->end = 0;
	if (in->room > ROOM_KEPT)
		wire_in_free(in);
}

/* Make room after the bytes that are there. The buffer doubles only if it is full. */
static int in_room(struct wire_in *in)
{
	size_t room;
	char *bytes;

	wire_in_rest(in);
	if (in->at) {
		memmove(in->bytes, in->bytes + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
	if (in->end < in->room)
		return 0;
	room = in->room ? in->room * 2 : ROOM_MIN;
	bytes = realloc(in->bytes, room);
	if (!bytes)
		return -ENOMEM;
	in->bytes = bytes;
	in->room = room;
	return 0;
}

/* ---------------------------------------------------------------- the socket */

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000u * NS_PER_MS + (uint64_t)time.tv_nsec;
}

uint64_t wire_deadline(unsigned timeout_ms)
{
	return now() + (uint64_t)timeout_ms * NS_PER_MS;
}

int wire_wait(int fd, short events, uint64_t deadline)
{
	struct pollfd pollfd = {.fd = fd, .events = events};

	for (;;) {
		uint64_t at = now();
		uint64_t left = deadline > at ? (deadline - at + NS_PER_MS - 1) / NS_PER_MS : 0;
		int r = poll(&pollfd, 1, left > INT32_MAX ? INT32_MAX : (int)left);

		if (r > 0)
			return 0;
		if (r == 0 && left <= INT32_MAX)
			return -ETIMEDOUT;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

int wire_send(struct wire_out *out, int fd, uint64_t deadline)
{
	size_t sent = 0;
	int r = 0;

	while (sent < out->len && !r) {
		const char *bytes = out->bytes + sent;
		size_t len = out->len - sent;
		ssize_t n = deadline == WIRE_FOREVER
				    ? write(fd, bytes, len)
				    : send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			r = wire_wait(fd, POLLOUT, deadline);
		else if (errno != EINTR)
			r = -errno;
	}
	out->len = 0;
	if (out->room > ROOM_KEPT)
		wire_out_free(out);
	return r;
}

int wire_fill(struct wire_in *in, int fd, uint64_t deadline)
{
	bool forever = deadline == WIRE_FOREVER;
	int r = in_room(in);

	while (!r) {
		ssize_t n;

		if (!forever && (r = wire_wait(fd, POLLIN, deadline)))
			break;
		n = forever ? read(fd, in->bytes + in->end, in->room - in->end)
			    : recv(fd, in->bytes + in->end, in->room - in->end, MSG_DONTWAIT);
		if (n > 0) {
			in->end += (size_t)n;
			break;
		}
		if (n == 0)
			r = -ECONNRESET;
		else if (errno != EINTR && errno != EAGAIN)
			r = -errno;
	}
	return r;
}
