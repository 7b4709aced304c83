/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to a Varlink service (https://varlink.org/Method-Call), one call at a time.
 * Whoever answers is not trusted: replies are bounded in size and time and are JSON objects of the
 * protocol's form; what their parameters hold is for the caller to check.
 *
 * A service that has no room at the moment is asked again, on a new connection, a bounded number of
 * times and within the time for one reply: when its queue of connections is full, when it says that
 * it is busy, and when it closes the connection before the first byte of a reply.
 */
#ifndef CORE_CLI_VARLINK_CLIENT_H
#define CORE_CLI_VARLINK_CLIENT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/facts/error.h"

#define VARLINK_REPLY_MAX (16u << 20) /* bytes of one reply */
#define VARLINK_CALL_MAX (256u << 20) /* bytes of all replies to one call */
#define VARLINK_CALL_TIMES 10u	      /* the time for all replies, in times of that for one */
#define VARLINK_TRIES 10u	      /* of one call, while the service says that it is busy */
#define VARLINK_TRIES_SILENT 4u	      /* while it closes the connection without a word */

struct varlink_client {
	const char *path;    /* for sentences; the caller's */
	unsigned timeout_ms; /* to a whole reply, from the call or the reply before; 0: as long as
				it takes */
	/* Where the wait is to be ended from outside: the signals that are let in meanwhile, and a
	 * descriptor whose other end may go. */
	const sigset_t *mask; /* or NULL */
	int watched;	      /* or -1 */
	uint64_t deadline_ms; /* of the next reply */
	uint64_t end_ms;      /* of the last one */
	uint64_t received;    /* bytes since the call */
	const char *busy; /* the error's name that asks to come back later; NULL: there is none */
	char *text;	  /* the call, kept until its first reply; NULL: it is not sent again */
	bool once; /* the call changes something: if it may have been heard, it is not sent again */
	unsigned tries; /* of this call */
	char *bytes;	/* bytes[start..end) came and are not taken */
	size_t start;
	size_t end;
	size_t room;
	size_t scanned; /* bytes from start on that hold no zero */
	int fd;
};

struct varlink_reply {
	json_t *parameters; /* an object; never NULL */
	const char *error;  /* the error's name; NULL: none */
	bool continues;	    /* another reply follows */
	json_t *message;    /* that all of it lives in */
};

/*
 * Errors are connect's, -ENAMETOOLONG, or -ETIMEDOUT: its queue of connections is full, for a sixth
 * of the time for one reply. The path must live as long as the client.
 */
int varlink_open(struct varlink_client *client, const char *path, unsigned timeout_ms,
		 struct error *err);
void varlink_close(
	struct varlink_client *client); /* takes one that is zeroed or was never opened */

/* Parameters are taken over; NULL: out of memory. more: several replies are wanted. */
int varlink_call(struct varlink_client *client, const char *method, json_t *parameters, bool more,
		 struct error *err);
/*
 * The next reply; clear it. -EBUSY: the service had no room for the call however often it was
 * asked; -ETIMEDOUT; -ECONNRESET: the connection ended; -EFBIG: an answer without end; -EBADMSG: no
 * reply at all; -EINTR: one of the mask's signals came; -EPIPE: the watched descriptor's other end
 * is gone. A connection that failed once is of no further use.
 */
int varlink_receive(struct varlink_client *client, struct varlink_reply *ret, struct error *err);
/* From now on, replies to this call may take any time, and be any number. */
void varlink_wait_forever(struct varlink_client *client);
void varlink_reply_clear(struct varlink_reply *reply);

#endif
