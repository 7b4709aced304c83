/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a connection ends, and what its client and the log are told of it. */
#ifndef CORE_SERVICE_VARLINK_ENDING_H
#define CORE_SERVICE_VARLINK_ENDING_H

#include "core/service/varlink/peer.h"

enum ending {
	ENDING_NONE,
	ENDING_LEFT,   /* it closed its side, and has all replies */
	ENDING_WITHIN, /* it closed its side within a message */
	ENDING_BROKE,
	ENDING_UNREAD,	 /* it left before its reply */
	ENDING_LONG,	 /* its message is longer than a call may be */
	ENDING_NONSENSE, /* its message is no call */
	ENDING_VALUES,	 /* its message has more values than a call may have */
	ENDING_SLOW,	 /* it stopped within a message */
	ENDING_READER,	 /* it does not take its reply */
	ENDING_MEMORY,
	ENDING_CUT,	  /* a part of its reply was sent, and the rest cannot be made */
	ENDING_DISPLACED, /* it was idle, and another client needs its connection */
	ENDING_DRAINED,	  /* the service ends */
	ENDING_FULL,	  /* there are too many connections */
	ENDING_COUNT
};

/*
 * Send the error reply of that ending, if it has one. Only between two replies. It is tried once,
 * as the service waits for nobody; a socket whose other end has read everything has room for it.
 */
void ending_say(int fd, enum ending ending);
void ending_log(const struct peer *peer, enum ending ending);

#endif
