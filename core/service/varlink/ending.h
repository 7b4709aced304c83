/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a connection ends, with the error reply and the log message of each reason. */
#ifndef CORE_SERVICE_VARLINK_ENDING_H
#define CORE_SERVICE_VARLINK_ENDING_H

#include "core/service/varlink/peer.h"

enum ending {
	ENDING_NONE,
	ENDING_LEFT,   /* the client closed its side, and has all replies */
	ENDING_WITHIN, /* the client closed its side within a message */
	ENDING_BROKE,
	ENDING_UNREAD,  /* the client left before its reply */
	ENDING_LONG,    /* the message is longer than a call may be */
	ENDING_INVALID, /* the message is no call */
	ENDING_VALUES,  /* the message has more values than a call may have */
	ENDING_SLOW,    /* the client stopped within a message */
	ENDING_READER,  /* the client does not read its reply */
	ENDING_MEMORY,
	ENDING_CUT,       /* a part of the reply was sent, and the rest failed */
	ENDING_DISPLACED, /* the client was idle, and another one needs its connection */
	ENDING_DRAINED,   /* the service ends */
	ENDING_FULL,      /* there are too many connections */
	ENDING_COUNT
};

/*
 * Send the error reply of that ending, if it has one. Only between two replies. It is
 * sent without blocking; if the client has read everything, the socket has room.
 */
void ending_send_reply(int fd, enum ending ending);
void ending_log(const struct peer *peer, enum ending ending);

#endif
