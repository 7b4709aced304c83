/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages between the process that serves a device's regions and a client on the same host. The
 * socket keeps message boundaries (SOCK_SEQPACKET), so a message is whole or wrong. Numbers are in
 * host byte order. Must not trust any field: both sides may be hostile.
 */
#ifndef CORE_REGIONS_MESSAGE_H
#define CORE_REGIONS_MESSAGE_H

#include "core/regions/port.h"

#define MESSAGE_VERSION 1u
#define MESSAGE_TEXT_MAX 4096u /* more than a version string or a sentence has */

enum message_op {
	MESSAGE_HELLO = 1, /* first; the reply brings the memfd and the version string */
	MESSAGE_RUN,       /* writes to the control region, in order */
	MESSAGE_CHECK,     /* may a state with this version string be loaded? */
	MESSAGE_KEEP,      /* the device keeps its state after the client has left */
	MESSAGE_OP_COUNT,
};

enum message_flags {
	MESSAGE_TOTAL = 1, /* read memory.total afterwards */
	MESSAGE_SPARE = 2, /* use the second device-memory region */
};

struct message_request {
	uint32_t op;
	uint32_t number; /* the reply repeats it */
	uint32_t count;  /* HELLO: MESSAGE_VERSION; RUN: writes; CHECK: bytes of text */
	uint32_t flags;  /* RUN: enum message_flags */
	union {
		struct state_write writes[STATE_WRITES_MAX];
		char text[MESSAGE_TEXT_MAX];
	};
};

/* The fields of the control region that change. */
struct message_control {
	uint32_t version;
	uint32_t device_state;
	uint64_t config_size;
	uint64_t memory_size;
	uint64_t memory_position;
	uint64_t memory_total;
	uint64_t dirty_start;
	uint64_t dirty_count;
};

struct message_reply {
	uint32_t op;
	uint32_t number;
	uint32_t error; /* 0, or a positive errno */
	uint32_t len;   /* bytes of text: the sentence of an error, or the version string */
	union {
		struct regions_info info;       /* HELLO */
		struct message_control control; /* RUN, also after an error */
	};
	char text[MESSAGE_TEXT_MAX];
};

/* How many bytes of the struct are sent. */
size_t message_request_size(const struct message_request *request);
size_t message_reply_size(const struct message_reply *reply);
/* Is a message of this many bytes well-formed? */
bool message_request_sound(const struct message_request *request, size_t size);
bool message_reply_sound(const struct message_reply *reply, size_t size);

/* Put a text into a message; a longer one is cut. */
void message_reply_text(struct message_reply *reply, const char *text);
void message_control_put(struct message_control *to, const struct migcompat_control *from);
/* Back, for regions of the port's size. -EBADMSG: no such device has these values. */
int message_control_get(const struct message_control *from, const struct state_port *port,
			struct migcompat_control *ret);

#endif
