/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking questions from the broker and giving each to whom it belongs: kept answers, a backend's
 * lane, or the pool. */
#include "core/service/kernel/kernel_questions.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/discovery/discovery.h"
#include "core/service/kernel/asks.h"
#include "core/service/kernel/publish.h"
#include "core/service/kernel/backend_queue.h"
#include "core/service/log.h"

#define TELL_US 1000000u  /* answers that are given again within this are one line of the log */
#define TURN_REQUESTS 64u /* that are read at once */
#define BROKER_DEVICE "migcompat-broker"

struct kernel {
	struct kernel_options options;
	struct broker broker;
	struct publisher *publisher;
	struct world *world; /* the newest */
	struct answers *answers;
	struct asks *asks;
	struct lane_context context;
	struct turn turn;
	sd_event_source *io; /* on the turn's epoll */
	sd_event_source *guard;
	sd_event_source *wake; /* on called */
	int called;	       /* eventfd: there is something for the loop */
	bool ready;
	sd_event_source *tell; /* a timer for answers_tell */
	bool open;	       /* questions are taken */
	bool draining; /* further ones are the next service's; set under the lock, for lanes too */
	pthread_mutex_t
		lock; /* guards all below, and is held while questions are read and given out */
	struct world *serving;	       /* that lanes are of; NULL: nothing is served yet */
	_Atomic uint64_t world_number; /* of serving; only changed under the lock */
	/* So often began or ended the kernel to tell of migration; odd: it tells. See
	 * tells_changed. */
	_Atomic uint64_t tells;
	struct lane **lanes; /* one a backend */
	size_t nlanes;
	int lost; /* why the broker is of no more use */
};

static void kernel_ready(struct kernel *kernel)
{
	if (kernel->ready)
		return;
	kernel->ready = true;
	kernel->options.ready(kernel->options.arg);
}

/* ---------------------------------------------------------------- lanes */

static void lanes_end(struct kernel *kernel)
{
	for (size_t i = 0; i < kernel->nlanes; i++)
		lane_end(kernel->lanes[i]);
	free(kernel->lanes);
	kernel->lanes = NULL;
	kernel->nlanes = 0;
}

/* A backend's lane begins with the first question to it. NULL: out of memory. */
static struct lane *lane_find(struct kernel *kernel, const char *name)
{
	struct lane **lanes;

	for (size_t i = 0; i < kernel->nlanes; i++)
		if (strcmp(lane_name(kernel->lanes[i]), name) == 0)
			return kernel->lanes[i];
	lanes = realloc(kernel->lanes, (kernel->nlanes + 1) * sizeof(struct lane *));
	if (!lanes)
		return NULL;
	kernel->lanes = lanes;
	if (lane_new(&kernel->context, kernel->serving, name, &lanes[kernel->nlanes]))
		return NULL;
	return lanes[kernel->nlanes++];
}

/* ---------------------------------------------------------------- questions */

/* Was it answered before, and has nothing changed since? */
static bool answer_again(struct kernel *kernel, const struct broker_request *request,
			 const struct stamp *stamp)
{
	char text[BROKER_STRING_MAX + 1];
	size_t len;
	int error;

	if (!answers_find(kernel->answers, stamp, request, &error, text, &len))
		return false;
	if (error)
		broker_refuse(&kernel->broker, request->op, request->id, error);
	else if (request->op == BROKER_READ)
		broker_tell(&kernel->broker, BROKER_READ, request->id, text, len);
	else
		broker_accept(&kernel->broker, request->id, request->len);
	return true;
}

/*
 * How often debugfs, where the kernel tells of migration, came and went, which makes no event.
 * State and number are one, so nobody sees a new state with an old number and gives a kept answer.
 */
static uint64_t tells_changed(struct kernel *kernel)
{
	uint64_t number = kernel->tells;

	/* If another look was first, number is what that one left. */
	if ((number & 1) != discovery_kernel_tells() &&
	    atomic_compare_exchange_strong(&kernel->tells, &number, number + 1))
		number++;
	return number;
}

/* The stamp as it is now, but for life. False: nothing is attached by that number. */
static bool stamp_take(struct kernel *kernel, uint64_t attachment, struct stamp *ret,
		       struct publisher_device *device)
{
	if (!publisher_find(kernel->publisher, attachment, device))
		return false;
	ret->attachment = attachment;
	ret->changed = device->changed + tells_changed(kernel);
	ret->world = kernel->world_number;
	ret->holds = holds_changed(kernel->options.holds);
	return true;
}

/* As the lanes want it. */
static bool stamp_now(void *arg, uint64_t attachment, struct stamp *ret)
{
	struct publisher_device device;

	return stamp_take(arg, attachment, ret, &device);
}

static void question_take(struct kernel *kernel, const struct broker_request *request)
{
	struct publisher_device device;
	struct stamp stamp;
	struct lane *lane;
	int r;

	if (!stamp_take(kernel, request->attachment, &stamp, &device)) {
		broker_refuse(&kernel->broker, request->op, request->id, -ENOTCONN);
		return;
	}
	lane = lane_find(kernel, device.backend);
	stamp.life = lane ? lane_life(lane) : 0;
	if (lane && answer_again(kernel, request, &stamp))
		return;
	r = lane ? lane_ask(lane, request, device.id, &stamp) : -ENOMEM;
	/* A full queue is what a backend that does not answer in time leaves. */
	if (r)
		broker_refuse(&kernel->broker, request->op, request->id,
			      r == -EAGAIN ? -ETIMEDOUT : -EIO);
}

/* As the lanes want it. At the end a question is not replied to: the next service gets it. */
static void question_again(void *arg, const struct broker_request *request)
{
	struct kernel *kernel = arg;

	pthread_mutex_lock(&kernel->lock);
	if (!kernel->draining) {
		question_take(kernel, request);
		for (size_t i = 0; i < kernel->nlanes; i++)
			lane_go(kernel->lanes[i]);
	}
	pthread_mutex_unlock(&kernel->lock);
}

/* Reads what waits and gives it out: on the loop, or in the lane whose turn it is. */
static void questions_take(void *arg)
{
	static struct broker_request request; /* under the lock */
	struct kernel *kernel = arg;
	int r = 1;

	pthread_mutex_lock(&kernel->lock);
	for (unsigned i = 0; (i < TURN_REQUESTS || broker_ahead(&kernel->broker)) &&
			     !kernel->lost && !kernel->draining;
	     i++) {
		r = broker_receive(&kernel->broker, &request);
		if (r <= 0)
			break;
		if (request.op == BROKER_ASK)
			asks_put(kernel->asks, kernel->serving, &request);
		/* The answer to any other cancelled question comes to nothing. */
		else if (request.op == BROKER_CANCEL)
			asks_cancel(kernel->asks, request.id);
		else
			question_take(kernel, &request);
	}
	for (size_t i = 0; i < kernel->nlanes; i++)
		lane_go(kernel->lanes[i]);
	if (r < 0) {
		kernel->lost = r;
		eventfd_write(kernel->called, 1);
	}
	pthread_mutex_unlock(&kernel->lock);
	if (r < 0)
		turn_close(&kernel->turn);
}

static int on_turn(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel *kernel = arg;

	(void)source, (void)fd, (void)events;
	/* It is told once; a lane may have taken the turn since, and then leaves nothing to read.
	 */
	questions_take(kernel);
	turn_again(&kernel->turn);
	return 0;
}

static int on_guard(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel *kernel = arg;

	(void)source, (void)fd, (void)events;
	turn_look(&kernel->turn);
	return 0;
}

/* ---------------------------------------------------------------- the log */

/* From any thread; the loop has the timer. */
static void on_untold(void *arg)
{
	const struct kernel *kernel = arg;

	eventfd_write(kernel->called, 1);
}

static int on_tell(sd_event_source *source, uint64_t usec, void *arg)
{
	const struct kernel *kernel = arg;

	(void)source, (void)usec;
	answers_tell(kernel->answers);
	return 0;
}

/* ---------------------------------------------------------------- left to the loop */

/* Attributes answer ENOTCONN from here on. */
static void kernel_lost(struct kernel *kernel, int r)
{
	log_say(LOG_ERR, "%s is lost: %s", BROKER_PATH, strerror(-r));
	sd_event_exit(kernel->options.event, r);
}

/* Once a period, however often it is called. */
static void tell_later(struct kernel *kernel)
{
	int enabled = SD_EVENT_ON;

	if (!answers_untold(kernel->answers) ||
	    (sd_event_source_get_enabled(kernel->tell, &enabled) >= 0 && enabled != SD_EVENT_OFF))
		return;
	if (sd_event_source_set_time_relative(kernel->tell, TELL_US) < 0 ||
	    sd_event_source_set_enabled(kernel->tell, SD_EVENT_ONESHOT) < 0)
		answers_tell(kernel->answers);
}

static int on_called(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct kernel *kernel = arg;
	eventfd_t count;
	int lost;

	(void)source, (void)events;
	eventfd_read(fd, &count);
	pthread_mutex_lock(&kernel->lock);
	lost = kernel->lost;
	pthread_mutex_unlock(&kernel->lock);
	tell_later(kernel);
	if (lost)
		kernel_lost(kernel, lost);
	return 0;
}

/* ---------------------------------------------------------------- start and end */

/* From here on the newest world answers, and what an older one said counts no more. */
static void serve_newest(struct kernel *kernel)
{
	struct world *before = NULL;

	pthread_mutex_lock(&kernel->lock);
	if (kernel->serving != kernel->world) {
		lanes_end(kernel);
		before = kernel->serving;
		kernel->serving = world_ref(kernel->world);
		kernel->world_number++;
	}
	pthread_mutex_unlock(&kernel->lock);
	world_unref(before);
}

/* After each look at all devices: the first one opens the doors. It may have been an older world's.
 */
static void on_scanned(void *arg)
{
	struct kernel *kernel = arg;
	int r;

	if (kernel->open || kernel->draining)
		return;
	serve_newest(kernel);
	kernel->open = true;
	r = turn_open(&kernel->turn, kernel->broker.fd);
	if (r)
		kernel_lost(kernel, r);
	log_say(LOG_INFO, "%zu devices and types have a migration_version",
		publisher_count(kernel->publisher));
	kernel_ready(kernel);
}

/* Without a store, its going is what ends the service's hold on the kernel. */
static void store(const struct kernel *kernel)
{
	int r = sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" KERNEL_STORE_NAME,
				       &kernel->broker.fd, 1);

	if (r < 0)
		log_say(LOG_WARNING, "systemd does not keep %s for the next start: %s", BROKER_PATH,
			strerror(-r));
}

static int kernel_connect(struct kernel *kernel, int passed, struct error *err)
{
	struct publisher_options options = {.event = kernel->options.event,
					    .events = kernel->options.events,
					    .pool = kernel->options.pool,
					    .broker = &kernel->broker,
					    .scanned = on_scanned,
					    .arg = kernel};
	int r = broker_open(passed, &kernel->broker, err);

	if (r)
		return r;
	if (passed < 0)
		store(kernel);
	log_say(LOG_INFO, "%s: %u attachments and %u open questions were there before", BROKER_PATH,
		kernel->broker.attachments, kernel->broker.requeued);
	r = publisher_new(&options, kernel->world, &kernel->publisher, err);
	if (r)
		broker_close(&kernel->broker);
	return r;
}

static bool is_missing(int r)
{
	return r == -ENOENT || r == -ENXIO || r == -ENODEV;
}

/*
 * The module was loaded after us. A service that may not open its broker ends, since one that goes
 * on without would be found out late, and the next one may: systemd lets a unit open those devices
 * that were there when it started.
 */
static void on_module(void *arg, const struct events_change *change)
{
	struct kernel *kernel = arg;
	struct error err = {0};
	int r;

	if (kernel->publisher || kernel->draining || change->action != EVENTS_ADD ||
	    strcmp(change->sysname, BROKER_DEVICE) != 0)
		return;
	r = kernel_connect(kernel, -1, &err);
	if (r)
		log_say(LOG_ERR, "%s", err.text);
	if (r && !is_missing(r))
		sd_event_exit(kernel->options.event, r);
}

static int kernel_watch(struct kernel *kernel)
{
	int r = answers_new(on_untold, kernel, &kernel->answers);

	if (!r)
		r = asks_new(kernel->options.event, kernel->options.pool, &kernel->broker,
			     &kernel->asks);
	if (!r)
		r = turn_init(&kernel->turn, questions_take, kernel);
	if (r)
		return r;
	kernel->called = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (kernel->called < 0)
		return -errno;
	r = sd_event_add_io(kernel->options.event, &kernel->io, kernel->turn.epoll, EPOLLIN,
			    on_turn, kernel);
	if (r >= 0)
		r = sd_event_add_io(kernel->options.event, &kernel->guard, kernel->turn.guard,
				    EPOLLIN, on_guard, kernel);
	if (r >= 0)
		r = sd_event_add_io(kernel->options.event, &kernel->wake, kernel->called, EPOLLIN,
				    on_called, kernel);
	if (r >= 0)
		r = sd_event_add_time_relative(kernel->options.event, &kernel->tell,
					       CLOCK_MONOTONIC, TELL_US, 0, on_tell, kernel);
	if (r >= 0)
		r = sd_event_source_set_enabled(kernel->tell, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

static int kernel_start(struct kernel *kernel, struct error *err)
{
	int r = kernel_watch(kernel);

	if (r) {
		if (kernel->options.passed >= 0)
			close(kernel->options.passed);
		return error_set(err, r, "the kernel's questions cannot be watched for: %s",
				 strerror(-r));
	}
	kernel->context = (struct lane_context){
		.broker = &kernel->broker,
		.answers = kernel->answers,
		.turn = &kernel->turn,
		.stamp = stamp_now,
		.again = question_again,
		.arg = kernel,
	};
	/* First, since from connecting on a look at the devices may be under way, which nothing
	 * could end. */
	r = events_listen(kernel->options.events, on_module, kernel);
	if (r) {
		if (kernel->options.passed >= 0)
			close(kernel->options.passed);
		return error_set(err, r, "the kernel's events cannot be listened to: %s",
				 strerror(-r));
	}
	r = kernel_connect(kernel, kernel->options.passed, err);
	if (r && !is_missing(r))
		return r;
	if (r) {
		log_say(LOG_INFO,
			"no kernel module: devices have no migration_version until it is loaded");
		kernel_ready(kernel);
	}
	return 0;
}

int kernel_new(const struct kernel_options *options, struct world *world, struct kernel **ret,
	       struct error *err)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel) {
		if (options->passed >= 0)
			close(options->passed);
		return error_set(err, -ENOMEM, "out of memory");
	}
	kernel->options = *options;
	kernel->broker.fd = kernel->turn.epoll = kernel->called = -1;
	pthread_mutex_init(&kernel->lock, NULL);
	kernel->world = world_ref(world);
	r = kernel_start(kernel, err);
	if (r)
		kernel_free(kernel, 0);
	else
		*ret = kernel;
	return r;
}

void kernel_reload(struct kernel *kernel, struct world *world)
{
	world_ref(world);
	world_unref(kernel->world);
	kernel->world = world;
	if (kernel->open)
		serve_newest(kernel);
	if (kernel->publisher)
		publisher_reload(kernel->publisher, world);
}

void kernel_drain(struct kernel *kernel)
{
	/* A lane that has the turn by now takes nothing any more: no new lane begins, which nobody
	 * would end. */
	pthread_mutex_lock(&kernel->lock);
	kernel->draining = true;
	pthread_mutex_unlock(&kernel->lock);
	turn_close(&kernel->turn);
}

struct kernel *kernel_free(struct kernel *kernel, unsigned wait_ms)
{
	if (!kernel)
		return NULL;
	kernel_drain(kernel);
	pthread_mutex_lock(&kernel->lock);
	lanes_end(kernel);
	pthread_mutex_unlock(&kernel->lock);
	events_unlisten(kernel->options.events, on_module, kernel);
	if (!lanes_wait(wait_ms))
		return kernel;
	sd_event_source_disable_unref(kernel->io);
	sd_event_source_disable_unref(kernel->guard);
	sd_event_source_disable_unref(kernel->wake);
	sd_event_source_disable_unref(kernel->tell);
	if (kernel->answers)
		answers_tell(kernel->answers);
	publisher_free(kernel->publisher);
	world_unref(kernel->world);
	world_unref(kernel->serving);
	broker_close(&kernel->broker);
	turn_free(&kernel->turn);
	if (kernel->called >= 0)
		close(kernel->called);
	answers_free(kernel->answers);
	asks_free(kernel->asks);
	pthread_mutex_destroy(&kernel->lock);
	free(kernel);
	return NULL;
}

size_t kernel_count(const struct kernel *kernel)
{
	return kernel->publisher ? publisher_count(kernel->publisher) : 0;
}
