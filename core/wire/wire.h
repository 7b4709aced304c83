/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded binary messages over a stream socket: how a program and its worker speak. Both ends are
 * of one build on one machine, so numbers go in host order; what arrives is hostile all the same.
 */
#ifndef CORE_WIRE_WIRE_H
#define CORE_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION \
	3u /* raised with any change of a message; the worker's first message says it */
#define WIRE_REQUEST_MAX \
	(64u << 20)		  /* bytes of one message to a worker: the facts of 65,536 queues */
#define WIRE_REPLY_MAX (8u << 20) /* bytes of one message from a worker */
#define WIRE_TEXT_MAX 65536u	  /* bytes of a text whose length a vendor chose; the rest is cut */
#define WIRE_FOREVER UINT64_MAX	  /* a deadline that never comes */

enum wire_op {
	WIRE_INFO =
		1, /* from the worker, unasked, once: the backend, or why it could not be loaded */
	WIRE_SETTINGS = 2, /* no reply */
	WIRE_HOST = 3,	   /* no reply */
	WIRE_OPEN = 4,
	WIRE_COMPARE = 5,
	WIRE_LIST = 6,
	WIRE_CLOSE = 7, /* no reply */
	WIRE_STREAM = 8,
	WIRE_STATE_OPEN = 9, /* after the reply comes a byte with the descriptor of the regions'
				memory, and then a second reply */
	WIRE_STATE_RUN = 10,
	WIRE_STATE_CLOSE = 11, /* no reply */
	WIRE_CONFIG = 12,      /* to the parser: a text; the reply is its tree */
	WIRE_OP_COUNT,
};

#define WIRE_NO_DEVICE UINT32_MAX /* instead of a device's number */

/* Begins each message. A reply has its request's id and op. */
struct wire_head {
	uint32_t size; /* of the whole message, this head included */
	uint32_t id;
	uint32_t op;	/* enum wire_op */
	int32_t status; /* of a reply: 0, or a negative errno, and the body is one sentence */
};

/* ---------------------------------------------------------------- writing */

/* Messages that wait to be sent, one behind the other. Zeroed is a valid start; the memory is kept
 * for the next ones. */
struct wire_out {
	char *bytes;
	size_t len;
	size_t room;
	size_t start; /* of the message that is being written */
	size_t max;   /* bytes that it may have */
	int error;    /* of that message: -E2BIG or -ENOMEM; then further writing does nothing */
};

void wire_begin(struct wire_out *out, uint32_t id, enum wire_op op, int status, size_t max);
/* 0, or the error, in which case the message is taken back and those before it stay. */
int wire_end(struct wire_out *out);
void wire_put_u32(struct wire_out *out, uint32_t value);
void wire_put_u64(struct wire_out *out, uint64_t value);
/* Bytes with their length, zero-terminated so that a reader need not copy them. text NULL: none. */
void wire_put_text(struct wire_out *out, const char *text, size_t len);
/* A zero-terminated text or NULL, cut at WIRE_TEXT_MAX. */
void wire_put_string(struct wire_out *out, const char *text);
/*
 * Send all and empty it. -ETIMEDOUT, -EPIPE or what the socket says: the stream is broken then.
 * Never raises SIGPIPE, but forever: there it is a plain write.
 */
int wire_send(struct wire_out *out, int fd, uint64_t deadline);
void wire_out_free(struct wire_out *out);

/* ---------------------------------------------------------------- reading */

/* What is left of a body. Any getter that meets something wrong sets bad, and all that follow
 * return nothing. */
struct wire_reader {
	char *at;
	const char *end;
	bool bad;
};

uint32_t wire_get_u32(struct wire_reader *reader);
uint64_t wire_get_u64(struct wire_reader *reader);
/* A number from 0 to most. */
uint32_t wire_get_enum(struct wire_reader *reader, uint32_t most);
/* How many things follow, at most most and no more than the bytes that are there can hold, each of
 * at least size bytes. */
uint32_t wire_get_count(struct wire_reader *reader, uint32_t most, size_t size);
/* In place, zero-terminated, of at most most bytes; NULL: none, or bad. ret_len may be NULL: then a
 * zero byte inside is bad. */
char *wire_get_text(struct wire_reader *reader, size_t most, size_t *ret_len);
/* A text that must be there, printable UTF-8. */
char *wire_get_name(struct wire_reader *reader, size_t most);
/* The same, or NULL. */
char *wire_get_optional(struct wire_reader *reader, size_t most);
/* A text for people, or NULL: what may not be shown is replaced. */
char *wire_get_words(struct wire_reader *reader, size_t most);
/* Was all of it sound, and is nothing left? */
bool wire_done(const struct wire_reader *reader);

struct wire_message {
	struct wire_head head;
	struct wire_reader body; /* valid until the next wire_fill */
};

/* Bytes that arrived. Zeroed is a valid start. It grows as they come, never by what a message says
 * of itself. */
struct wire_in {
	char *bytes;
	size_t room;
	size_t at; /* bytes[at..end) are yet to be taken */
	size_t end;
};

/* Take a message: 1; 0: it is not whole yet; -EBADMSG: no message begins so, or it is longer than
 * max. */
int wire_next(struct wire_in *in, size_t max, struct wire_message *ret);
/* Wait for more bytes: 0, -ETIMEDOUT, -ECONNRESET where the other end is gone, -ENOMEM, or what the
 * socket says. */
int wire_fill(struct wire_in *in, int fd, uint64_t deadline);
/* Give back a buffer that grew large, if nothing waits in it. */
void wire_in_rest(struct wire_in *in);
void wire_in_free(struct wire_in *in);

/* Until a socket is ready: 0, -ETIMEDOUT or -errno. What has arrived already counts, even behind
 * the deadline. */
int wire_wait(int fd, short events, uint64_t deadline);
/* Now, and so many milliseconds later, on a clock that nobody sets; in nanoseconds. */
uint64_t wire_deadline(unsigned timeout_ms);

#endif
