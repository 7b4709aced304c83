/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lane's batch, about a recorded host: questions that came together, and their replies at a
 * socket that stands for the broker. */
#include "core/service/kernel/batch.h"

#include <errno.h>
#include <linux/migcompat.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include "core/worker_client/worker.h"
#include "core/service/clock.h"
#include "tests/support/files.h"
#include "tests/service/worker_program.h"

#define CARD "0000:00:03.0"

struct bench {
	struct folder folder; /* an empty policy */
	struct world world;
	struct broker broker;
	struct lane_context context;
	struct batch batch;
	int kernel;				      /* the broker's other end */
	char string[MIGCOMPAT_BROKER_STRING_MAX + 1]; /* of the card */
	struct stamp now; /* of every question, but for its attachment */
	bool detached;
	uint64_t again[8]; /* ids of what was to be asked again */
	size_t nagain;
};

/* Not 0: a device has facts of its own, of so many bytes, as on a real host. */
static size_t facts_bytes;
static void (*with_facts)(void); /* called when facts are read; or NULL */

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

static bool stamp_now(void *arg, uint64_t attachment, struct stamp *ret)
{
	const struct bench *bench = arg;
	uint32_t life = ret->life;

	*ret = bench->now;
	ret->attachment = attachment;
	ret->life = life;
	return !bench->detached;
}

static void asked_again(void *arg, const struct broker_request *request)
{
	struct bench *bench = arg;

	assert_true(bench->nagain < sizeof(bench->again) / sizeof(bench->again[0]));
	assert_string_equal(request->string, bench->string);
	bench->again[bench->nagain++] = request->id;
}

static void untold(void *arg)
{
	(void)arg;
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
	bench->context = (struct lane_context){
		.broker = &bench->broker, .stamp = stamp_now, .again = asked_again, .arg = bench};
	assert_int_equal(answers_new(untold, NULL, &bench->context.answers), 0);
	assert_int_equal(batch_init(&bench->batch, &bench->context, &bench->world, "mtty"), 0);
	card_string(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	batch_free(&bench->batch);
	answers_free(bench->context.answers);
	engine_stop(&bench->world.engine);
	folder_remove(&bench->folder);
	close(bench->broker.fd);
	close(bench->kernel);
	free(bench);
	return 0;
}

/* The device is at least as new as its newest question. */
static struct job *job_make(struct bench *bench, uint64_t id, const char *device, uint64_t changed)
{
	size_t name = strlen(device) + 1, len = strlen(bench->string);
	struct job *job = calloc(1, sizeof(*job) + name + len + 1);

	assert_non_null(job);
	if (bench->now.changed < changed)
		bench->now.changed = changed;
	*job = (struct job){
		.op = BROKER_WRITE,
		.id = id,
		.begun_us = now_us(),
		.stamp = {.attachment = 7, .changed = changed},
		.len = len,
		.string = job->device + name,
	};
	memcpy(job->device, device, name);
	memcpy(job->device + name, bench->string, len + 1);
	return job;
}

static void answer(struct bench *bench, struct job **jobs, size_t count)
{
	batch_ask(&bench->batch, jobs, count);
	batch_finish(&bench->batch);
}

/* The next reply: what a write of that id returns. */
static long reply(const struct bench *bench, uint64_t id)
{
	struct migcompat_broker_write_reply message;

	assert_int_equal(recv(bench->kernel, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.header.id, id);
	return message.header.error ? message.header.error : (long)message.count;
}

/* The next reply: the card's string. */
static void read_reply(const struct bench *bench, uint64_t id)
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

static void questions_that_came_together_are_answered(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, CARD, 1)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

/* The second one's facts would be those of a device that cannot be opened any more; the first one's
 * target must be there still. */
static void device_that_changes_between_two_questions_is_opened_once_for_both(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, "gone", 2)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

static void questions_that_come_while_others_are_compared_are_answered_after_them(void **state)
{
	struct bench *bench = *state;

	for (uint64_t id = 1; id < 6; id++) {
		struct job *jobs[] = {job_make(bench, 10 * id, CARD, 1),
				      job_make(bench, 10 * id + 1, CARD, 1)};

		batch_ask(&bench->batch, jobs, 2);
		/* Sent, and not answered yet. */
		assert_ptr_equal(bench->batch.under_way->jobs[1], jobs[1]);
		assert_int_equal(bench->batch.under_way->check.batch.progress, COMPARE_BEGUN);
	}
	assert_true(batch_finish(&bench->batch));
	assert_false(batch_finish(&bench->batch));
	for (uint64_t id = 1; id < 6; id++) {
		assert_int_equal(reply(bench, 10 * id), strlen(bench->string));
		assert_int_equal(reply(bench, 10 * id + 1), strlen(bench->string));
	}
}

/* Its target is that of a question which has no answer yet. */
static void device_that_changes_while_it_is_compared_is_opened_again_after_that(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[1];

	jobs[0] = job_make(bench, 1, CARD, 1);
	batch_ask(&bench->batch, jobs, 1);
	jobs[0] = job_make(bench, 2, CARD, 2);
	batch_ask(&bench->batch, jobs, 1);
	jobs[0] = job_make(bench, 3, "gone", 3);
	batch_ask(&bench->batch, jobs, 1);
	batch_finish(&bench->batch);
	assert_int_equal(reply(bench, 3), -ENODEV);
	assert_int_equal(bench->nagain, 2);
	assert_int_equal(bench->again[0], 1);
	assert_int_equal(bench->again[1], 2);
}

/* ---------------------------------------------------------------- a yes that is void */

/* A write and a read are computed, then something changes before they are replied to. */
static void assert_void(struct bench *bench, void (*change)(struct bench *bench))
{
	struct job *write[] = {job_make(bench, 1, CARD, 1)};
	struct job *read[] = {job_make(bench, 2, CARD, 1)};
	char byte;

	read[0]->op = BROKER_READ;
	batch_ask(&bench->batch, write, 1);
	change(bench);
	batch_ask(&bench->batch, read, 1);
	batch_finish(&bench->batch);
	assert_int_equal(recv(bench->kernel, &byte, 1, 0), -1);
	assert_int_equal(bench->nagain, 2);
}

static void change_holds(struct bench *bench)
{
	bench->now.holds++;
}

static void yes_is_void_once_the_holds_changed(void **state)
{
	assert_void(*state, change_holds);
}

static void change_world(struct bench *bench)
{
	bench->now.world++;
}

static void yes_is_void_once_another_policy_is_in_force(void **state)
{
	assert_void(*state, change_world);
}

static void detach(struct bench *bench)
{
	bench->detached = true;
}

static void yes_is_void_once_the_device_is_detached(void **state)
{
	assert_void(*state, detach);
}

/* It is the worker that is asked again, in its next life. */
static void worker_kill(struct bench *bench)
{
	struct provider_status status;

	provider_status(bench->batch.slots.provider, &status);
	assert_int_equal(kill(status.process, SIGKILL), 0);
	while (provider_life(bench->batch.slots.provider))
		sched_yield();
}

static void target_of_an_ended_worker_is_not_read_from(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1)};
	struct migcompat_broker_header header;

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	worker_kill(bench);
	jobs[0] = job_make(bench, 2, CARD, 1);
	jobs[0]->op = BROKER_READ;
	answer(bench, jobs, 1);
	assert_int_equal(recv(bench->kernel, &header, sizeof(header), 0), sizeof(header));
	assert_int_equal(header.error, -EIO);
}

static void yes_of_a_worker_that_ended_since_is_void(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1)};
	struct pollfd answered;
	char byte;

	batch_ask(&bench->batch, jobs, 1);
	/* Its answer waits to be read. */
	answered = (struct pollfd){.fd = worker_of(bench->batch.slots.provider)->process.socket,
				   .events = POLLIN};
	assert_int_equal(poll(&answered, 1, 10000), 1);
	worker_kill(bench);
	batch_finish(&bench->batch);
	assert_int_equal(recv(bench->kernel, &byte, 1, 0), -1);
	assert_int_equal(bench->nagain, 1);
}

static struct bench *restarting;

/* Its rest is over when it is asked next. */
static void worker_restart(void)
{
	const struct timespec rest = {.tv_nsec = 150000000};

	with_facts = NULL;
	worker_kill(restarting);
	nanosleep(&rest, NULL);
}

/* The third one cannot be opened; the first one's target must be there still. */
static void target_stays_open_for_a_batch_in_which_the_worker_starts_again(void **state)
{
	struct bench *bench = restarting = *state;
	struct job *jobs[3] = {job_make(bench, 1, CARD, 1)};

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	jobs[0] = job_make(bench, 2, CARD, 1);
	jobs[1] = job_make(bench, 3, CARD, 1);
	jobs[1]->stamp.attachment = 8;
	jobs[2] = job_make(bench, 4, "gone", 1);
	with_facts = worker_restart;
	answer(bench, jobs, 3);
	assert_null(with_facts);
	assert_int_equal(reply(bench, 3), strlen(bench->string));
	assert_int_equal(bench->nagain, 2);
	assert_int_equal(bench->again[0], 2);
	assert_int_equal(bench->again[1], 4);
}

static void question_that_is_void_for_too_long_is_timed_out(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1)};

	jobs[0]->begun_us -= bench->broker.timeout_ms * 1000ull;
	batch_ask(&bench->batch, jobs, 1);
	change_holds(bench);
	batch_finish(&bench->batch);
	assert_int_equal(reply(bench, 1), -ETIMEDOUT);
	assert_int_equal(bench->nagain, 0);
}

/* What has its answer at once is done with; what comes behind it in the same batch must not look at
 * it again. */
static void reads_and_refusals_before_a_write_are_answered_beside_it(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1), job_make(bench, 2, "gone", 1),
			      job_make(bench, 3, CARD, 1)};
	struct job *more[] = {job_make(bench, 4, CARD, 1), job_make(bench, 5, CARD, 1)};

	jobs[0]->op = more[0]->op = BROKER_READ;
	jobs[1]->stamp.attachment = 8;
	batch_ask(&bench->batch, jobs, 3);
	batch_ask(&bench->batch, more, 2);
	batch_finish(&bench->batch);
	read_reply(bench, 1);
	assert_int_equal(reply(bench, 2), -ENODEV);
	read_reply(bench, 4);
	assert_int_equal(reply(bench, 3), strlen(bench->string));
	assert_int_equal(reply(bench, 5), strlen(bench->string));
}

/* A batch without a question for the worker: the one behind it is sent when its turn comes, and
 * those after it are ahead again. */
static void batches_overlap_again_after_one_of_reads_alone(void **state)
{
	struct bench *bench = *state;

	for (uint64_t id = 1; id < 5; id++) {
		struct job *jobs[] = {job_make(bench, id, CARD, 1)};

		jobs[0]->op = id == 2 ? BROKER_READ : BROKER_WRITE;
		batch_ask(&bench->batch, jobs, 1);
		assert_int_equal(bench->batch.under_way->check.batch.progress,
				 id == 2 ? COMPARE_PUT : COMPARE_BEGUN);
	}
	batch_finish(&bench->batch);
	read_reply(bench, 2);
	for (uint64_t id = 1; id < 5; id += id == 1 ? 2 : 1)
		assert_int_equal(reply(bench, id), strlen(bench->string));
}

static void device_that_changed_since_the_last_batch_is_opened_again(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 1)};

	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	jobs[0] = job_make(bench, 2, "gone", 2);
	answer(bench, jobs, 1);
	assert_int_equal(reply(bench, 2), -ENODEV);
}

static void question_from_before_a_change_does_not_undo_it(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(bench, 1, CARD, 2), job_make(bench, 2, "gone", 1)};

	answer(bench, jobs, 2);
	assert_int_equal(reply(bench, 1), strlen(bench->string));
	assert_int_equal(reply(bench, 2), strlen(bench->string));
}

/* ---------------------------------------------------------------- what is kept open */

static size_t targets_open(const struct batch *batch)
{
	const struct sent_host *host;
	size_t count = 0;

	for (host = worker_of(batch->slots.provider)->requests.hosts; host; host = host->next)
		count += host->devices;
	return count;
}

/* One device after the other, each with facts of that many bytes. */
static void ask_about(struct bench *bench, uint64_t first, uint64_t last, size_t bytes)
{
	facts_bytes = bytes;
	bench->world.live = true;
	for (uint64_t id = first; id <= last; id++) {
		struct job *jobs[] = {job_make(bench, id, CARD, 1)};

		jobs[0]->stamp.attachment = id;
		answer(bench, jobs, 1);
		assert_int_equal(reply(bench, id), strlen(bench->string));
		assert_true(bench->batch.slots.bytes <= LANE_TARGETS_BYTES ||
			    bytes > LANE_TARGETS_BYTES);
	}
}

static int teardown_facts(void **state)
{
	struct bench *bench = *state;

	batch_free(&bench->batch);
	facts_bytes = 0;
	bench->world.live = false;
	assert_int_equal(batch_init(&bench->batch, &bench->context, &bench->world, "mtty"), 0);
	return teardown(state);
}

static void targets_are_bounded_in_number(void **state)
{
	ask_about(*state, 1, LANE_TARGETS_MAX + 100, 1);
	assert_true(targets_open(&((struct bench *)*state)->batch) <= LANE_TARGETS_MAX);
}

static void facts_of_open_targets_are_bounded_in_bytes(void **state)
{
	ask_about(*state, 1, 40, LANE_TARGETS_BYTES / 8);
	assert_true(targets_open(&((struct bench *)*state)->batch) <= 8);
}

static void target_with_more_facts_than_all_may_have_is_answered_and_stands_alone(void **state)
{
	ask_about(*state, 1, 3, LANE_TARGETS_BYTES + 1);
	assert_int_equal(targets_open(&((struct bench *)*state)->batch), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_FACTS(name) cmocka_unit_test_setup_teardown(name, setup, teardown_facts)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(questions_that_came_together_are_answered),
		TEST(device_that_changes_between_two_questions_is_opened_once_for_both),
		TEST(questions_that_come_while_others_are_compared_are_answered_after_them),
		TEST(device_that_changes_while_it_is_compared_is_opened_again_after_that),
		TEST(yes_is_void_once_the_holds_changed),
		TEST(yes_is_void_once_another_policy_is_in_force),
		TEST(yes_is_void_once_the_device_is_detached),
		TEST(target_of_an_ended_worker_is_not_read_from),
		TEST(yes_of_a_worker_that_ended_since_is_void),
		TEST(target_stays_open_for_a_batch_in_which_the_worker_starts_again),
		TEST(question_that_is_void_for_too_long_is_timed_out),
		TEST_FACTS(targets_are_bounded_in_number),
		TEST_FACTS(facts_of_open_targets_are_bounded_in_bytes),
		TEST_FACTS(target_with_more_facts_than_all_may_have_is_answered_and_stands_alone),
		TEST(reads_and_refusals_before_a_write_are_answered_beside_it),
		TEST(batches_overlap_again_after_one_of_reads_alone),
		TEST(device_that_changed_since_the_last_batch_is_opened_again),
		TEST(question_from_before_a_change_does_not_undo_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
