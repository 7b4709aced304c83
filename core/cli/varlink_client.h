/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to a Varlink service (https://varlink.org/Method-Call), for one call at
 * a time. Debian has no Varlink library for C, and libsystemd has one only from version
 * 257 on. The service is not trusted: replies are bounded in size and time, and must be
 * JSON objects in the form of the protocol. Callers check their parameters.
 * If the service has no room, the call is repeated on a new connection. The number of
 * attempts is bounded, and all must fit into the time for one reply. The service has no
 * room if its queue of connections is full, or if it says that it is busy. The same holds
 * if it closes the connection before the first byte of a reply.
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
/* the time for all replies, as a multiple of the time for one */
#define VARLINK_CALL_TIMES 10u
/* attempts of one call if the service says that it is busy */
#define VARLINK_TRIES 10u
/* attempts if it closes the connection without a reply */
#define VARLINK_TRIES_SILENT 4u

struct varlink_client {
	const char *path; /* for messages; the caller's */
	/* from the call, or the previous reply, to a whole reply; 0: any time */
	unsigned timeout_ms;
	/*
	 * The wait can end early: by a signal that mask does not block, or when the other
	 * end of watched is gone.
	 */
	const sigset_t *mask; /* or NULL */
	int watched;          /* or -1 */
	uint64_t deadline_ms; /* of the next reply */
	uint64_t end_ms;      /* of the last reply */
	uint64_t received;    /* bytes since the call */
	/* the name of the error that asks to come back later, or NULL */
	const char *busy;
	char *text; /* the call until its first reply; NULL: it is not repeated */
	/*
	 * the call changes something, so it is not repeated if the service may have read
	 * it
	 */
	bool once;
	unsigned tries; /* of this call */
	char *bytes;    /* bytes[start..end) are received and not consumed */
	size_t start;
	size_t end;
	size_t room;
	size_t scanned; /* bytes after start that are known to have no zero */
	int fd;
};

struct varlink_reply {
	json_t *parameters; /* an object; never NULL */
	const char *error;  /* the name of the error, or NULL */
	bool continues;     /* another reply follows */
	json_t *message;    /* owns the rest */
};

/*
 * Errors are those of connect, -ENAMETOOLONG, or -ETIMEDOUT: the service's queue of
 * connections stayed full for a sixth of timeout_ms. path must live as long as the
 * client.
 */
int varlink_open(struct varlink_client *client, const char *path, unsigned timeout_ms,
		 struct error *err);
void varlink_close(struct varlink_client *client); /* also takes a zeroed one */

/*
 * Send a call. Takes ownership of parameters; NULL: out of memory. more: several replies
 * are expected.
 */
int varlink_call(struct varlink_client *client, const char *method, json_t *parameters, bool more,
		 struct error *err);
/*
 * Get the next reply. The caller clears it. -EBUSY: the service had no room in any
 * attempt. -ETIMEDOUT. -ECONNRESET: the connection ended. -EFBIG: the reply is too large.
 * -EBADMSG: it is no reply. -EINTR: a signal of mask came. -EPIPE: the other end of
 * watched is gone. After an error the connection is of no further use.
 */
int varlink_receive(struct varlink_client *client, struct varlink_reply *ret, struct error *err);
/* From now on, replies to this call may take any time and be any number. */
void varlink_wait_forever(struct varlink_client *client);
void varlink_reply_clear(struct varlink_reply *reply);

#endif
