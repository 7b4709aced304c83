/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls: a request, its reply, and who broke what where there is none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker_client/worker.h"

int worker_receive(struct worker *worker, uint64_t deadline, struct wire_message *ret)
{
	int r;

	while ((r = wire_next(&worker->in, WIRE_REPLY_MAX, ret)) == 0)
		if ((r = wire_fill(&worker->in, worker->child.socket, deadline)))
			return r;
	if (r < 0)
		return r;
	return worker->in.at == worker->in.end ? 0 : -EBADMSG;
}

int worker_refusal(struct wire_message *reply, struct error *err)
{
	const char *text = wire_get_words(&reply->body, ERROR_TEXT_MAX);

	if (!text || !wire_done(&reply->body) || reply->head.status < -4095 ||
	    reply->head.status >= 0)
		return -EBADMSG;
	/* ENOMEM is this process's own: callers give up all answers then, not this backend's alone.
	 */
	if (reply->head.status == -ENOMEM)
		reply->head.status = -EIO;
	if (*text)
		error_set(err, reply->head.status, "%s", text);
	return 0;
}

/* 0: a reply to read, whatever its status; else the worker must die. */
static int exchange(struct worker *worker, enum wire_op op, struct wire_message *ret)
{
	uint64_t deadline = wire_deadline(worker->options.timeout_ms);
	int r = wire_send(&worker->requests.out, worker->child.socket, deadline);

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
		r = worker_refusal(ret, err);
		if (!r)
			return ret->head.status;
	}
	return r ? worker_dead(worker, worker_die(worker, r), err) : 0;
}

int worker_unread(struct worker *worker, int r, struct error *err)
{
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	return worker_dead(worker, worker_die(worker, r), err);
}

/* ---------------------------------------------------------------- opening */

/* The strings of a reply move into the opened device. */
static int opened_make(struct wire_message *reply, struct worker_opened **ret)
{
	size_t len = (size_t)(reply->body.end - reply->body.at);
	struct worker_opened *self = calloc(1, sizeof(*self) + len);
	struct wire_reader body;
	int r;

	if (!self)
		return -ENOMEM;
	if (len)
		memcpy(self->body, reply->body.at, len);
	body = (struct wire_reader){.at = self->body, .end = self->body + len};
	r = message_get_opened(&body, &self->number, &self->opened);
	if (r)
		free(self);
	else
		*ret = self;
	return r;
}

int worker_reply_open(struct worker *worker, const struct device *device,
		      struct worker_opened **ret, struct error *err)
{
	struct worker_opened *self = NULL;
	struct sent_host *host = NULL;
	struct wire_message reply = {0};
	int r = requests_open(&worker->requests, device, &worker->provider.settings, &host, err);

	if (r)
		return r;
	r = worker_call(worker, WIRE_OPEN, &reply, err);
	if (!r && (r = opened_make(&reply, &self)))
		/* The worker has a device that nobody could close: without its number there is no
		 * going on. */
		r = worker_dead(worker, worker_die(worker, r), err);
	if (!self) {
		requests_release(&worker->requests, host, false);
		return r;
	}
	requests_keep(host);
	self->host = host;
	self->opened.life = worker->generation;
	self->opened.provider = &worker->provider;
	self->opened.device = device;
	*ret = self;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was said of a device once, and stands in verdicts and strings, must still be so. */
static bool same_device(const struct opened *a, const struct opened *b)
{
	return same_text(a->type, b->type) && same_text(a->model, b->model) &&
	       same_text(a->label, b->label) && same_text(a->mechanism_text, b->mechanism_text) &&
	       same_text(a->not_source, b->not_source) && same_text(a->not_target, b->not_target) &&
	       a->mechanism == b->mechanism && same_text(a->payload, b->payload) &&
	       same_text(a->newest, b->newest);
}

int worker_reopen(struct worker *worker, struct opened *opened, struct error *err)
{
	struct worker_opened *self = mine(opened), *again = NULL;
	int r;

	if (opened->life == worker->generation)
		return 0;
	r = worker_reply_open(worker, opened->device, &again, err);
	if (!again)
		return r;
	if (same_device(opened, &again->opened)) {
		self->host = again->host;
		self->number = again->number;
		opened->life = again->opened.life;
		free(again);
		return 0;
	}
	opened_close(&again->opened);
	return error_set(err, -EPROTO,
			 "backend %s: it says something else of device \"%s\" since its worker was "
			 "started again",
			 worker->provider.info.name, opened->device->id);
}
