/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages as the kernel wants them: each write(2) and each read(2) carries whole ones.
 */
#include "core/service/kernel/broker_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_whole(const struct broker *broker, const char *whole, size_t size)
{
	ssize_t done;

	do
		done = write(broker->fd, whole, size);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	return (size_t)done == size ? 0 : -EPROTO;
}

/* The driver has no writev(2), so the parts are joined in one buffer. */
int broker_send(const struct broker *broker, const struct message_part *parts, size_t count)
{
	char small[sizeof(union broker_message)], *whole = small, *at;
	struct migcompat_broker_header header;
	size_t size = 0;
	int r;

	for (size_t i = 0; i < count; i++)
		size += parts[i].len;
	if (size > MIGCOMPAT_BROKER_WRITE_MAX)
		return -E2BIG;
	if (size > sizeof(small))
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
	r = write_whole(broker, whole, size);
	if (whole != small)
		free(whole);
	return r;
}

ssize_t broker_read(const struct broker *broker, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(broker->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got >= 0 ? got : errno == EAGAIN ? 0 : -errno;
}

/*
 * The answer is there once the command's write(2) returned, and the kernel gives answers
 * before requests. The buffer of this read has room for one message, so no request
 * follows it.
 */
static int read_answer(const struct broker *broker, const struct migcompat_broker_header *command,
		       union broker_message *answer, size_t answer_min)
{
	ssize_t got = broker_read(broker, answer, sizeof(*answer));

	if (got < 0)
		return (int)got;
	if ((size_t)got < sizeof(answer->header) || (size_t)got < answer_min ||
	    answer->header.size != (size_t)got ||
	    answer->header.op != (command->op | MIGCOMPAT_BROKER_OP_REPLY) ||
	    answer->header.id != command->id)
		return -EPROTO;
	return answer->header.error;
}

int broker_command(struct broker *broker, struct migcompat_broker_header *header,
		   const struct message_part *parts, size_t count, union broker_message *answer,
		   size_t answer_min)
{
	int r;

	pthread_mutex_lock(&broker->read_lock);
	header->id = ++broker->last_command;
	r = broker_send(broker, parts, count);
	if (!r && answer_min)
		r = read_answer(broker, header, answer, answer_min);
	pthread_mutex_unlock(&broker->read_lock);
	return r;
}

int broker_error(int error)
{
	static const int known[] = {-EINVAL, -ENODEV, -EPERM,     -EBUSY,
				    -E2BIG,  -EIO,    -ETIMEDOUT, -ENOTCONN};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == error)
			return error;
	return -EIO;
}
