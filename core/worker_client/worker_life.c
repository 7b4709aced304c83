/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker's process: started, loaded, ended, and started again where that is wanted. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/wire/worker_memory.h"
#include "core/worker_client/worker.h"

#define TERMS "%s:%u:%u" /* the worker program's first argument */
#define DEATH_MS 100	 /* between a worker's end of connection and its end */

/* Within a call nobody waits longer than a call may take, but before the first one all backends
 * load at once. */
static unsigned load_ms(const struct worker *worker)
{
	const struct worker_options *options = &worker->options;

	return worker->generation == 0 && options->first_ms > options->timeout_ms
		       ? options->first_ms
		       : options->timeout_ms;
}

static uint64_t now(const struct worker *worker)
{
	return worker->options.now ? worker->options.now() : wire_deadline(0);
}

/* ---------------------------------------------------------------- what is shown */

static void publish(struct worker *worker)
{
	struct provider_status status = {
		.generation = worker->generation,
		.process = worker->alive ? worker->child.process : 0,
		.death = worker->death,
		.missing = worker->missing,
	};

	if (worker->alive)
		status.state = PROVIDER_RUNNING;
	else if (worker->restart.parked)
		status.state = PROVIDER_PARKED;
	else
		status.state = worker->options.restart && worker->generation ? PROVIDER_RESTARTING
									     : PROVIDER_ENDED;
	pthread_mutex_lock(&worker->lock);
	worker->status = status;
	worker->watched = worker->alive ? worker->child.socket : -1;
	pthread_mutex_unlock(&worker->lock);
}

/* End the process. Nobody may look at its socket any more, whose number may be another's next. */
static void end_process(struct worker *worker, unsigned grace_ms, char *how, size_t size)
{
	pthread_mutex_lock(&worker->lock);
	worker->watched = -1;
	pthread_mutex_unlock(&worker->lock);
	child_end(&worker->child, grace_ms, how, size);
}

/* ---------------------------------------------------------------- death */

/* Ended, with this code and for this reason. when: for the rule of starting again. */
static void bury(struct worker *worker, int code, uint64_t when, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void bury(struct worker *worker, int code, uint64_t when, const char *format, ...)
{
	char death[ERROR_TEXT_MAX];
	const char *before = "";
	va_list list;

	va_start(list, format);
	vsnprintf(death, sizeof(death), format, list);
	va_end(list);
	worker->alive = false;
	if (code == -ENOMEM) {
		restart_rest(&worker->restart, when);
	} else if (worker->options.restart && worker->generation && !worker->restart.parked) {
		restart_ended(&worker->restart, when);
		if (worker->restart.parked)
			before = "parked after its worker ended 5 times in 60 s: ";
	}
	error_set(&worker->death, 0, "%s%s", before, death);
	publish(worker);
}

_Static_assert(RESTART_ENDS == 5 && RESTART_ENDS_MS == 60000, "the sentence says so");

/* What it wrote before that, assert's text or a sanitizer's, is lost unless somebody asks for it.
 */
static const char *debug_hint(const struct worker *worker, const char *how)
{
	bool spoke = strstr(how, "signal 6 ") || (worker->loading && strstr(how, "exit status") &&
						  !strstr(how, "exit status 0"));

	return spoke && !worker->options.keep_stderr ? " (--debug shows what it wrote)" : "";
}

static int die(struct worker *worker, int code, uint64_t when)
{
	bool left = code == -ECONNRESET || code == -EPIPE;
	char how[128], step[320], at[320] = " while loading";

	/* Who said what makes no sense may be at something else by now. */
	if (!worker->loading && code == -EBADMSG)
		*at = '\0';
	else if (!worker->loading)
		snprintf(at, sizeof(at), "%s", step_text(worker->child.step, step, sizeof(step)));
	end_process(worker, left ? DEATH_MS : 0, left ? how : NULL, sizeof(how));
	if (code == -ETIMEDOUT)
		bury(worker, code, when, "its worker gave no answer in %u ms%s",
		     worker->loading ? load_ms(worker) : worker->options.timeout_ms, at);
	else if (code == -EBADMSG)
		bury(worker, code, when, "its answer made no sense%s", at);
	else if (left)
		bury(worker, code, when, "its worker %s%s%s", how, at, debug_hint(worker, how));
	else
		bury(worker, code, when, "its worker could not be heard: %s", strerror(-code));
	/* No fault of the backend: a caller that asks many devices has to tell the two apart. */
	worker->death_code = code == -ETIMEDOUT || code == -ENOMEM ? code : -EIO;
	return worker->death_code;
}

int worker_die(struct worker *worker, int code)
{
	return die(worker, code, now(worker));
}

int worker_dead(const struct worker *worker, int code, struct error *err)
{
	return error_set(err, code, "backend %s: %s", worker->provider.info.name,
			 worker->death.text);
}

/* ---------------------------------------------------------------- loading */

/* 0: info is the backend's, or text says why it could not be loaded; else the worker must die. */
static int read_manifest(struct worker *worker, struct arena *arena, struct backend_info *info,
			 struct error *text)
{
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
	if (message.head.status) {
		r = worker_refusal(&message, text);
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

static void born(struct worker *worker)
{
	worker->loading = false;
	worker->alive = true;
	worker->missing = worker->child.missing;
	restart_began(&worker->restart, now(worker));
	worker->heard = now(worker);
	publish(worker);
}

int provider_worker_ready(struct provider *provider, struct error *err)
{
	struct worker *worker = worker_of(provider);
	struct backend_info info = {0};
	struct error text = {0};
	int r = 0;

	worker_take(worker, WIRE_FOREVER);
	if (!worker->loading)
		goto out;
	r = read_manifest(worker, &provider->arena, &info, &text);
	if (r == -ENOMEM) {
		error_set(err, r, "out of memory");
	} else if (r) {
		worker_die(worker, r);
		provider_refuse(provider, worker->death.text);
		r = 0;
	} else if (!info.name) {
		provider_refuse(provider, text.text);
	} else {
		info.path = provider->info.path;
		provider->info = info;
		worker->generation = 1;
		born(worker);
	}
	worker->loading = false;
	if (provider->info.error)
		child_end(&worker->child, 0, NULL, 0);
out:
	worker_give(worker);
	return r;
}

/* ---------------------------------------------------------------- starting again */

/* It came up again as what it was? Else it is given up: what is known of it, and what is open,
 * would be wrong. */
static int recognise(struct worker *worker, struct error *err)
{
	struct arena arena = {0};
	struct backend_info info = {0};
	struct error text = {0};
	const char *differs = NULL;
	int r = read_manifest(worker, &arena, &info, &text);

	if (!r && info.name)
		differs = info_differs(&worker->provider.info, &info);
	if (r) {
		worker_die(worker, r);
	} else if (!info.name) {
		child_end(&worker->child, 0, NULL, 0);
		bury(worker, -EIO, now(worker), "its worker could not load it again: %s",
		     text.text);
	} else if (differs) {
		child_end(&worker->child, 0, NULL, 0);
		worker->restart.parked = true;
		bury(worker, -EIO, now(worker),
		     "its file is another one since its worker ended (%s changed), so it has to be "
		     "loaded anew",
		     differs);
	} else {
		born(worker);
	}
	worker->loading = false;
	arena_free(&arena);
	return worker->alive ? 0 : worker_dead(worker, -EIO, err);
}

/* No fault of the backend that is to be started. */
static bool lacks_resources(int r)
{
	return r == -ENOMEM || r == -EAGAIN || r == -EMFILE || r == -ENFILE;
}

static int start_again(struct worker *worker, struct error *err)
{
	const struct worker_options *options = &worker->options;
	const char *path = worker->provider.info.path;
	char terms[TERMS_TEXT_MAX];
	struct error text = {0};
	int r;

	snprintf(terms, sizeof(terms), TERMS, worker->user, worker->share_kib, WORKER_OOM_AGAIN);
	/* Nothing of an earlier one means anything from here on, also where this one never comes to
	 * be. */
	requests_reset(&worker->requests);
	worker->generation++;
	worker->in.at = worker->in.end = 0;
	r = child_start(&worker->child, 1, options->program, terms, &path, options->keep_stderr,
			&text);
	if (r) {
		worker->child.socket = -1;
		bury(worker, lacks_resources(r) ? -ENOMEM : r, now(worker), "%s", text.text);
		return worker_dead(worker, -EIO, err);
	}
	worker->loading = true;
	worker->loaded_by = wire_deadline(load_ms(worker));
	return recognise(worker, err);
}

/* Between calls nothing is due, so that whatever can be read is its end, or was never asked for. */
static int look_after(struct worker *worker)
{
	struct pollfd pollfd = {.fd = worker->child.socket, .events = POLLIN};

	if (poll(&pollfd, 1, 0) <= 0)
		return 0;
	return pollfd.revents & (POLLHUP | POLLERR) ? -ECONNRESET : -EBADMSG;
}

/* ---------------------------------------------------------------- to oneself */

void worker_drain(struct worker *worker)
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
				worker_die(worker, -ENOMEM);
			requests_release(&worker->requests, self->host, true);
		}
		free(self);
	}
}

static int wake(struct worker *worker, struct error *err)
{
	int r = 0;

	if (worker->alive && worker->options.restart)
		r = look_after(worker);
	if (r)
		die(worker, r, worker->heard);
	if (worker->alive)
		return 0;
	if (!worker->options.restart || !worker->generation ||
	    !restart_due(&worker->restart, now(worker)))
		return worker_dead(worker, -EIO, err);
	return start_again(worker, err);
}

int worker_take(struct worker *worker, uint64_t deadline)
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

void worker_give(struct worker *worker)
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
	int r = worker_take(worker, wire_deadline(worker->options.timeout_ms));

	if (r)
		return error_set(err, r,
				 "backend %s: its worker was busy with other calls for %u ms",
				 worker->provider.info.name, worker->options.timeout_ms);
	worker_drain(worker);
	r = wake(worker, err);
	if (r)
		worker_give(worker);
	return r;
}

void worker_leave(struct worker *worker)
{
	worker->heard = now(worker);
	worker_give(worker);
}

/* ---------------------------------------------------------------- making */

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
	worker->child.socket = worker->watched = -1;
	worker->loaded_by = wire_deadline(load_ms(worker));
	worker->status.state = PROVIDER_ENDED;
	snprintf(worker->user, sizeof(worker->user), "%s", user);
	worker->share_kib = share_kib;
	return worker;
}

int provider_workers_new(const char *const *paths, size_t count,
			 const struct worker_options *options, struct provider **ret,
			 struct error *err)
{
	struct child children[CHILDREN_MAX];
	struct error text = {0};
	unsigned share_kib = worker_memory_kib(options->memory_kib, count ? count : 1);
	char user[USER_TEXT_MAX], terms[TERMS_TEXT_MAX];
	size_t made = 0;
	int r = 0;

	if (count > CHILDREN_MAX)
		return error_set(err, -E2BIG, "%zu backends, expected at most %u", count,
				 CHILDREN_MAX);
	worker_user("/etc/passwd", user, sizeof(user));
	snprintf(terms, sizeof(terms), TERMS, user, share_kib, WORKER_OOM_FIRST);
	for (; made < count; made++) {
		struct worker *worker = worker_make(paths[made], options, user, share_kib);

		if (!worker)
			goto undo;
		ret[made] = &worker->provider;
	}
	if (count)
		r = child_start(children, count, options->program, terms, paths,
				options->keep_stderr, &text);
	/* Without the backends, answers would lack what they say. */
	if (lacks_resources(r))
		goto undo;
	for (size_t i = 0; i < count; i++) {
		struct worker *worker = worker_of(ret[i]);

		if (!r)
			worker->child = children[i];
		worker->loading = !r;
		provider_refuse(ret[i], r ? text.text : "its worker was not waited for");
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
