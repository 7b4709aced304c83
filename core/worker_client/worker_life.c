/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exclusive use of a worker, and its process: loading the backend, and starting the
 * process again.
 *
 * In a service a worker has several processes, one after the other, called generations. A
 * device that is open stays open for its caller: the next call opens it again. The
 * backend must declare the same as before, and say the same of the device, since strings
 * and verdicts hold both. Otherwise it is parked, or the device is refused. A call is
 * never repeated: if the process ends during a call, that is its outcome.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/wire/worker_memory.h"
#include "core/worker_client/worker.h"

/* ---------------------------------------------------------------- loading */

/*
 * 0: info is the backend's, or it has no name and text says why the backend could not be
 * loaded. Otherwise the caller must end the process.
 */
static int read_manifest(struct worker *worker, struct arena *arena, struct backend_info *info,
			 struct error *text)
{
	struct wire_message message = {0};
	size_t len;
	char *body;
	int r = process_meet(&worker->process, worker->loaded_by);

	if (!r)
		r = worker_receive(worker, worker->loaded_by, &message);
	if (r)
		return r;
	if (message.head.op != WIRE_INFO || message.head.id != 0)
		return -EBADMSG;
	if (message.head.status) {
		r = worker_read_refusal(&message, text);
		if (!r && !*text->text)
			error_set(text, -ELIBACC, "it could not be loaded");
		return r;
	}
	len = (size_t)(message.body.end - message.body.at);
	body = arena_copy(arena, message.body.at, len);
	if (!body)
		return -ENOMEM;
	message.body = (struct wire_reader){.at = body, .end = body + len};
	return message_get_info(&message.body, arena, info);
}

static void worker_loaded(struct worker *worker)
{
	worker->loading = false;
	worker->alive = true;
	worker->missing = worker->process.missing;
	restart_began(&worker->restart, worker_now(worker));
	worker->last_call = worker_now(worker);
	worker_publish(worker);
}

int provider_worker_ready(struct provider *provider, struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct backend_info info = {0};
	struct error text = {0};
	int r = 0;

	worker_acquire(worker, WIRE_FOREVER);
	if (!worker->loading)
		goto out;
	r = read_manifest(worker, &provider->arena, &info, &text);
	if (r == -ENOMEM) {
		error_set(err, r, "out of memory");
	} else if (r) {
		worker_abort(worker, r);
		provider_refuse(provider, worker->death.text);
		r = 0;
	} else if (!info.name) {
		provider_refuse(provider, text.text);
	} else {
		info.path = provider->info.path;
		provider->info = info;
		worker->generation = 1;
		worker_loaded(worker);
	}
	worker->loading = false;
	if (provider->info.error)
		process_end(&worker->process, 0, NULL, 0);
out:
	worker_release(worker);
	return r;
}

/* ---------------------------------------------------------------- starting again */

/*
 * Load the backend again. If it declares something else than before, it is parked: its
 * open devices and all that is known of it would be wrong.
 */
static int reload(struct worker *worker, struct error *err)
{
	struct arena arena = {0};
	struct backend_info info = {0};
	struct error text = {0};
	const char *differs = NULL;
	int r = read_manifest(worker, &arena, &info, &text);

	if (!r && info.name)
		differs = info_differs(&worker->provider.info, &info);
	if (r) {
		worker_abort(worker, r);
	} else if (!info.name) {
		process_end(&worker->process, 0, NULL, 0);
		worker_failed(worker, -EIO, worker_now(worker),
			      "its worker could not load it again: %s", text.text);
	} else if (differs) {
		process_end(&worker->process, 0, NULL, 0);
		worker->restart.parked = true;
		worker_failed(
			worker, -EIO, worker_now(worker),
			"its file was replaced after its worker ended (%s changed); it must be "
			"loaded again",
			differs);
	} else {
		worker_loaded(worker);
	}
	worker->loading = false;
	arena_free(&arena);
	return worker->alive ? 0 : worker_error(worker, -EIO, err);
}

static int start_again(struct worker *worker, struct error *err)
{
	const char *path = worker->provider.info.path;
	char terms[TERMS_TEXT_MAX];
	const struct process_program program = {.path = worker->options.program,
						.first = terms,
						.arguments = &path,
						.count = 1,
						.keep_stderr = worker->options.keep_stderr};
	struct error text = {0};
	int r;

	worker_terms(worker->user, worker->share_kib, WORKER_OOM_AGAIN, terms);
	/* State of earlier generations is void from here, even if this start fails. */
	requests_reset(&worker->requests);
	worker->generation++;
	worker->in.at = worker->in.end = 0;
	r = process_start(&program, &worker->process, &text);
	if (r) {
		worker->process.socket = -1;
		worker_failed(worker, process_lacks_resources(r) ? -ENOMEM : r, worker_now(worker),
			      "%s", text.text);
		return worker_error(worker, -EIO, err);
	}
	worker->loading = true;
	worker->loaded_by = wire_deadline(worker_load_ms(worker));
	return reload(worker, err);
}

/*
 * Between calls no reply is due: what can be read is the end of the process, or a message
 * without a request.
 */
static int worker_poll_idle(struct worker *worker)
{
	struct pollfd pollfd = {.fd = worker->process.socket, .events = POLLIN};

	if (poll(&pollfd, 1, 0) <= 0)
		return 0;
	return pollfd.revents & (POLLHUP | POLLERR) ? -ECONNRESET : -EBADMSG;
}

/* ---------------------------------------------------------------- exclusive use */

void worker_close_later(struct worker *worker, struct worker_opened *opened)
{
	pthread_mutex_lock(&worker->lock);
	opened->next = worker->closed;
	worker->closed = opened;
	pthread_mutex_unlock(&worker->lock);
}

void worker_flush_closed(struct worker *worker)
{
	struct worker_opened *closed;

	pthread_mutex_lock(&worker->lock);
	closed = worker->closed;
	worker->closed = NULL;
	pthread_mutex_unlock(&worker->lock);
	while (closed) {
		struct worker_opened *self = closed;

		closed = self->next;
		if (self->opened.life == worker->generation) {
			if (worker->alive && requests_close(&worker->requests, self->number))
				worker_abort(worker, -ENOMEM);
			requests_release(&worker->requests, self->host, true);
		}
		free(self);
	}
}

/* Make sure that a process runs. */
static int revive(struct worker *worker, struct error *err)
{
	int r = 0;

	if (worker->alive && worker->options.restart)
		r = worker_poll_idle(worker);
	if (r)
		worker_abort_at(worker, r, worker->last_call);
	if (worker->alive)
		return 0;
	if (!worker->options.restart || !worker->generation ||
	    !restart_due(&worker->restart, worker_now(worker)))
		return worker_error(worker, -EIO, err);
	return start_again(worker, err);
}

int worker_acquire(struct worker *worker, uint64_t deadline)
{
	const struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000u),
				       .tv_nsec = (long)(deadline % 1000000000u)};
	int r = 0;

	pthread_mutex_lock(&worker->lock);
	worker->waiting++;
	while (worker->busy && !r)
		r = deadline == WIRE_FOREVER
			    ? pthread_cond_wait(&worker->free, &worker->lock)
			    : pthread_cond_timedwait(&worker->free, &worker->lock, &until);
	worker->waiting--;
	if (!worker->busy)
		r = 0;
	if (!r)
		worker->busy = true;
	pthread_mutex_unlock(&worker->lock);
	return r ? -ETIMEDOUT : 0;
}

void worker_release(struct worker *worker)
{
	if (!worker->alive)
		worker->in.at = worker->in.end;
	wire_in_rest(&worker->in);
	pthread_mutex_lock(&worker->lock);
	worker->busy = false;
	pthread_cond_signal(&worker->free);
	pthread_mutex_unlock(&worker->lock);
}

int worker_enter(struct worker *worker, struct error *err)
{
	int r = worker_acquire(worker, wire_deadline(worker->options.timeout_ms));

	if (r)
		return error_set(err, r,
				 "backend %s: its worker was busy with other calls for %u ms",
				 worker->provider.info.name, worker->options.timeout_ms);
	worker_flush_closed(worker);
	r = revive(worker, err);
	if (r)
		worker_release(worker);
	return r;
}

void worker_leave(struct worker *worker)
{
	worker->last_call = worker_now(worker);
	worker_release(worker);
}
