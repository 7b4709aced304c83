/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to and from the kernel shim. Each write and each read carries a whole one. */
#include "core/service/kernel/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/migcompat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/service/kernel/broker_holder.h"
#include "core/service/clock.h"

#define REPLY MIGCOMPAT_BROKER_OP_REPLY

#define AHEAD_BYTES 65536u /* that are read at once */

_Static_assert(sizeof(struct migcompat_broker_write_reply) == BROKER_REPLY_BYTES,
	       "as the protocol has it");
_Static_assert(BROKER_STRING_MAX == MIGCOMPAT_BROKER_STRING_MAX, "as the protocol has it");
_Static_assert(BROKER_NAME_MAX == MIGCOMPAT_BROKER_NAME_MAX, "as the protocol has it");
_Static_assert(BROKER_LINES_MAX == MIGCOMPAT_BROKER_LINES_MAX, "as the protocol has it");
_Static_assert(BROKER_PARAMETERS_MAX == MIGCOMPAT_BROKER_PARAMETERS_MAX, "as the protocol has it");
_Static_assert(BROKER_SESSIONS_MAX ==
		       MIGCOMPAT_BROKER_SESSIONS_USER_MAX + MIGCOMPAT_BROKER_SESSIONS_USERS_MAX,
	       "as the protocol has it");
_Static_assert((int)BROKER_VALUES == MIGCOMPAT_BROKER_VALUES &&
		       (int)BROKER_VALUE_RUNTIME == MIGCOMPAT_BROKER_VALUE_RUNTIME,
	       "in the protocol's order");

union message {
	struct migcompat_broker_header header;
	struct migcompat_broker_hello_reply hello;
	struct migcompat_broker_list_reply list;
	struct migcompat_broker_attach_reply attach;
	struct migcompat_broker_request request;
	char bytes[MIGCOMPAT_BROKER_READ_SIZE];
};

/* ---------------------------------------------------------------- sending and receiving */

/* A part of a message, behind its fixed beginning. */
struct part {
	const void *bytes;
	size_t len;
};

/* The driver takes a message in one write(2) from one place, and none is sent twice: so it is put
 * together here. */
static int send_whole(const struct broker *broker, char *whole, size_t size)
{
	ssize_t done;

	do
		done = write(broker->fd, whole, size);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	return (size_t)done == size ? 0 : -EPROTO;
}

/* parts[0] begins with the header, whose size and epoch are filled in here. */
static int send_parts(const struct broker *broker, const struct part *parts, size_t count)
{
	char little[sizeof(union message)], *whole = little, *at;
	struct migcompat_broker_header header;
	size_t size = 0;
	int r;

	for (size_t i = 0; i < count; i++)
		size += parts[i].len;
	if (size > MIGCOMPAT_BROKER_WRITE_MAX)
		return -E2BIG;
	if (size > sizeof(little))
		whole = malloc(size);
	if (!whole)
		return -ENOMEM;
	at = whole;
	for (size_t i = 0; i < count; i++)
		if (parts[i].len)
			at = (char *)memcpy(at, parts[i].bytes, parts[i].len) + parts[i].len;
	memcpy(&header, whole, sizeof(header));
	header.size = (uint32_t)size;
	header.epoch = broker->epoch;
	memcpy(whole, &header, sizeof(header));
	r = send_whole(broker, whole, size);
	if (whole != little)
		free(whole);
	return r;
}

static int send_message(const struct broker *broker, const void *message, size_t size)
{
	return send_parts(broker, &(struct part){message, size}, 1);
}

/* Bytes, 0 where none waits. */
static ssize_t read_some(const struct broker *broker, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(broker->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got >= 0 ? got : errno == EAGAIN ? 0 : -errno;
}

/* One message: there is no room for two. Its bytes, 0 where none waits. */
static ssize_t receive(const struct broker *broker, union message *message)
{
	ssize_t got = read_some(broker, message, sizeof(*message));

	if (got <= 0)
		return got;
	return (size_t)got >= sizeof(message->header) && message->header.size == (size_t)got
		       ? got
		       : -EPROTO;
}

/* The same out of what was read ahead, which is read anew once it was all received. */
static ssize_t receive_next(struct broker *broker, union message *message)
{
	struct migcompat_broker_header header;
	size_t left;

	if (broker->ahead_at == broker->ahead_end) {
		ssize_t got = read_some(broker, broker->ahead, AHEAD_BYTES);

		if (got <= 0)
			return got;
		broker->ahead_at = 0;
		broker->ahead_end = (size_t)got;
	}
	left = broker->ahead_end - broker->ahead_at;
	if (left < sizeof(header))
		return -EPROTO;
	memcpy(&header, broker->ahead + broker->ahead_at, sizeof(header));
	if (header.size < sizeof(header) || header.size > left || header.size > sizeof(*message))
		return -EPROTO;
	memcpy(message, broker->ahead + broker->ahead_at, header.size);
	broker->ahead_at += header.size;
	return (ssize_t)header.size;
}

/* The answer to a command waits when the command has returned, in front of all requests. */
static int receive_answer(const struct broker *broker,
			  const struct migcompat_broker_header *command, union message *answer,
			  size_t least)
{
	ssize_t got = receive(broker, answer);

	if (got < 0)
		return (int)got;
	if ((size_t)got < least || answer->header.op != (command->op | REPLY) ||
	    answer->header.id != command->id)
		return -EPROTO;
	return answer->header.error;
}

/* A command, whose id is given here. least: bytes of its answer; 0: it has none. parts[0] is the
 * message that begins with header. */
static int command(struct broker *broker, struct migcompat_broker_header *header,
		   const struct part *parts, size_t count, union message *answer, size_t least)
{
	int r;

	pthread_mutex_lock(&broker->reading);
	header->id = ++broker->command;
	r = send_parts(broker, parts, count);
	if (!r && least)
		r = receive_answer(broker, header, answer, least);
	pthread_mutex_unlock(&broker->reading);
	return r;
}

/* ---------------------------------------------------------------- the epoch */

static int hello(struct broker *broker, struct error *err)
{
	struct migcompat_broker_hello message = {
		.header = {.op = MIGCOMPAT_BROKER_OP_HELLO},
		.version_min = MIGCOMPAT_BROKER_VERSION_MIN,
		.version_max = MIGCOMPAT_BROKER_VERSION_MAX,
	};
	union message answer;
	int r = command(broker, &message.header, &(struct part){&message, sizeof(message)}, 1,
			&answer, sizeof(answer.hello));

	if (r == -EPROTONOSUPPORT)
		return error_set(
			err, r,
			"%s: the kernel module speaks none of the protocol's versions %u to %u",
			BROKER_PATH, MIGCOMPAT_BROKER_VERSION_MIN, MIGCOMPAT_BROKER_VERSION_MAX);
	if (!r && (answer.hello.version < MIGCOMPAT_BROKER_VERSION_MIN ||
		   answer.hello.version > MIGCOMPAT_BROKER_VERSION_MAX))
		r = -EPROTO;
	if (r)
		return error_set(err, r, "%s: the kernel module does not answer as it should: %s",
				 BROKER_PATH, strerror(-r));
	broker->epoch = answer.header.epoch;
	broker->version = answer.hello.version;
	broker->attachments = answer.hello.attachments;
	broker->requeued = answer.hello.requeued;
	broker->timeout_ms = answer.hello.timeout_ms;
	return 0;
}

static int open_failed(int r, struct error *err)
{
	char holder[BROKER_HOLDER_BYTES];

	if (r == -EBUSY && broker_holder(holder, sizeof(holder)))
		return error_set(err, r, "%s is held by another process, %s", BROKER_PATH, holder);
	if (r == -EBUSY)
		return error_set(err, r, "%s is held by another process", BROKER_PATH);
	return error_set(err, r, "%s cannot be opened: %s", BROKER_PATH, strerror(-r));
}

int broker_open(int passed, struct broker *ret, struct error *err)
{
	int fd = passed, flags, r;

	if (fd < 0)
		fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_failed(-errno, err);
	*ret = (struct broker){.fd = fd, .ahead = malloc(AHEAD_BYTES)};
	pthread_mutex_init(&ret->reading, NULL);
	flags = fcntl(fd, F_GETFL);
	if (!ret->ahead)
		r = error_set(err, -ENOMEM, "out of memory");
	else if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		 fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		r = error_set(err, -errno,
			      "%s: the descriptor that was handed over cannot be used: %s",
			      BROKER_PATH, strerror(errno));
	else
		r = hello(ret, err);
	if (r)
		broker_close(ret);
	return r;
}

void broker_close(struct broker *broker)
{
	if (broker->fd < 0)
		return;
	close(broker->fd);
	free(broker->ahead);
	pthread_mutex_destroy(&broker->reading);
	broker->fd = -1;
}

/* The code as the protocol can bear it. */
static int error_told(int error)
{
	static const int told[] = {-EINVAL, -ENODEV, -EPERM,	 -EBUSY,
				   -E2BIG,  -EIO,    -ETIMEDOUT, -ENOTCONN};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i] == error)
			return error;
	return -EIO;
}

/* ---------------------------------------------------------------- commands */

int broker_list(struct broker *broker, uint64_t after, struct broker_listed *ret)
{
	struct migcompat_broker_list message = {.header = {.op = MIGCOMPAT_BROKER_OP_LIST},
						.after = after};
	union message answer;
	int r = command(broker, &message.header, &(struct part){&message, sizeof(message)}, 1,
			&answer, sizeof(answer.list));

	if (r)
		return r;
	if (answer.list.name_length > MIGCOMPAT_BROKER_NAME_MAX ||
	    answer.header.size - sizeof(answer.list) < answer.list.name_length)
		return -EPROTO;
	ret->attachment = answer.list.attachment;
	ret->is_type = answer.list.kind == MIGCOMPAT_BROKER_KIND_TYPE;
	memcpy(ret->name, answer.bytes + sizeof(answer.list), answer.list.name_length);
	ret->name[answer.list.name_length] = '\0';
	return 0;
}

int broker_attach(struct broker *broker, bool is_type, const char *subject, const char *type,
		  int type_error, uint64_t *ret_attachment)
{
	struct migcompat_broker_attach message = {
		.header = {.op = is_type ? MIGCOMPAT_BROKER_OP_ATTACH_TYPE
					 : MIGCOMPAT_BROKER_OP_ATTACH},
		.type_error = type ? 0 : error_told(type_error),
		.subject_length = (uint32_t)strlen(subject),
		.type_length = type ? (uint32_t)strlen(type) : 0,
	};
	const struct part parts[] = {{&message, sizeof(message)},
				     {subject, message.subject_length},
				     {type, message.type_length}};
	union message answer;
	int r = command(broker, &message.header, parts, 3, &answer, sizeof(answer.attach));

	if (!r)
		*ret_attachment = answer.attach.attachment;
	return r;
}

int broker_detach(struct broker *broker, uint64_t attachment)
{
	struct migcompat_broker_detach message = {.header = {.op = MIGCOMPAT_BROKER_OP_DETACH},
						  .attachment = attachment};

	return command(broker, &message.header, &(struct part){&message, sizeof(message)}, 1, NULL,
		       0);
}

static uint32_t value_length(const char *value)
{
	return value ? (uint32_t)strlen(value) : MIGCOMPAT_BROKER_VALUE_ABSENT;
}

static char *append(char *at, const char *text)
{
	return text ? stpcpy(at, text) : at;
}

static size_t parameters_size(const struct broker_parameter *parameters, size_t count)
{
	size_t size = 1;

	for (size_t i = 0; i < count; i++) {
		size += strlen(parameters[i].name);
		for (unsigned value = 0; value < BROKER_VALUES; value++)
			size += parameters[i].values[value] ? strlen(parameters[i].values[value])
							    : 0;
	}
	return size;
}

int broker_publish(struct broker *broker, uint64_t attachment, const char *type, int type_error,
		   const struct broker_parameter *parameters, size_t count)
{
	struct migcompat_broker_publish message = {
		.header = {.op = MIGCOMPAT_BROKER_OP_PUBLISH},
		.attachment = attachment,
		.type_error = type ? 0 : error_told(type_error),
		.type_length = type ? (uint32_t)strlen(type) : 0,
		.parameters = (uint32_t)count,
	};
	struct migcompat_broker_parameter table[MIGCOMPAT_BROKER_PARAMETERS_MAX] = {
		{.reserved = 0}};
	char *text, *at;
	int r;

	if (count > MIGCOMPAT_BROKER_PARAMETERS_MAX)
		return -E2BIG;
	text = at = malloc(parameters_size(parameters, count));
	if (!text)
		return -ENOMEM;
	*at = '\0';
	for (size_t i = 0; i < count; i++) {
		table[i].name_length = (uint32_t)strlen(parameters[i].name);
		at = append(at, parameters[i].name);
		for (unsigned value = 0; value < BROKER_VALUES; value++) {
			table[i].value_length[value] = value_length(parameters[i].values[value]);
			at = append(at, parameters[i].values[value]);
		}
	}
	const struct part parts[] = {
		{&message, sizeof(message)},
		{table, count * sizeof(table[0])},
		{type, message.type_length},
		{text, (size_t)(at - text)},
	};
	r = command(broker, &message.header, parts, 4, NULL, 0);
	free(text);
	return r;
}

/* ---------------------------------------------------------------- requests */

static int op_read(uint32_t op, enum broker_op *ret)
{
	switch (op) {
	case MIGCOMPAT_BROKER_OP_READ:
		*ret = BROKER_READ;
		return 0;
	case MIGCOMPAT_BROKER_OP_WRITE:
		*ret = BROKER_WRITE;
		return 0;
	case MIGCOMPAT_BROKER_OP_ASK:
		*ret = BROKER_ASK;
		return 0;
	case MIGCOMPAT_BROKER_OP_CANCEL:
		*ret = BROKER_CANCEL;
		return 0;
	default:
		return -EPROTO;
	}
}

static uint32_t op_write(enum broker_op op)
{
	return (op == BROKER_READ    ? MIGCOMPAT_BROKER_OP_READ
		: op == BROKER_WRITE ? MIGCOMPAT_BROKER_OP_WRITE
				     : MIGCOMPAT_BROKER_OP_ASK) |
	       REPLY;
}

int broker_receive(struct broker *broker, struct broker_request *ret)
{
	union message message;
	ssize_t got;
	int r;

	pthread_mutex_lock(&broker->reading);
	got = receive_next(broker, &message);
	pthread_mutex_unlock(&broker->reading);
	if (got <= 0)
		return (int)got;
	r = op_read(message.header.op, &ret->op);
	ret->id = message.header.id;
	ret->attachment = 0;
	ret->received_us = now_us();
	ret->len = 0;
	ret->string[0] = '\0';
	if (r || ret->op == BROKER_CANCEL)
		return r ? r : 1;
	if ((size_t)got < sizeof(message.request) ||
	    (size_t)got - sizeof(message.request) > BROKER_STRING_MAX)
		return -EPROTO;
	ret->attachment = message.request.attachment;
	ret->len = (size_t)got - sizeof(message.request);
	memcpy(ret->string, message.bytes + sizeof(message.request), ret->len);
	ret->string[ret->len] = '\0';
	return 1;
}

bool broker_ahead(const struct broker *broker)
{
	return broker->ahead_at < broker->ahead_end;
}

int broker_refuse(const struct broker *broker, enum broker_op op, uint64_t id, int error)
{
	struct migcompat_broker_write_reply reply = {
		.header = {.op = op_write(op), .id = id, .error = error_told(error)}};

	return send_message(broker, &reply,
			    op == BROKER_WRITE ? sizeof(reply)
					       : sizeof(struct migcompat_broker_text_reply));
}

int broker_accept(const struct broker *broker, uint64_t id, size_t len)
{
	struct migcompat_broker_write_reply reply = {
		.header = {.op = op_write(BROKER_WRITE), .id = id}, .count = (uint32_t)len};

	return send_message(broker, &reply, sizeof(reply));
}

int broker_tell(const struct broker *broker, enum broker_op op, uint64_t id, const char *text,
		size_t len)
{
	struct migcompat_broker_text_reply reply = {.header = {.op = op_write(op), .id = id}};
	const struct part parts[] = {{&reply, sizeof(reply)}, {text, len}};

	return send_parts(broker, parts, 2);
}

static void replies_add(struct broker_replies *replies, uint64_t id, int error, uint32_t count)
{
	const struct migcompat_broker_write_reply reply = {
		.header = {.size = sizeof(reply),
			   .op = op_write(BROKER_WRITE),
			   .id = id,
			   .error = error},
		.count = count,
	};

	memcpy(replies->bytes + replies->count++ * sizeof(reply), &reply, sizeof(reply));
}

void broker_replies_yes(struct broker_replies *replies, uint64_t id, size_t len)
{
	replies_add(replies, id, 0, (uint32_t)len);
}

void broker_replies_no(struct broker_replies *replies, uint64_t id, int error)
{
	replies_add(replies, id, error_told(error), 0);
}

void broker_replies_send(const struct broker *broker, struct broker_replies *replies)
{
	size_t size = replies->count * BROKER_REPLY_BYTES;
	ssize_t done;

	for (size_t at = 0; at < size; at += BROKER_REPLY_BYTES)
		memcpy(replies->bytes + at + offsetof(struct migcompat_broker_header, epoch),
		       &broker->epoch, sizeof(broker->epoch));
	for (size_t at = 0; at<size; at += done> 0 ? (size_t)done : BROKER_REPLY_BYTES) {
		bool several = broker->version >= MIGCOMPAT_BROKER_VERSION_SEVERAL;

		do
			done = write(broker->fd, replies->bytes + at,
				     several ? size - at : BROKER_REPLY_BYTES);
		while (done < 0 && errno == EINTR);
	}
	replies->count = 0;
}
