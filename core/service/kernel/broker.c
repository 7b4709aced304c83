/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening the broker, and the commands to the kernel. */
#include "core/service/kernel/broker_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/service/kernel/broker_holder.h"

/* ---------------------------------------------------------------- the epoch */

static int hello(struct broker *broker, struct error *err)
{
	struct migcompat_broker_hello message = {
		.header = {.op = MIGCOMPAT_BROKER_OP_HELLO},
		.version_min = MIGCOMPAT_BROKER_VERSION_MIN,
		.version_max = MIGCOMPAT_BROKER_VERSION_MAX,
	};
	union broker_message answer;
	int r = broker_command(broker, &message.header,
			       &(struct message_part){&message, sizeof(message)}, 1, &answer,
			       sizeof(answer.hello));

	if (r == -EPROTONOSUPPORT)
		return error_set(
			err, r,
			"%s: the kernel module supports none of the protocol versions %u to %u",
			BROKER_PATH, MIGCOMPAT_BROKER_VERSION_MIN, MIGCOMPAT_BROKER_VERSION_MAX);
	if (!r && (answer.hello.version < MIGCOMPAT_BROKER_VERSION_MIN ||
		   answer.hello.version > MIGCOMPAT_BROKER_VERSION_MAX))
		r = -EPROTO;
	if (r)
		return error_set(err, r,
				 "%s: the kernel module violates the protocol or refuses it: %s",
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
	return error_set(err, r, "cannot open %s: %s", BROKER_PATH, strerror(-r));
}

int broker_open(int passed, struct broker *ret, struct error *err)
{
	int fd = passed, flags, r;

	if (fd < 0)
		fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_failed(-errno, err);
	*ret = (struct broker){.fd = fd, .buffer = malloc(BROKER_BUFFER_BYTES)};
	pthread_mutex_init(&ret->read_lock, NULL);
	flags = fcntl(fd, F_GETFL);
	if (!ret->buffer)
		r = error_set(err, -ENOMEM, "out of memory");
	else if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		 fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		r = error_set(err, -errno, "%s: cannot use the descriptor that systemd passed: %s",
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
	free(broker->buffer);
	pthread_mutex_destroy(&broker->read_lock);
	broker->fd = -1;
}

/* ---------------------------------------------------------------- commands */

int broker_list(struct broker *broker, uint64_t after, struct broker_attachment *ret)
{
	struct migcompat_broker_list message = {.header = {.op = MIGCOMPAT_BROKER_OP_LIST},
						.after = after};
	union broker_message answer;
	int r = broker_command(broker, &message.header,
			       &(struct message_part){&message, sizeof(message)}, 1, &answer,
			       sizeof(answer.list));

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
		.type_error = type ? 0 : broker_error(type_error),
		.subject_length = (uint32_t)strlen(subject),
		.type_length = type ? (uint32_t)strlen(type) : 0,
	};
	const struct message_part parts[] = {{&message, sizeof(message)},
					     {subject, message.subject_length},
					     {type, message.type_length}};
	union broker_message answer;
	int r = broker_command(broker, &message.header, parts, 3, &answer, sizeof(answer.attach));

	if (!r)
		*ret_attachment = answer.attach.attachment;
	return r;
}

int broker_detach(struct broker *broker, uint64_t attachment)
{
	struct migcompat_broker_detach message = {.header = {.op = MIGCOMPAT_BROKER_OP_DETACH},
						  .attachment = attachment};

	return broker_command(broker, &message.header,
			      &(struct message_part){&message, sizeof(message)}, 1, NULL, 0);
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
		for (unsigned value = 0; value < MIGCOMPAT_BROKER_VALUES; value++)
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
		.type_error = type ? 0 : broker_error(type_error),
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
		for (unsigned value = 0; value < MIGCOMPAT_BROKER_VALUES; value++) {
			table[i].value_length[value] = value_length(parameters[i].values[value]);
			at = append(at, parameters[i].values[value]);
		}
	}
	const struct message_part parts[] = {
		{&message, sizeof(message)},
		{table, count * sizeof(table[0])},
		{type, message.type_length},
		{text, (size_t)(at - text)},
	};
	r = broker_command(broker, &message.header, parts, 4, NULL, 0);
	free(text);
	return r;
}
