/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a worker's process: the sentence about it, whether the process may be
 * started again, and the status that other threads read.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/worker_client/worker.h"

#define DEATH_MS 100 /* from the end of a connection to the end of its process */

/*
 * During a call nobody waits for longer than a call may take. Before the first one, all
 * backends load side by side, which may take longer.
 */
unsigned worker_load_ms(const struct worker *worker)
{
	const struct worker_options *options = &worker->options;

	return worker->generation == 0 && options->first_ms > options->timeout_ms
		       ? options->first_ms
		       : options->timeout_ms;
}

uint64_t worker_now(const struct worker *worker)
{
	return worker->options.now ? worker->options.now() : wire_deadline(0);
}

void worker_publish(struct worker *worker)
{
	struct provider_status status = {
		.generation = worker->generation,
		.process = worker->alive ? worker->process.pid : 0,
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
	worker->watched = worker->alive ? worker->process.socket : -1;
	pthread_mutex_unlock(&worker->lock);
}

void worker_failed(struct worker *worker, int code, uint64_t when, const char *format, ...)
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
	worker_publish(worker);
}

_Static_assert(RESTART_ENDS == 5 && RESTART_ENDS_MS == 60000, "the sentence says so");

/*
 * After its end another file may get the number of the socket, so no thread may look at
 * it.
 */
static void end_process(struct worker *worker, unsigned grace_ms, char *how, size_t size)
{
	pthread_mutex_lock(&worker->lock);
	worker->watched = -1;
	pthread_mutex_unlock(&worker->lock);
	process_end(&worker->process, grace_ms, how, size);
}

/*
 * Text that assert or a sanitizer wrote is lost, unless the caller keeps standard error.
 */
static const char *debug_hint(const struct worker *worker, const char *how)
{
	bool spoke = strstr(how, "signal 6 ") || (worker->loading && strstr(how, "exit status") &&
						  !strstr(how, "exit status 0"));

	return spoke && !worker->options.keep_stderr ? " (--debug shows what it wrote)" : "";
}

int worker_abort_at(struct worker *worker, int code, uint64_t when)
{
	bool left = code == -ECONNRESET || code == -EPIPE;
	char how[128], step[320], at[320] = " while loading";

	/*
	 * After a reply that makes no sense, the process may be in another operation
	 * already.
	 */
	if (!worker->loading && code == -EBADMSG)
		*at = '\0';
	else if (!worker->loading)
		snprintf(at, sizeof(at), "%s", step_text(worker->process.step, step, sizeof(step)));
	end_process(worker, left ? DEATH_MS : 0, left ? how : NULL, sizeof(how));
	if (code == -ETIMEDOUT)
		worker_failed(worker, code, when, "its worker gave no answer in %u ms%s",
			      worker->loading ? worker_load_ms(worker) : worker->options.timeout_ms,
			      at);
	else if (code == -EBADMSG)
		worker_failed(worker, code, when, "its answer made no sense%s", at);
	else if (left)
		worker_failed(worker, code, when, "its worker %s%s%s", how, at,
			      debug_hint(worker, how));
	else
		worker_failed(worker, code, when, "cannot receive from its worker: %s",
			      strerror(-code));
	/* A caller with many devices must tell these two from faults of the backend. */
	worker->death_code = code == -ETIMEDOUT || code == -ENOMEM ? code : -EIO;
	return worker->death_code;
}

int worker_abort(struct worker *worker, int code)
{
	return worker_abort_at(worker, code, worker_now(worker));
}

int worker_error(const struct worker *worker, int code, struct error *err)
{
	return error_set(err, code, "backend %s: %s", worker->provider.info.name,
			 worker->death.text);
}
