/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A batch for tests: questions about a recorded host, and a socket in place of the
 * broker. Link with --wrap=engine_worker_program and --wrap=view_open.
 */
#ifndef TESTS_SERVICE_BATCH_BENCH_H
#define TESTS_SERVICE_BATCH_BENCH_H

#include <errno.h>
#include <sys/socket.h>

#include "core/service/clock.h"
#include "core/service/kernel/batch.h"
#include "tests/support/files.h"
#include "tests/service/worker_program.h"

#define CARD "0000:00:03.0"

struct bench {
	struct folder folder; /* an empty policy */
	struct world world;
	struct broker broker;
	struct queue_context context;
	struct batch batch;
	int kernel;                                   /* the broker's other end */
	char string[MIGCOMPAT_BROKER_STRING_MAX + 1]; /* of the card */
	struct stamp now; /* stamp of each question, all but its attachment */
	bool detached;
	uint64_t retried[8]; /* ids of questions that have to be handled again */
	size_t nretried;
};

/* If not 0, each device has facts of its own in so many bytes, as on a real host. */
static size_t facts_bytes;
static void (*with_facts)(void); /* called before facts are read; or NULL */

int __real_view_open(struct world *world, const char *only, struct view *ret, struct error *err);
int __wrap_view_open(struct world *world, const char *only, struct view *ret, struct error *err);
int __wrap_view_open(struct world *world, const char *only, struct view *ret, struct error *err)
{
	struct view view = {.world = world, .engine = world->engine};
	int r;

	if (with_facts)
		with_facts();
	if (!facts_bytes)
		return __real_view_open(world, only, ret, err);
	inventory_init(&view.engine.inventory);
	r = engine_add_file(&view.engine, TEST_SOURCE "/tests/hosts/serial-b.json", err);
	if (!r)
		r = engine_ready(&view.engine, err);
	assert_int_equal(r, 0);
	assert_non_null(arena_alloc(&view.engine.inventory.arena, facts_bytes, 1));
	world_ref(world);
	*ret = view;
	return 0;
}

static inline bool stamp_now(void *arg, uint64_t attachment, struct stamp *ret)
{
	const struct bench *bench = arg;
	uint32_t life = ret->life;

	*ret = bench->now;
	ret->attachment = attachment;
	ret->life = life;
	return !bench->detached;
}

static inline void retry_question(void *arg, const struct broker_request *request)
{
	struct bench *bench = arg;

	assert_true(bench->nretried < sizeof(bench->retried) / sizeof(bench->retried[0]));
	assert_int_equal(request->len, strlen(bench->string));
	assert_memory_equal(request->string, bench->string, request->len);
	bench->retried[bench->nretried++] = request->id;
}

static inline void unlogged(void *arg)
{
	(void)arg;
}

static inline void card_string(struct bench *bench)
{
	const struct device *device;
	struct target target;
	struct error err = {0};

	if (inventory_find(&bench->world.engine.inventory, CARD, &device, &err) ||
	    target_open(&bench->world.engine, device, &target, &err))
		fail_msg("%s", err.text);
	memcpy(bench->string, target.version, sizeof(target.version));
	target_close(&target);
}

static inline int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .restart = true};
	struct error err = {0};
	int sockets[2];

	assert_non_null(bench);
	folder_make(&bench->folder);
	options.config = bench->folder.path;
	if (engine_start(&bench->world.engine, &options, &err) ||
	    engine_add_file(&bench->world.engine, TEST_SOURCE "/tests/hosts/serial-b.json", &err) ||
	    engine_ready(&bench->world.engine, &err))
		fail_msg("%s", err.text);
	bench->world.references = 1;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets), 0);
	bench->broker.fd = sockets[0];
	bench->kernel = sockets[1];
	bench->broker.timeout_ms = 10000;
	bench->context = (struct queue_context){.broker = &bench->broker,
						.stamp = stamp_now,
						.retry = retry_question,
						.arg = bench};
	assert_int_equal(answer_cache_new(unlogged, NULL, &bench->context.answers), 0);
	assert_int_equal(batch_init(&bench->batch, &bench->context, &bench->world, "mtty"), 0);
	card_string(bench);
	*state = bench;
	return 0;
}

static inline int teardown(void **state)
{
	struct bench *bench = *state;

	batch_free(&bench->batch);
	answer_cache_free(bench->context.answers);
	engine_stop(&bench->world.engine);
	folder_remove(&bench->folder);
	close(bench->broker.fd);
	close(bench->kernel);
	free(bench);
	return 0;
}

/* A write of the card's string. The device has changed so often at least. */
static inline struct queue_job *job_make(struct bench *bench, uint64_t id, const char *device,
					 uint64_t changed)
{
	size_t name = strlen(device) + 1, len = strlen(bench->string);
	struct queue_job *job = calloc(1, sizeof(*job) + name + len + 1);

	assert_non_null(job);
	if (bench->now.changed < changed)
		bench->now.changed = changed;
	*job = (struct queue_job){
		.op = MIGCOMPAT_BROKER_OP_WRITE,
		.id = id,
		.received_us = now_us(),
		.stamp = {.attachment = 7, .changed = changed},
		.len = len,
		.string = job->device + name,
	};
	memcpy(job->device, device, name);
	memcpy(job->device + name, bench->string, len + 1);
	return job;
}

static inline void answer(struct bench *bench, struct queue_job **jobs, size_t count)
{
	batch_ask(&bench->batch, jobs, count);
	batch_finish(&bench->batch);
}

/* The next reply must be to this id. Returns what write(2) would return. */
static inline long reply(const struct bench *bench, uint64_t id)
{
	struct migcompat_broker_write_reply message;

	assert_int_equal(recv(bench->kernel, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.header.id, id);
	return message.header.error ? message.header.error : (long)message.count;
}

/* The next reply must be the card's string, to this id. */
static inline void read_reply(const struct bench *bench, uint64_t id)
{
	char bytes[sizeof(struct migcompat_broker_header) + MIGCOMPAT_BROKER_STRING_MAX];
	struct migcompat_broker_header header;
	ssize_t size = recv(bench->kernel, bytes, sizeof(bytes), 0);

	assert_int_equal(size, sizeof(header) + strlen(bench->string));
	memcpy(&header, bytes, sizeof(header));
	assert_int_equal(header.id, id);
	assert_int_equal(header.error, 0);
	assert_memory_equal(bytes + sizeof(header), bench->string, strlen(bench->string));
}

#endif
