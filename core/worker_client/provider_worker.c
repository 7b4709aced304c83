/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend that runs in a worker process: making the provider, and its operations. A
 * crash, a hang or an exit of the backend costs its own answers only. Only a reply that
 * is complete, in time and in range counts; after any other the process is ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/worker_memory.h"
#include "core/worker_client/worker.h"

static int worker_open(struct provider *provider, const struct device *device, struct opened **ret,
		       struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct worker_opened *self = NULL;
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = worker_open_device(worker, device, &self, err);
	if (!r)
		*ret = &self->opened;
	worker_leave(worker);
	return r;
}

static int worker_list(struct opened *opened, enum provider_list which, const char *payload,
		       size_t len, struct migcompat_sink *sink, struct error *err)
{
	struct worker *worker = worker_of(opened->provider);
	struct device_request request = {
		.op = WIRE_LIST, .which = which, .payload = payload, .len = len};
	struct wire_message reply = {0};
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = worker_reopen(worker, opened, err);
	request.device = worker_opened_of(opened)->number;
	if (!r)
		r = requests_call(&worker->requests, &request, err);
	if (!r)
		r = worker_call(worker, WIRE_LIST, &reply, err);
	if (!r && (r = message_get_list(&reply.body, sink)))
		r = worker_bad_reply(worker, r, err);
	worker_leave(worker);
	return r;
}

static int worker_stream(struct provider *provider, struct opened *opened,
			 const struct stream_head *head, struct migcompat_result *result,
			 struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct wire_message reply = {0};
	int r = worker_enter(worker, err);

	if (r)
		return r;
	r = opened ? worker_reopen(worker, opened, err) : 0;
	if (!r)
		r = requests_stream(&worker->requests,
				    opened ? worker_opened_of(opened)->number : WIRE_NO_DEVICE,
				    head, err);
	if (!r)
		r = worker_call(worker, WIRE_STREAM, &reply, err);
	if (!r && (r = message_get_result(&reply.body, result)))
		r = worker_bad_reply(worker, r, err);
	worker_leave(worker);
	return r;
}

/*
 * Nobody waits for the closing of a device, so the message is sent with the next request.
 */
static void worker_close(struct opened *opened)
{
	struct worker *worker = worker_of(opened->provider);

	worker_close_later(worker, worker_opened_of(opened));
	if (worker_acquire(worker, 0) == 0) {
		worker_flush_closed(worker);
		worker_release(worker);
	}
}

static void worker_status(struct provider *provider, struct provider_status *ret)
{
	struct worker *worker = worker_of(provider);

	pthread_mutex_lock(&worker->lock);
	*ret = worker->status;
	pthread_mutex_unlock(&worker->lock);
}

static uint32_t worker_life(struct provider *provider)
{
	struct worker *worker = worker_of(provider);
	struct pollfd pollfd = {.events = 0};
	uint32_t life;

	pthread_mutex_lock(&worker->lock);
	pollfd.fd = worker->watched;
	/*
	 * Without events, poll reports only the end of the connection, not unread
	 * replies.
	 */
	life = pollfd.fd < 0 || poll(&pollfd, 1, 0) != 0 ? 0 : worker->status.generation;
	pthread_mutex_unlock(&worker->lock);
	return life;
}

/* A worker holds nothing but memory, so killing it loses nothing. */
static void worker_stop(struct provider *provider)
{
	process_kill(&worker_of(provider)->process);
}

static void worker_free(struct provider *provider)
{
	struct worker *worker = worker_of(provider);

	process_end(&worker->process, 0, NULL, 0);
	worker->alive = false;
	worker_flush_closed(worker);
	requests_free(&worker->requests);
	wire_in_free(&worker->in);
	arena_free(&provider->arena);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->free);
	free(worker);
}

static const struct provider_ops worker_ops = {
	.open = worker_open,
	.compare_begin = worker_compare_begin,
	.compare_end = worker_compare_end,
	.list = worker_list,
	.state = worker_state,
	.stream = worker_stream,
	.close = worker_close,
	.status = worker_status,
	.life = worker_life,
	.stop = worker_stop,
	.free = worker_free,
};

/* ---------------------------------------------------------------- making providers */

static struct worker *worker_make(const char *path, const struct worker_options *options,
				  const char *user, unsigned share_kib)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	pthread_condattr_t monotonic;
	struct arena *arena;

	if (!worker)
		return NULL;
	arena = &worker->provider.arena;
	worker->provider.ops = &worker_ops;
	worker->options = *options;
	worker->options.program = arena_copy(arena, options->program, strlen(options->program));
	worker->provider.info.path = arena_copy(arena, path, strlen(path));
	if (!worker->options.program || !worker->provider.info.path) {
		arena_free(arena);
		free(worker);
		return NULL;
	}
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->free, &monotonic);
	pthread_condattr_destroy(&monotonic);
	worker->requests.info = &worker->provider.info;
	worker->process.socket = worker->watched = -1;
	worker->loaded_by = wire_deadline(worker_load_ms(worker));
	worker->status.state = PROVIDER_ENDED;
	snprintf(worker->user, sizeof(worker->user), "%s", user);
	worker->share_kib = share_kib;
	return worker;
}

int provider_workers_new(const char *const *paths, size_t count,
			 const struct worker_options *options, struct provider **ret,
			 struct error *err)
{
	struct process processes[WORKERS_MAX];
	struct error text = {0};
	unsigned share_kib = worker_memory_kib(options->memory_kib, count ? count : 1);
	char user[USER_TEXT_MAX], terms[TERMS_TEXT_MAX];
	const struct process_program program = {.path = options->program,
						.first = terms,
						.arguments = paths,
						.count = count,
						.keep_stderr = options->keep_stderr};
	size_t made = 0;
	int r = 0;

	if (count > WORKERS_MAX)
		return error_set(err, -E2BIG, "%zu backends, expected at most %u", count,
				 WORKERS_MAX);
	worker_user("/etc/passwd", user, sizeof(user));
	worker_terms(user, share_kib, WORKER_OOM_FIRST, terms);
	for (; made < count; made++) {
		struct worker *worker = worker_make(paths[made], options, user, share_kib);

		if (!worker)
			goto undo;
		ret[made] = &worker->provider;
	}
	if (count)
		r = process_start(&program, processes, &text);
	/* Without any backend, answers would be wrong and not errors. */
	if (process_lacks_resources(r))
		goto undo;
	for (size_t i = 0; i < count; i++) {
		struct worker *worker = worker_of(ret[i]);

		if (!r)
			worker->process = processes[i];
		worker->loading = !r;
		provider_refuse(ret[i], r ? text.text : "its worker has not loaded it yet");
	}
	return 0;
undo:
	while (made--)
		ret[made] = provider_free(ret[made]);
	return r ? error_set(err, r, "%s", text.text) : error_set(err, -ENOMEM, "out of memory");
}

int provider_worker_new(const char *path, const struct worker_options *options,
			struct provider **ret, struct error *err)
{
	return provider_workers_new(&path, 1, options, ret, err);
}
