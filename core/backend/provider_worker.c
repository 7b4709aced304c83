/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in a process of its own. Only what arrives here whole, in time and in range counts as an answer; after
 * anything else the worker is ended and the backend answers nothing any more.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/worker.h"

#define DEATH_MS 100 /* between a worker's end of connection and its end */

/* ---------------------------------------------------------------- life and death */

int worker_die(struct worker *worker, int code)
{
	char how[DEATH_TEXT_MAX / 2];

	switch (code) {
	case -ETIMEDOUT:
		child_end(&worker->child, 0, NULL, 0);
		snprintf(worker->death, sizeof(worker->death), "its worker gave no answer in %u ms", worker->timeout_ms);
		return code;
	case -EBADMSG:
		child_end(&worker->child, 0, NULL, 0);
		snprintf(worker->death, sizeof(worker->death), "its answer made no sense");
		return -EIO;
	case -ECONNRESET:
	case -EPIPE:
		child_end(&worker->child, DEATH_MS, how, sizeof(how));
		snprintf(worker->death, sizeof(worker->death), "its worker %s%s", how, worker->loading ? " while loading" : "");
		return -EIO;
	default:
		child_end(&worker->child, 0, NULL, 0);
		snprintf(worker->death, sizeof(worker->death), "its worker could not be heard: %s", strerror(-code));
		return -EIO;
	}
}

int worker_dead(const struct worker *worker, int code, struct error *err)
{
	return error_set(err, code, "backend %s: %s", worker->provider.info.name, worker->death);
}

/* The one message that is due. Anything behind it was never asked for. */
static int worker_receive(struct worker *worker, uint64_t deadline, struct wire_message *ret)
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

	if (!text || !wire_done(&reply->body) || reply->head.status < -4095 || reply->head.status >= 0)
		return -EBADMSG;
	if (*text)
		error_set(err, reply->head.status, "%s", text);
	return 0;
}

/* ---------------------------------------------------------------- loading */

/* 0: info is the backend's, or text says why it could not be loaded. */
static int read_manifest(struct worker *worker, struct backend_info *info, struct error *text)
{
	struct arena *arena = &worker->provider.arena;
	struct wire_message message = {0};
	size_t len;
	char *body;
	int r = child_meet(&worker->child, worker->loaded_by);

	if (!r)
		r = worker_receive(worker, worker->loaded_by, &message);
	if (r)
		return r;
	if (message.head.op != WIRE_INFO || message.head.id != 0)
		return -EBADMSG;
	if (message.head.status)
		return worker_refusal(&message, text);
	len = (size_t)(message.body.end - message.body.at);
	body = arena_copy(arena, message.body.at, len);
	if (!body)
		return -ENOMEM;
	message.body = (struct wire_reader){.at = body, .end = body + len};
	return message_get_info(&message.body, arena, info);
}

int provider_worker_ready(struct provider *provider, struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct backend_info info = {0};
	struct error text = {0};
	int r = 0;

	pthread_mutex_lock(&worker->lock);
	if (!worker->loading)
		goto out;
	r = read_manifest(worker, &info, &text);
	if (r == -ENOMEM) {
		error_set(err, r, "out of memory");
	} else if (r) {
		worker_die(worker, r);
		provider_refuse(provider, worker->death);
		r = 0;
	} else if (!info.name) {
		provider_refuse(provider, *text.text ? text.text : "it could not be loaded");
	} else {
		info.path = provider->info.path;
		provider->info = info;
	}
	worker->loading = false;
	if (provider->info.error)
		child_end(&worker->child, 0, NULL, 0);
out:
	pthread_mutex_unlock(&worker->lock);
	return r;
}

/* ---------------------------------------------------------------- calls */

/*
 * Send what waits and receive the reply to the last request. 0: a reply to read, whatever its status; else the worker is dead.
 */
static int worker_exchange(struct worker *worker, enum wire_op op, struct wire_message *ret)
{
	uint64_t deadline = wire_deadline(worker->timeout_ms);
	int r = wire_send(&worker->requests.out, worker->child.socket, deadline);

	if (!r)
		r = worker_receive(worker, deadline, ret);
	if (!r && (ret->head.id != worker->requests.last || ret->head.op != op))
		r = -EBADMSG;
	return r;
}

/* The same with the errors of both sides told apart: -errno is the backend's refusal or the worker's death, err says which. */
static int worker_call(struct worker *worker, enum wire_op op, struct wire_message *ret, struct error *err)
{
	int r = worker_exchange(worker, op, ret);

	if (!r && ret->head.status) {
		int status = ret->head.status;

		r = worker_refusal(ret, err);
		if (!r)
			return status;
	}
	return r ? worker_dead(worker, worker_die(worker, r), err) : 0;
}

/* A reply could not be read: -ENOMEM leaves the worker as it is. */
static int worker_unread(struct worker *worker, int r, struct error *err)
{
	if (r == -ENOMEM)
		return error_set(err, r, "out of memory");
	return worker_dead(worker, worker_die(worker, r), err);
}

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

static int worker_open(struct provider *provider, const struct device *device, struct opened **ret, struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct worker_opened *self = NULL;
	struct sent_host *host = NULL;
	struct wire_message reply = {0};
	int r = 0;

	pthread_mutex_lock(&worker->lock);
	if (*worker->death)
		r = worker_dead(worker, -EIO, err);
	else
		r = requests_open(&worker->requests, device, &provider->settings, &host, err);
	if (!host)
		goto out;
	r = worker_call(worker, WIRE_OPEN, &reply, err);
	if (!r && (r = opened_make(&reply, &self)))
		/* The worker has a device that nobody could close: without its number there is no going on. */
		r = worker_dead(worker, worker_die(worker, r), err);
	if (!self) {
		requests_release(&worker->requests, host, false);
		goto out;
	}
	requests_keep(host);
	self->host = host;
	self->opened.provider = provider;
	self->opened.device = device;
	*ret = &self->opened;
out:
	pthread_mutex_unlock(&worker->lock);
	return r;
}

/* A call on an opened device, up to its reply. The worker's lock is held. */
static int device_call(struct opened *opened, enum wire_op op, uint32_t which, const char *payload, size_t len, struct wire_message *reply,
		       struct error *err)
{
	struct worker *worker = worker_of(opened->provider);
	int r;

	if (*worker->death)
		return worker_dead(worker, -EIO, err);
	r = requests_call(&worker->requests, op, mine(opened)->number, which, payload, len, err);
	return r ? r : worker_call(worker, op, reply, err);
}

static int worker_list(struct opened *opened, enum provider_list which, const char *payload, size_t len, struct migcompat_sink *sink,
		       struct error *err)
{
	struct worker *worker = worker_of(opened->provider);
	struct wire_message reply = {0};
	int r;

	pthread_mutex_lock(&worker->lock);
	r = device_call(opened, WIRE_LIST, which, payload, len, &reply, err);
	if (!r && (r = message_get_list(&reply.body, sink)))
		r = worker_unread(worker, r, err);
	pthread_mutex_unlock(&worker->lock);
	return r;
}

/* Nobody waits for a device to be closed, so it goes out with the next request, or never. */
static void worker_close(struct opened *opened)
{
	struct worker *worker = worker_of(opened->provider);
	struct worker_opened *self = mine(opened);

	pthread_mutex_lock(&worker->lock);
	if (!*worker->death && requests_close(&worker->requests, self->number))
		worker_die(worker, -ENOMEM);
	requests_release(&worker->requests, self->host, true);
	pthread_mutex_unlock(&worker->lock);
	free(self);
}

/* What it holds is memory and nothing else, so killing it loses nothing and takes no time. */
static void worker_stop(struct provider *provider)
{
	child_kill(&worker_of(provider)->child);
}

static void worker_free(struct provider *provider)
{
	struct worker *worker = worker_of(provider);

	child_end(&worker->child, 0, NULL, 0);
	requests_free(&worker->requests);
	wire_in_free(&worker->in);
	arena_free(&provider->arena);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static const struct provider_ops worker_ops = {
	.open = worker_open,
	.compare_many = worker_compare_many,
	.list = worker_list,
	.close = worker_close,
	.stop = worker_stop,
	.free = worker_free,
};

static struct worker *worker_make(const char *path, const struct worker_options *options)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->provider.ops = &worker_ops;
	worker->provider.info.path = arena_copy(&worker->provider.arena, path, strlen(path));
	if (!worker->provider.info.path) {
		free(worker);
		return NULL;
	}
	pthread_mutex_init(&worker->lock, NULL);
	worker->requests.info = &worker->provider.info;
	worker->child.socket = -1;
	worker->timeout_ms = options->timeout_ms;
	worker->loaded_by = wire_deadline(options->timeout_ms);
	return worker;
}

int provider_workers_new(const char *const *paths, size_t count, const struct worker_options *options, struct provider **ret,
			 struct error *err)
{
	struct child children[CHILDREN_MAX];
	struct error text = {0};
	size_t made = 0;
	char user[32];
	bool started;

	if (count > CHILDREN_MAX)
		return error_set(err, -E2BIG, "%zu backends, expected at most %u", count, CHILDREN_MAX);
	for (; made < count; made++) {
		struct worker *worker = worker_make(paths[made], options);

		if (!worker)
			goto undo;
		ret[made] = &worker->provider;
	}
	worker_user("/etc/passwd", user, sizeof(user));
	started = count && child_start(children, count, options->program, user, paths, options->keep_stderr, &text) == 0;
	for (size_t i = 0; i < count; i++) {
		struct worker *worker = worker_of(ret[i]);

		if (started)
			worker->child = children[i];
		worker->loading = started;
		provider_refuse(ret[i], started ? "its worker was not waited for" : text.text);
	}
	return 0;
undo:
	while (made--)
		ret[made] = provider_free(ret[made]);
	return error_set(err, -ENOMEM, "out of memory");
}

int provider_worker_new(const char *path, const struct worker_options *options, struct provider **ret, struct error *err)
{
	return provider_workers_new(&path, 1, options, ret, err);
}
