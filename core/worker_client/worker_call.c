/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request and its reply. If there is no good reply, the process is ended. */
#include <errno.h>

#include "core/worker_client/worker.h"

int worker_receive(struct worker *worker, uint64_t deadline, struct wire_message *ret)
{
	int r;

	while ((r = wire_next(&worker->in, WIRE_REPLY_MAX, ret)) == 0)
		if ((r = wire_fill(&worker->in, worker->process.socket, deadline)))
			return r;
	if (r < 0)
		return r;
	return worker->in.at == worker->in.end ? 0 : -EBADMSG;
}

int worker_read_refusal(struct wire_message *reply, struct error *err)
{
	const char *text = wire_get_words(&reply->body, ERROR_TEXT_MAX);

	if (!text || !wire_done(&reply->body) || reply->head.status < -4095 ||
	    reply->head.status >= 0)
		return -EBADMSG;
	/*
	 * ENOMEM is this process's own: it makes callers give up the answers of all
	 * backends.
	 */
	if (reply->head.status == -ENOMEM)
		reply->head.status = -EIO;
	if (*text)
		error_set(err, reply->head.status, "%s", text);
	return 0;
}

/* 0: a reply with any status; otherwise the caller must end the process. */
static int exchange(struct worker *worker, enum wire_op op, struct wire_message *ret)
{
	uint64_t deadline = wire_deadline(worker->options.timeout_ms);
	int r = wire_send(&worker->requests.out, worker->process.socket, deadline);

	if (!r)
		r = worker_receive(worker, deadline, ret);
	if (!r && (ret->head.id != worker->requests.last || ret->head.op != op))
		r = -EBADMSG;
	return r;
}

int worker_call(struct worker *worker, enum wire_op op, struct wire_message *ret, struct error *err)
{
	int r = exchange(worker, op, ret);

	if (!r && ret->head.status) {
		r = worker_read_refusal(ret, err);
		if (!r)
			return ret->head.status;
	}
	return r ? worker_error(worker, worker_abort(worker, r), err) : 0;
}

int worker_bad_reply(struct worker *worker, int r, struct error *err)
{
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	return worker_error(worker, worker_abort(worker, r), err);
}
