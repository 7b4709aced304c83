/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening devices in a worker. A device stays open for its caller when the process ends:
 * the next call opens it again in the next process, from the same facts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker_client/worker.h"

/* The strings of the reply move into the opened device. */
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

int worker_open_device(struct worker *worker, const struct device *device,
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
		/*
		 * Without its number the device could never be closed, so -ENOMEM ends
		 * the process, too.
		 */
		r = worker_error(worker, worker_abort(worker, r), err);
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

/*
 * Strings and verdicts hold what the backend said first, so it must say the same again.
 */
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
	struct worker_opened *self = worker_opened_of(opened), *again = NULL;
	int r;

	if (opened->life == worker->generation)
		return 0;
	r = worker_open_device(worker, opened->device, &again, err);
	if (!again)
		return r;
	if (same_device(opened, &again->opened)) {
		self->host = again->host;
		self->number = again->number;
		opened->life = again->opened.life;
		free(again);
		return 0;
	}
	worker_close_later(worker, again);
	return error_set(err, -EPROTO,
			 "backend %s: it describes device \"%s\" differently since its worker was "
			 "started again",
			 worker->provider.info.name, opened->device->id);
}
