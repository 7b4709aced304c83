/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start, reload and end, and what only the event loop may do. */
#include "core/service/kernel/kernel_questions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/service/kernel/question_dispatch.h"
#include "core/service/log.h"

#define LOG_PERIOD_US 1000000u /* repetitions of an answer in this time become one line */
#define BROKER_DEVICE "migcompat-broker"

struct kernel_questions {
	struct kernel_questions_options options;
	struct dispatch dispatch;
	struct world *world; /* the newest */
	sd_event_source *broker;
	sd_event_source *guard;
	sd_event_source *wake;
	sd_event_source *log_timer; /* for answer_cache_log */
	bool ready;                 /* options.ready was called */
	bool open;                  /* questions are read */
	bool draining;
};

static void set_ready(struct kernel_questions *kernel)
{
	if (kernel->ready)
		return;
	kernel->ready = true;
	kernel->options.ready(kernel->options.arg);
}

/* ---------------------------------------------------------------- events of the loop */

/*
 * epoll reports once until it is armed again. If a queue's thread became the reader
 * meanwhile, it has read everything.
 */
static int on_broker(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel_questions *kernel = arg;

	(void)source, (void)fd, (void)events;
	dispatch_read(&kernel->dispatch);
	broker_reader_rearm(&kernel->dispatch.reader);
	return 0;
}

static int on_guard(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel_questions *kernel = arg;

	(void)source, (void)fd, (void)events;
	broker_reader_check(&kernel->dispatch.reader);
	return 0;
}

static int on_log_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	const struct kernel_questions *kernel = arg;

	(void)source, (void)usec;
	answer_cache_log(kernel->dispatch.answers);
	return 0;
}

/*
 * The service exits, since one that kept running without the kernel would go unnoticed.
 * systemd restarts it with the stored descriptor. Until then the kernel's attributes give
 * ENOTCONN.
 */
static void broker_lost(struct kernel_questions *kernel, int r)
{
	log_say(LOG_ERR, "%s is lost: %s", BROKER_PATH, strerror(-r));
	sd_event_exit(kernel->options.event, r);
}

/* Start the timer, unless it runs already. */
static void log_later(struct kernel_questions *kernel)
{
	int enabled = SD_EVENT_ON;

	if (!answer_cache_unlogged(kernel->dispatch.answers) ||
	    (sd_event_source_get_enabled(kernel->log_timer, &enabled) >= 0 &&
	     enabled != SD_EVENT_OFF))
		return;
	if (sd_event_source_set_time_relative(kernel->log_timer, LOG_PERIOD_US) < 0 ||
	    sd_event_source_set_enabled(kernel->log_timer, SD_EVENT_ONESHOT) < 0)
		answer_cache_log(kernel->dispatch.answers);
}

static int on_wake(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel_questions *kernel = arg;
	eventfd_t count;
	int lost;

	(void)source, (void)events;
	eventfd_read(fd, &count);
	lost = dispatch_lost(&kernel->dispatch);
	log_later(kernel);
	if (lost)
		broker_lost(kernel, lost);
	return 0;
}

/* ---------------------------------------------------------------- the broker */

/*
 * After each scan of all devices; questions are read from the first one on. That scan may
 * have started before a reload.
 */
static void on_scanned(void *arg)
{
	struct kernel_questions *kernel = arg;
	struct dispatch *dispatch = &kernel->dispatch;
	int r;

	if (kernel->open || kernel->draining)
		return;
	dispatch_serve(dispatch, kernel->world);
	kernel->open = true;
	r = broker_reader_open(&dispatch->reader, dispatch->broker.fd);
	if (r)
		broker_lost(kernel, r);
	log_say(LOG_INFO, "%zu devices and types have a migration_version",
		publisher_count(dispatch->publisher));
	set_ready(kernel);
}

/*
 * With the descriptor in systemd's store, no question is lost while the service restarts.
 */
static void broker_store(const struct broker *broker)
{
	int r = sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" KERNEL_STORE_NAME, &broker->fd,
				       1);

	if (r < 0)
		log_say(LOG_WARNING, "systemd does not store %s for the next start: %s",
			BROKER_PATH, strerror(-r));
}

static int broker_connect(struct kernel_questions *kernel, int passed, struct error *err)
{
	struct broker *broker = &kernel->dispatch.broker;
	struct publisher_options options = {.event = kernel->options.event,
					    .events = kernel->options.events,
					    .pool = kernel->options.pool,
					    .broker = broker,
					    .scanned = on_scanned,
					    .arg = kernel};
	int r = broker_open(passed, broker, err);

	if (r)
		return r;
	if (passed < 0)
		broker_store(broker);
	log_say(LOG_INFO, "%s: took over %u attachments and %u open questions", BROKER_PATH,
		broker->attachments, broker->requeued);
	r = publisher_new(&options, kernel->world, &kernel->dispatch.publisher, err);
	if (r)
		broker_close(broker);
	return r;
}

static bool is_missing(int r)
{
	return r == -ENOENT || r == -ENXIO || r == -ENODEV;
}

/*
 * The module was loaded after the service started. If the broker cannot be opened then,
 * the service exits and is restarted: systemd lets a unit open only device nodes that
 * exist at its start.
 */
static void on_module(void *arg, const struct events_change *change)
{
	struct kernel_questions *kernel = arg;
	struct error err = {0};
	int r;

	if (kernel->dispatch.publisher || kernel->draining || change->action != EVENTS_ADD ||
	    strcmp(change->sysname, BROKER_DEVICE) != 0)
		return;
	r = broker_connect(kernel, -1, &err);
	if (r)
		log_say(LOG_ERR, "%s", err.text);
	if (r && !is_missing(r))
		sd_event_exit(kernel->options.event, r);
}

/* ---------------------------------------------------------------- start and end */

static int add_sources(struct kernel_questions *kernel)
{
	struct dispatch *dispatch = &kernel->dispatch;
	sd_event *event = kernel->options.event;
	int r = sd_event_add_io(event, &kernel->broker, dispatch->reader.epoll, EPOLLIN, on_broker,
				kernel);

	if (r >= 0)
		r = sd_event_add_io(event, &kernel->guard, dispatch->reader.guard, EPOLLIN,
				    on_guard, kernel);
	if (r >= 0)
		r = sd_event_add_io(event, &kernel->wake, dispatch->wake, EPOLLIN, on_wake, kernel);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &kernel->log_timer, CLOCK_MONOTONIC,
					       LOG_PERIOD_US, 0, on_log_timer, kernel);
	if (r >= 0)
		r = sd_event_source_set_enabled(kernel->log_timer, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

static int kernel_init(struct kernel_questions *kernel, struct error *err)
{
	struct dispatch *dispatch = &kernel->dispatch;
	int r = dispatch_init(dispatch, kernel->options.holds);

	if (!r)
		r = asks_new(kernel->options.event, kernel->options.pool, &dispatch->broker,
			     &dispatch->asks);
	if (!r)
		r = add_sources(kernel);
	if (r)
		return error_set(err, r, "cannot wait for questions of the kernel: %s",
				 strerror(-r));
	/*
	 * Before connecting: publisher_new starts a scan, which a failure here could not
	 * stop.
	 */
	r = events_listen(kernel->options.events, on_module, kernel);
	return r ? error_set(err, r, "cannot listen to device events: %s", strerror(-r)) : 0;
}

static int kernel_start(struct kernel_questions *kernel, struct error *err)
{
	int passed = kernel->options.passed;
	int r = kernel_init(kernel, err);

	if (r && passed >= 0)
		close(passed);
	if (r)
		return r;
	r = broker_connect(kernel, passed, err);
	if (r && !is_missing(r))
		return r;
	if (r) {
		log_say(LOG_INFO,
			"no kernel module: devices have no migration_version until it is loaded");
		set_ready(kernel);
	}
	return 0;
}

int kernel_questions_new(const struct kernel_questions_options *options, struct world *world,
			 struct kernel_questions **ret, struct error *err)
{
	struct kernel_questions *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel) {
		if (options->passed >= 0)
			close(options->passed);
		return error_set(err, -ENOMEM, "out of memory");
	}
	kernel->options = *options;
	kernel->world = world_ref(world);
	r = kernel_start(kernel, err);
	if (r)
		kernel_questions_free(kernel, 0);
	else
		*ret = kernel;
	return r;
}

void kernel_questions_reload(struct kernel_questions *kernel, struct world *world)
{
	world_ref(world);
	world_unref(kernel->world);
	kernel->world = world;
	if (kernel->open)
		dispatch_serve(&kernel->dispatch, world);
	if (kernel->dispatch.publisher)
		publisher_reload(kernel->dispatch.publisher, world);
}

void kernel_questions_drain(struct kernel_questions *kernel)
{
	kernel->draining = true;
	dispatch_drain(&kernel->dispatch);
}

struct kernel_questions *kernel_questions_free(struct kernel_questions *kernel, unsigned wait_ms)
{
	struct dispatch *dispatch;

	if (!kernel)
		return NULL;
	dispatch = &kernel->dispatch;
	kernel_questions_drain(kernel);
	dispatch_end_queues(dispatch);
	events_unlisten(kernel->options.events, on_module, kernel);
	if (!queues_wait(wait_ms))
		return kernel;
	sd_event_source_disable_unref(kernel->broker);
	sd_event_source_disable_unref(kernel->guard);
	sd_event_source_disable_unref(kernel->wake);
	sd_event_source_disable_unref(kernel->log_timer);
	if (dispatch->answers)
		answer_cache_log(dispatch->answers);
	publisher_free(dispatch->publisher);
	asks_free(dispatch->asks);
	world_unref(kernel->world);
	dispatch_free(dispatch);
	free(kernel);
	return NULL;
}
