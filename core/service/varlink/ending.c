/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table. Replies are constant, since some of them are sent when memory is short. */
#include "core/service/varlink/ending.h"

#include <string.h>
#include <sys/socket.h>

#include "core/service/log.h"
#include "core/service/varlink/varlink.h"

#define REFUSE(name, number, reason)                                               \
	"{\"error\":\"io.migcompat." name "\",\"parameters\":{\"errno\":\"" number \
	"\",\"reason\":\"" reason "\"}}"

_Static_assert(VARLINK_VALUES_MAX == 64, "a reply below says so");

/* reply: NULL if the client has left, or is in the middle of a reply. */
static const struct {
	int priority;
	const char *why;
	const char *reply;
} endings[ENDING_COUNT] = {
	[ENDING_LEFT] = {LOG_DEBUG, "it closed the connection", NULL},
	[ENDING_WITHIN] = {LOG_DEBUG, "it closed the connection within a message", NULL},
	[ENDING_BROKE] = {LOG_DEBUG, "the connection broke", NULL},
	[ENDING_UNREAD] = {LOG_NOTICE, "it left before its reply", NULL},
	[ENDING_LONG] = {LOG_NOTICE, "its message is too long",
			 REFUSE("InvalidMessage", "EMSGSIZE",
				"the message is longer than a call may be")},
	[ENDING_INVALID] = {LOG_NOTICE, "its message is no call",
			    REFUSE("InvalidMessage", "EBADMSG",
				   "the message is no call of Varlink")},
	[ENDING_VALUES] = {LOG_NOTICE, "its message has too many values",
			   REFUSE("InvalidMessage", "EBADMSG",
				  "the message has more than 64 values")},
	[ENDING_SLOW] = {LOG_NOTICE, "it stopped within a message",
			 REFUSE("InvalidMessage", "ETIMEDOUT", "the message did not end in time")},
	[ENDING_READER] = {LOG_NOTICE, "it does not read its reply", NULL},
	[ENDING_MEMORY] = {LOG_ERR, "out of memory for its call",
			   REFUSE("Busy", "ENOMEM",
				  "the service is out of memory; connect again later")},
	[ENDING_CUT] = {LOG_ERR, "the rest of its reply failed", NULL},
	[ENDING_DISPLACED] = {LOG_NOTICE, "it was idle, and another client needs its place",
			      REFUSE("Busy", "EAGAIN",
				     "the connection was idle and another client needed its place; "
				     "connect again")},
	[ENDING_DRAINED] = {LOG_DEBUG, "the service ends",
			    REFUSE("Busy", "ESHUTDOWN", "the service ends; connect again")},
	[ENDING_FULL] = {LOG_NOTICE, "too many clients are connected",
			 REFUSE("Busy", "EAGAIN",
				"too many clients are connected; connect again later")},
};

void ending_send_reply(int fd, enum ending ending)
{
	const char *reply = endings[ending].reply;

	if (reply)
		(void)!send(fd, reply, strlen(reply) + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ending_log(const struct peer *peer, enum ending ending)
{
	log_say(endings[ending].priority, "client of uid %u, pid %d: %s", peer->uid, (int)peer->pid,
		endings[ending].why);
}
