/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded binary messages over a stream socket, between the library and a worker. Both
 * ends are of one build on one machine, so numbers have the host's byte order. What
 * arrives may still be hostile.
 */
#ifndef CORE_WIRE_WIRE_H
#define CORE_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised with each change of a message. The worker's first message has it. */
#define WIRE_VERSION 3u
/* Bytes of a message to a worker. The facts of 65,536 queues take 13 MB. */
#define WIRE_REQUEST_MAX (64u << 20)
#define WIRE_REPLY_MAX (8u << 20) /* bytes of a message from a worker */
#define WIRE_TEXT_MAX 65536u      /* bytes of a vendor's text; longer ones are cut */
#define WIRE_FOREVER UINT64_MAX   /* a deadline that never comes */

enum wire_op {
	/*
	 * First message of a worker, without a request: its backend, or why it was not
	 * loaded.
	 */
	WIRE_INFO = 1,
	WIRE_SETTINGS = 2, /* no reply */
	WIRE_HOST = 3,     /* no reply */
	WIRE_OPEN = 4,
	WIRE_COMPARE = 5,
	WIRE_LIST = 6,
	WIRE_CLOSE = 7, /* no reply */
	WIRE_STREAM = 8,
	/*
	 * Two replies. Between them the library sends a byte with the descriptor of the
	 * regions' memory.
	 */
	WIRE_STATE_OPEN = 9,
	WIRE_STATE_RUN = 10,
	WIRE_STATE_CLOSE = 11, /* no reply */
	WIRE_CONFIG = 12,      /* to the parser: a text; the reply is its tree */
	WIRE_OP_COUNT,
};

#define WIRE_NO_DEVICE UINT32_MAX /* no device, instead of a number */

/* The head of each message. A reply has the id and op of its request. */
struct wire_head {
	uint32_t size; /* of the message, with this head */
	uint32_t id;
	uint32_t op;    /* enum wire_op */
	int32_t status; /* of a reply: 0, or a negative errno and the body is a sentence */
};

/* ---------------------------------------------------------------- writing */

/* Messages to be sent, one after the other. Zeroed is valid. The memory is reused. */
struct wire_out {
	char *bytes;
	size_t len;
	size_t room;
	size_t start; /* of the message that is being written */
	size_t max;   /* bytes that this message may have */
	int error;    /* of this message: -E2BIG or -ENOMEM; further writes do nothing */
};

void wire_begin(struct wire_out *out, uint32_t id, enum wire_op op, int status, size_t max);
/* 0, or the error; then the message is removed and those before it stay. */
int wire_end(struct wire_out *out);
void wire_put_u32(struct wire_out *out, uint32_t value);
void wire_put_u64(struct wire_out *out, uint64_t value);
/*
 * Bytes with their length, and a zero byte so that a reader need not copy them. text
 * NULL: none.
 */
void wire_put_text(struct wire_out *out, const char *text, size_t len);
/* A zero-terminated text, cut at WIRE_TEXT_MAX, or NULL. */
void wire_put_string(struct wire_out *out, const char *text);
/*
 * Send all messages and empty the buffer. -ETIMEDOUT, -EPIPE or another error of the
 * socket: the stream is broken. Raises no SIGPIPE, except with WIRE_FOREVER, which uses
 * write.
 */
int wire_send(struct wire_out *out, int fd, uint64_t deadline);
void wire_out_free(struct wire_out *out);

/* ---------------------------------------------------------------- reading */

/*
 * The rest of a body. A getter that finds something wrong sets bad; after that all
 * getters return nothing.
 */
struct wire_reader {
	char *at;
	const char *end;
	bool bad;
};

uint32_t wire_get_u32(struct wire_reader *reader);
uint64_t wire_get_u64(struct wire_reader *reader);
/* A number from 0 to most. */
uint32_t wire_get_enum(struct wire_reader *reader, uint32_t most);
/*
 * The number of elements that follow: at most most, and at most what the rest can hold if
 * each has size bytes or more.
 */
uint32_t wire_get_count(struct wire_reader *reader, uint32_t most, size_t size);
/*
 * A text in place, zero-terminated, of at most most bytes. NULL: none, or bad. If ret_len
 * is NULL, a zero byte in the text is bad.
 */
char *wire_get_text(struct wire_reader *reader, size_t most, size_t *ret_len);
/* A text of printable UTF-8 that must be there. */
char *wire_get_name(struct wire_reader *reader, size_t most);
/* The same, or NULL. */
char *wire_get_optional(struct wire_reader *reader, size_t most);
/* A text to be shown, or NULL. What is not printable becomes '?'. */
char *wire_get_words(struct wire_reader *reader, size_t most);
/* Is the body valid and read to its end? */
bool wire_done(const struct wire_reader *reader);

struct wire_message {
	struct wire_head head;
	struct wire_reader body; /* valid until the next wire_fill */
};

/*
 * Received bytes. Zeroed is valid. It grows with what arrives, never by the size that a
 * message claims.
 */
struct wire_in {
	char *bytes;
	size_t room;
	size_t at; /* bytes[at..end) are not taken yet */
	size_t end;
};

/*
 * Take a message. 1: taken; 0: not complete yet; -EBADMSG: no valid head, or longer than
 * max.
 */
int wire_next(struct wire_in *in, size_t max, struct wire_message *ret);
/*
 * Wait for more bytes: 0, -ETIMEDOUT, -ECONNRESET if the other end has closed, -ENOMEM,
 * or an error of the socket.
 */
int wire_fill(struct wire_in *in, int fd, uint64_t deadline);
/* Free a large buffer if it has no bytes left. */
void wire_in_rest(struct wire_in *in);
void wire_in_free(struct wire_in *in);

/*
 * Wait until a socket is ready: 0, -ETIMEDOUT or a negative errno. Data that is there
 * already counts even after the deadline.
 */
int wire_wait(int fd, short events, uint64_t deadline);
/* The time in this many milliseconds, on the monotonic clock, in nanoseconds. */
uint64_t wire_deadline(unsigned timeout_ms);

#endif
