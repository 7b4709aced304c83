/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending and receiving whole messages. For the files broker*.c alone. */
#ifndef CORE_SERVICE_KERNEL_BROKER_MESSAGE_H
#define CORE_SERVICE_KERNEL_BROKER_MESSAGE_H

#include <sys/types.h>

#include "core/service/kernel/broker.h"

#define BROKER_BUFFER_BYTES 65536u /* at most so many are read at once */

union broker_message {
	struct migcompat_broker_header header;
	struct migcompat_broker_hello_reply hello;
	struct migcompat_broker_list_reply list;
	struct migcompat_broker_attach_reply attach;
	char bytes[MIGCOMPAT_BROKER_READ_SIZE];
};

struct message_part {
	const void *bytes;
	size_t len;
};

/* parts[0] begins with the header, whose size and epoch are filled in here. -errno. */
int broker_send(const struct broker *broker, const struct message_part *parts, size_t count);
/* read(2) without EINTR. 0: nothing waits; -errno. */
ssize_t broker_read(const struct broker *broker, void *buffer, size_t size);
/*
 * Send a command, whose id is filled in here, and read its answer. header: at the
 * beginning of parts[0]. answer_min: bytes that the answer has at least; 0: the command
 * has no answer.
 */
int broker_command(struct broker *broker, struct migcompat_broker_header *header,
		   const struct message_part *parts, size_t count, union broker_message *answer,
		   size_t answer_min);
/* An error as the protocol has it: -EIO for all that it does not have. */
int broker_error(int error);

#endif
