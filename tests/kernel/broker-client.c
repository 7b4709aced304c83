// SPDX-License-Identifier: LGPL-2.1-or-later
/* The daemon's end of the protocol for tests: builds, sends and receives messages. */
#include "broker-client.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int broker_send(struct broker *broker, void *message, size_t size)
{
	struct migcompat_broker_header *header = message;
	ssize_t count;

	header->size = (uint32_t)size;
	header->epoch = broker->epoch;
	count = write(broker->fd, message, size);
	if (count < 0)
		return -errno;
	return (size_t)count == size ? 0 : -EPROTO;
}

int broker_receive(struct broker *broker, union broker_message *message)
{
	ssize_t count = read(broker->fd, message, sizeof(*message));

	if (count < 0)
		return -errno;
	return (size_t)count == message->header.size ? 0 : -EPROTO;
}

int broker_hello(struct broker *broker, int fd)
{
	return broker_hello_version(broker, fd, 1);
}

int broker_hello_version(struct broker *broker, int fd, uint32_t version)
{
	struct migcompat_broker_hello hello = {.header = {.op = MIGCOMPAT_BROKER_OP_HELLO, .id = 1},
					       .version_min = version,
					       .version_max = version};
	union broker_message reply;
	int error;

	*broker = (struct broker){.fd = fd, .command = 1};
	error = broker_send(broker, &hello, sizeof(hello));
	if (error)
		return error;
	error = broker_receive(broker, &reply);
	if (error)
		return error;
	if (reply.header.op != (MIGCOMPAT_BROKER_OP_HELLO | MIGCOMPAT_BROKER_OP_REPLY) ||
	    reply.hello_reply.version != version)
		return -EPROTO;
	broker->epoch = reply.header.epoch;
	broker->hello = reply.hello_reply;
	return 0;
}

static int command_with_answer(struct broker *broker, void *message, size_t size,
			       union broker_message *reply)
{
	struct migcompat_broker_header *header = message;
	int error;

	header->id = ++broker->command;
	error = broker_send(broker, message, size);
	if (error)
		return error;
	error = broker_receive(broker, reply);
	if (error)
		return error;
	return reply->header.op == (header->op | MIGCOMPAT_BROKER_OP_REPLY) &&
			       reply->header.id == header->id
		       ? 0
		       : -EPROTO;
}

int broker_attach(struct broker *broker, uint32_t op, const char *subject, const char *type,
		  uint64_t *ret_id)
{
	size_t subject_length = strlen(subject), type_length = strlen(type);
	union broker_message message = {.attach = {.header.op = op}}, reply;
	int error;

	if (sizeof(message.attach) + subject_length + type_length > sizeof(message))
		return -E2BIG;
	message.attach.subject_length = (uint32_t)subject_length;
	message.attach.type_length = (uint32_t)type_length;
	memcpy(message.bytes + sizeof(message.attach), subject, subject_length);
	memcpy(message.bytes + sizeof(message.attach) + subject_length, type, type_length);
	error = command_with_answer(broker, &message,
				    sizeof(message.attach) + subject_length + type_length, &reply);
	if (!error)
		*ret_id = reply.attach_reply.attachment;
	return error;
}

int broker_detach(struct broker *broker, uint64_t id)
{
	struct migcompat_broker_detach message = {
		.header = {.op = MIGCOMPAT_BROKER_OP_DETACH, .id = ++broker->command},
		.attachment = id};

	return broker_send(broker, &message, sizeof(message));
}

int broker_list(struct broker *broker, uint64_t after, union broker_message *reply)
{
	struct migcompat_broker_list message = {.header.op = MIGCOMPAT_BROKER_OP_LIST,
						.after = after};

	return command_with_answer(broker, &message, sizeof(message), reply);
}

int broker_publish(struct broker *broker, uint64_t id, const char *type, char **parameters,
		   unsigned int count)
{
	size_t fixed = sizeof(struct migcompat_broker_publish) +
		       count * sizeof(struct migcompat_broker_parameter),
	       size = fixed;
	char *message, *text;
	struct migcompat_broker_publish *publish;
	struct migcompat_broker_parameter *parameter;
	int error;

	for (unsigned int i = 0; i < count; i++)
		size += strlen(parameters[i]);
	size += strlen(type);
	message = calloc(1, size);
	if (!message)
		return -ENOMEM;
	publish = (void *)message;
	parameter = (void *)(publish + 1);
	text = message + fixed;
	publish->header.op = MIGCOMPAT_BROKER_OP_PUBLISH;
	publish->header.id = ++broker->command;
	publish->attachment = id;
	publish->parameters = count;
	publish->type_length = (uint32_t)strlen(type);
	memcpy(text, type, strlen(type));
	text += strlen(type);
	for (unsigned int i = 0; i < count; i++, parameter++) {
		const char *from = parameters[i];
		size_t length = strcspn(from, "=");

		parameter->name_length = (uint32_t)length;
		memcpy(text, from, length);
		text += length;
		from += length + (from[length] == '=');
		for (int value = 0; value < MIGCOMPAT_BROKER_VALUES; value++) {
			length = strcspn(from, "|");
			if (length == 1 && *from == '-') {
				parameter->value_length[value] = MIGCOMPAT_BROKER_VALUE_ABSENT;
			} else {
				parameter->value_length[value] = (uint32_t)length;
				memcpy(text, from, length);
				text += length;
			}
			from += length + (from[length] == '|');
		}
	}
	error = broker_send(broker, message, (size_t)(text - message));
	free(message);
	return error;
}

int broker_reply_text(struct broker *broker, const union broker_message *request, const char *text,
		      size_t length)
{
	struct migcompat_broker_text_reply *reply = calloc(1, sizeof(*reply) + length);
	int error;

	if (!reply)
		return -ENOMEM;
	reply->header.op = request->header.op | MIGCOMPAT_BROKER_OP_REPLY;
	reply->header.id = request->header.id;
	memcpy(reply + 1, text, length);
	error = broker_send(broker, reply, sizeof(*reply) + length);
	free(reply);
	return error;
}

int broker_reply_yes(struct broker *broker, const union broker_message *request)
{
	struct migcompat_broker_write_reply reply = {
		.header = {.op = request->header.op | MIGCOMPAT_BROKER_OP_REPLY,
			   .id = request->header.id},
		.count = (uint32_t)(request->header.size - sizeof(request->request)),
	};

	return broker_send(broker, &reply, sizeof(reply));
}

int broker_reply_error(struct broker *broker, const union broker_message *request, int error)
{
	struct migcompat_broker_write_reply reply = {
		.header = {.op = request->header.op | MIGCOMPAT_BROKER_OP_REPLY,
			   .id = request->header.id,
			   .error = error},
	};
	size_t size = request->header.op == MIGCOMPAT_BROKER_OP_WRITE
			      ? sizeof(reply)
			      : sizeof(struct migcompat_broker_text_reply);

	return broker_send(broker, &reply, size);
}

int broker_open_clean(struct broker *broker)
{
	union broker_message reply;
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC),
	    error = fd < 0 ? -errno : broker_hello(broker, fd);

	while (!error) {
		error = broker_list(broker, 0, &reply);
		if (error || !reply.list_reply.attachment)
			break;
		error = broker_detach(broker, reply.list_reply.attachment);
	}
	return error;
}
