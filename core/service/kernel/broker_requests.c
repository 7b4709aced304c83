/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receiving the kernel's requests, and replying to them.
 *
 * Since version 2 of the protocol, one read(2) returns all requests that wait, and one
 * write(2) sends the replies to a batch. With many writers, system calls were half of what
 * the service spent on a question.
 */
#include "core/service/kernel/broker_message.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/service/clock.h"

/* The bytes of the next message, at ret_message, with its header. 0: none waits. */
static ssize_t next_message(struct broker *broker, struct migcompat_broker_header *header,
			    const char **ret_message)
{
	size_t left;

	if (broker->buffer_at == broker->buffer_end) {
		ssize_t got = broker_read(broker, broker->buffer, BROKER_BUFFER_BYTES);

		if (got <= 0)
			return got;
		broker->buffer_at = 0;
		broker->buffer_end = (size_t)got;
	}
	left = broker->buffer_end - broker->buffer_at;
	if (left < sizeof(*header))
		return -EPROTO;
	*ret_message = broker->buffer + broker->buffer_at;
	memcpy(header, *ret_message, sizeof(*header));
	if (header->size < sizeof(*header) || header->size > left ||
	    header->size > MIGCOMPAT_BROKER_READ_SIZE)
		return -EPROTO;
	broker->buffer_at += header->size;
	return (ssize_t)header->size;
}

static int parse_request(const char *message, size_t size, struct broker_request *ret)
{
	struct migcompat_broker_request request;

	if (ret->op == MIGCOMPAT_BROKER_OP_CANCEL)
		return 1;
	if (ret->op != MIGCOMPAT_BROKER_OP_READ && ret->op != MIGCOMPAT_BROKER_OP_WRITE &&
	    ret->op != MIGCOMPAT_BROKER_OP_ASK)
		return -EPROTO;
	if (size < sizeof(request) || size - sizeof(request) > MIGCOMPAT_BROKER_STRING_MAX)
		return -EPROTO;
	memcpy(&request, message, sizeof(request));
	ret->attachment = request.attachment;
	ret->string = message + sizeof(request);
	ret->len = size - sizeof(request);
	return 1;
}

int broker_receive(struct broker *broker, struct broker_request *ret)
{
	struct migcompat_broker_header header;
	const char *message;
	ssize_t size;

	pthread_mutex_lock(&broker->read_lock);
	size = next_message(broker, &header, &message);
	pthread_mutex_unlock(&broker->read_lock);
	if (size <= 0)
		return (int)size;
	*ret = (struct broker_request){
		.op = header.op, .id = header.id, .received_us = now_us(), .string = ""};
	return parse_request(message, (size_t)size, ret);
}

bool broker_buffered(const struct broker *broker)
{
	return broker->buffer_at < broker->buffer_end;
}

/* ---------------------------------------------------------------- replies */

/* error: 0, or one that the protocol has. */
static struct migcompat_broker_write_reply write_reply(uint32_t op, uint64_t id, int error,
						       size_t len)
{
	return (struct migcompat_broker_write_reply){
		.header = {.size = sizeof(struct migcompat_broker_write_reply),
			   .op = op | MIGCOMPAT_BROKER_OP_REPLY,
			   .id = id,
			   .error = error},
		.count = error ? 0 : (uint32_t)len,
	};
}

int broker_reply_error(const struct broker *broker, uint32_t op, uint64_t id, int error)
{
	const struct migcompat_broker_write_reply reply =
		write_reply(op, id, broker_error(error), 0);
	const size_t size = op == MIGCOMPAT_BROKER_OP_WRITE
				    ? sizeof(reply)
				    : sizeof(struct migcompat_broker_text_reply);

	return broker_send(broker, &(struct message_part){&reply, size}, 1);
}

int broker_reply_yes(const struct broker *broker, uint64_t id, size_t len)
{
	const struct migcompat_broker_write_reply reply =
		write_reply(MIGCOMPAT_BROKER_OP_WRITE, id, 0, len);

	return broker_send(broker, &(struct message_part){&reply, sizeof(reply)}, 1);
}

int broker_reply_text(const struct broker *broker, uint32_t op, uint64_t id, const char *text,
		      size_t len)
{
	const struct migcompat_broker_text_reply reply = {
		.header = {.op = op | MIGCOMPAT_BROKER_OP_REPLY, .id = id}};
	const struct message_part parts[] = {{&reply, sizeof(reply)}, {text, len}};

	return broker_send(broker, parts, 2);
}

void broker_replies_yes(struct broker_replies *replies, uint64_t id, size_t len)
{
	replies->list[replies->count++] = write_reply(MIGCOMPAT_BROKER_OP_WRITE, id, 0, len);
}

void broker_replies_error(struct broker_replies *replies, uint64_t id, int error)
{
	replies->list[replies->count++] =
		write_reply(MIGCOMPAT_BROKER_OP_WRITE, id, broker_error(error), 0);
}

/*
 * write(2) returns the bytes of the replies it took. The next one is the one it refused.
 */
void broker_replies_send(const struct broker *broker, struct broker_replies *replies)
{
	const size_t each = sizeof(replies->list[0]);
	const bool several = broker->version >= MIGCOMPAT_BROKER_VERSION_SEVERAL;
	size_t at = 0;

	for (size_t i = 0; i < replies->count; i++)
		replies->list[i].header.epoch = broker->epoch;
	while (at < replies->count) {
		ssize_t done;

		do
			done = write(broker->fd, &replies->list[at],
				     several ? (replies->count - at) * each : each);
		while (done < 0 && errno == EINTR);
		at += done > 0 ? (size_t)done / each : 1;
	}
	replies->count = 0;
}
