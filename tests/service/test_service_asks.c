/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions at /dev/migcompat about a recorded host: order, bound and end. A socket
 * replaces the broker.
 */
#include "core/service/kernel/asks.h"

#include <errno.h>
#include <linux/migcompat.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "core/check/check.h"
#include "tests/support/files.h"

#define CARD "0000:00:03.0"
#define WAIT_MS 60000u

struct held {
	struct pool_job job; /* first */
	sem_t *begun;
	sem_t *hold;
};

struct bench {
	struct folder folder; /* an empty policy */
	struct world world;
	struct broker broker;
	sd_event *event;
	struct pool *pool;
	struct asks *asks;
	int kernel;                         /* the broker's other end */
	uint64_t id;                        /* of the last question */
	struct held held[POOL_ASK_THREADS]; /* occupy all threads until let_go */
	sem_t begun;
	sem_t hold;
	unsigned nheld;
	char string[MIGCOMPAT_BROKER_STRING_MAX + 1]; /* of the card */
};

static void held_run(struct pool_job *job)
{
	struct held *held = (struct held *)(void *)job;

	sem_post(held->begun);
	sem_wait(held->hold);
}

static void held_done(struct pool_job *job)
{
	(void)job;
}

static void hold_all(struct bench *bench)
{
	for (unsigned i = 0; i < POOL_ASK_THREADS; i++) {
		bench->held[i] =
			(struct held){.job = {.run = held_run, .done = held_done, .kind = POOL_ASK},
				      .begun = &bench->begun,
				      .hold = &bench->hold};
		assert_int_equal(pool_submit(bench->pool, &bench->held[i].job), 0);
		sem_wait(&bench->begun);
	}
	bench->nheld = POOL_ASK_THREADS;
}

/* Free one thread. */
static void let_go(struct bench *bench)
{
	bench->nheld--;
	sem_post(&bench->hold);
}

static void card_string(struct bench *bench)
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

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .in_process = true};
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
	/* It blocks: a socket has less room than there are replies. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	bench->broker.fd = sockets[0];
	bench->kernel = sockets[1];
	sem_init(&bench->begun, 0, 0);
	sem_init(&bench->hold, 0, 0);
	assert_true(sd_event_new(&bench->event) >= 0);
	assert_int_equal(pool_new(bench->event, WAIT_MS, &bench->pool, &err), 0);
	assert_int_equal(asks_new(bench->event, bench->pool, &bench->broker, &bench->asks), 0);
	card_string(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	while (bench->nheld)
		let_go(bench);
	assert_null(pool_free(bench->pool, WAIT_MS));
	asks_free(bench->asks);
	sd_event_unref(bench->event);
	assert_int_equal(bench->world.references, 1);
	engine_stop(&bench->world.engine);
	folder_remove(&bench->folder);
	close(bench->broker.fd);
	close(bench->kernel);
	free(bench);
	return 0;
}

static void ask(struct bench *bench, const char *string)
{
	const struct broker_request request = {.op = MIGCOMPAT_BROKER_OP_ASK,
					       .id = ++bench->id,
					       .string = string,
					       .len = strlen(string)};

	asks_put(bench->asks, &bench->world, &request);
}

static void cancel_all(struct bench *bench)
{
	for (uint64_t id = 1; id <= bench->id; id++)
		asks_cancel(bench->asks, id);
}

/* Run all events that are ready. */
static void settle(struct bench *bench)
{
	while (sd_event_run(bench->event, 0) > 0)
		;
}

/* The next reply must be to this id. Its text is copied to text, unless that is NULL. */
static int reply(struct bench *bench, uint64_t id, char *text)
{
	static char bytes[sizeof(struct migcompat_broker_header) + MIGCOMPAT_BROKER_LINES_MAX];
	struct migcompat_broker_header header;
	ssize_t size;

	while ((size = recv(bench->kernel, bytes, sizeof(bytes), MSG_DONTWAIT)) < 0) {
		assert_int_equal(errno, EAGAIN);
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	}
	assert_true((size_t)size >= sizeof(header));
	memcpy(&header, bytes, sizeof(header));
	assert_int_equal(header.op, MIGCOMPAT_BROKER_OP_ASK | MIGCOMPAT_BROKER_OP_REPLY);
	assert_int_equal(header.id, id);
	if (text) {
		memcpy(text, bytes + sizeof(header), (size_t)size - sizeof(header));
		text[(size_t)size - sizeof(header)] = '\0';
	}
	return header.error;
}

static void question_is_answered_with_lines(void **state)
{
	static char text[MIGCOMPAT_BROKER_LINES_MAX + 1];
	struct bench *bench = *state;

	ask(bench, bench->string);
	assert_int_equal(reply(bench, 1, text), 0);
	assert_contains(text, "yes " CARD " identical ");
}

static void malformed_question_is_refused(void **state)
{
	struct bench *bench = *state;

	ask(bench, "nonsense");
	assert_int_equal(reply(bench, 1, NULL), -EINVAL);
}

static void questions_are_answered_in_their_order(void **state)
{
	struct bench *bench = *state;

	hold_all(bench);
	for (int i = 0; i < 20; i++)
		ask(bench, i % 2 ? "nonsense" : bench->string);
	settle(bench);
	let_go(bench);
	for (uint64_t id = 1; id <= 20; id++)
		assert_int_equal(reply(bench, id, NULL), id % 2 ? 0 : -EINVAL);
}

static void question_beyond_the_bound_is_ebusy_at_once(void **state)
{
	struct bench *bench = *state;

	for (unsigned i = 0; i < ASKS_MAX + 2; i++)
		ask(bench, "nonsense");
	assert_int_equal(reply(bench, ASKS_MAX + 1, NULL), -EBUSY);
	assert_int_equal(reply(bench, ASKS_MAX + 2, NULL), -EBUSY);
}

static void question_refused_by_the_pool_is_ebusy(void **state)
{
	struct bench *bench = *state;

	hold_all(bench);
	for (unsigned i = 0; i < ASKS_MAX; i++)
		ask(bench, "nonsense");
	for (uint64_t id = POOL_ASK_JOBS + 1; id <= ASKS_MAX; id++)
		assert_int_equal(reply(bench, id, NULL), -EBUSY);
	let_go(bench);
	for (uint64_t id = 1; id <= POOL_ASK_JOBS; id++)
		assert_int_equal(reply(bench, id, NULL), -EINVAL);
}

static void answers_make_room_for_further_questions(void **state)
{
	struct bench *bench = *state;

	hold_all(bench);
	for (unsigned i = 0; i < POOL_ASK_JOBS; i++)
		ask(bench, "nonsense");
	settle(bench);
	let_go(bench);
	for (uint64_t id = 1; id <= POOL_ASK_JOBS; id++)
		assert_int_equal(reply(bench, id, NULL), -EINVAL);
	for (unsigned i = 0; i < POOL_ASK_JOBS; i++) {
		ask(bench, bench->string);
		assert_int_equal(reply(bench, bench->id, NULL), 0);
	}
}

static void question_cancelled_before_its_submission_makes_room(void **state)
{
	struct bench *bench = *state;

	for (unsigned i = 0; i < ASKS_MAX; i++)
		ask(bench, "nonsense");
	cancel_all(bench);
	settle(bench);
	ask(bench, bench->string);
	assert_int_equal(reply(bench, ASKS_MAX + 1, NULL), 0);
}

static void question_cancelled_while_it_waits_makes_room(void **state)
{
	struct bench *bench = *state;

	hold_all(bench);
	for (unsigned i = 0; i < POOL_ASK_JOBS; i++)
		ask(bench, "nonsense");
	settle(bench);
	cancel_all(bench);
	settle(bench);
	for (unsigned i = 0; i < POOL_ASK_JOBS; i++)
		ask(bench, bench->string);
	settle(bench);
	let_go(bench);
	for (uint64_t id = POOL_ASK_JOBS + 1; id <= 2 * POOL_ASK_JOBS; id++)
		assert_int_equal(reply(bench, id, NULL), 0);
}

static void unanswered_questions_are_freed_at_the_end(void **state)
{
	struct bench *bench = *state;

	hold_all(bench);
	for (unsigned i = 0; i < 20; i++)
		ask(bench, "nonsense");
	settle(bench);
	ask(bench, "nonsense");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(question_is_answered_with_lines),
		CASE(malformed_question_is_refused),
		CASE(questions_are_answered_in_their_order),
		CASE(question_beyond_the_bound_is_ebusy_at_once),
		CASE(question_refused_by_the_pool_is_ebusy),
		CASE(answers_make_room_for_further_questions),
		CASE(question_cancelled_before_its_submission_makes_room),
		CASE(question_cancelled_while_it_waits_makes_room),
		CASE(unanswered_questions_are_freed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
