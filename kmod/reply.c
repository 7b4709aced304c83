// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's replies: which bytes are valid, and for which request. An invalid reply
 * changes nothing.
 */
#include <linux/mm.h>
#include "queue.h"
#include "trace.h"

/* The errors with which the daemon may answer. */
static const int reply_errors[] = {-EINVAL, -ENODEV, -EPERM,     -EBUSY,
				   -E2BIG,  -EIO,    -ETIMEDOUT, -ENOTCONN};

bool request_error_is_known(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reply_errors); i++)
		if (error == reply_errors[i])
			return true;
	return false;
}

/* Checks that do not need the request. */
static bool reply_is_well_formed(const struct migcompat_broker_header *header)
{
	const char *text = (const char *)(header + 1);
	size_t length = header->size - sizeof(*header);

	if (header->error && !request_error_is_known(header->error))
		return false;
	switch (header->op & ~MIGCOMPAT_BROKER_OP_REPLY) {
	case MIGCOMPAT_BROKER_OP_WRITE:
		return header->size == sizeof(struct migcompat_broker_write_reply);
	case MIGCOMPAT_BROKER_OP_READ:
		return header->error ? !length
				     : length > 0 && length <= MIGCOMPAT_BROKER_STRING_MAX &&
					       string_is_graphic(text, length);
	case MIGCOMPAT_BROKER_OP_ASK:
		return header->error ? !length
				     : length <= MIGCOMPAT_BROKER_LINES_MAX &&
					       string_is_lines(text, length);
	default:
		return false;
	}
}

/* A yes has error 0 and the length of the whole string. */
static bool write_reply_fits(const struct migcompat_broker_header *header,
			     const struct request *request)
{
	const struct migcompat_broker_write_reply *reply = (const void *)header;

	return !reply->reserved && reply->count == (header->error ? 0 : request->length);
}

static struct request *request_find_sent(const struct migcompat_broker_header *header)
{
	struct request *request;

	hash_for_each_possible(requests.by_id, request, by_id, header->id)
		if (request->id == header->id && request_is_sent(request) &&
		    (request->op | MIGCOMPAT_BROKER_OP_REPLY) == header->op)
			return request;
	return NULL;
}

/*
 * Lend the asker's memory, MIGCOMPAT_ASK_REPLY_MAX bytes, to a reply to ASK. NULL: no
 * such request waits, or another reply is being copied. request_return() or
 * request_reply() gives it back.
 */
void *request_borrow(const struct migcompat_broker_header *header)
{
	struct request *request;
	void *message = NULL;

	spin_lock(&requests.lock);
	request = request_is_from_daemon(header) ? request_find_sent(header) : NULL;
	if (request)
		swap(message, request->message);
	spin_unlock(&requests.lock);
	return message;
}

/* The reply was refused. If the request still waits, another reply may use the memory. */
void request_return(const struct migcompat_broker_header *header, void *message)
{
	struct request *request;

	spin_lock(&requests.lock);
	hash_for_each_possible(requests.by_id, request, by_id, header->id)
		if (request->id == header->id)
			swap(message, request->message);
	spin_unlock(&requests.lock);
	kvfree(message);
}

/*
 * Finish a request. On success it owns MESSAGE, which begins with HEADER. A reply that is
 * refused leaves the request waiting.
 */
int request_reply(const struct migcompat_broker_header *header, void *message)
{
	struct request *request;
	int error = -EINVAL;

	if (!reply_is_well_formed(header))
		return -EINVAL;
	spin_lock(&requests.lock);
	if (!request_is_from_daemon(header))
		goto unlock;
	request = request_find_sent(header);
	if (!request ||
	    (request->op == MIGCOMPAT_BROKER_OP_WRITE && !write_reply_fits(header, request)))
		goto unlock;
	request->message = message;
	request->answer = (const char *)(header + 1);
	request->answer_length = header->size - sizeof(*header);
	trace_migcompat_reply(request, header->error);
	request_end(request, header->error, true);
	error = 0;
unlock:
	spin_unlock(&requests.lock);
	return error;
}
