/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a lane's queue takes while its backend keeps it. The batch is the test's. */
#include <errno.h>

#include "core/service/kernel/batch.h"
#include "tests/support/test.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy; /* the backend does not answer */
	bool taken;
	size_t answered;
} backend = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int __wrap_batch_init(struct batch *batch, const struct lane_context *context, struct world *world,
		      const char *name);
void __wrap_batch_free(struct batch *batch);
void __wrap_batch_ask(struct batch *batch, struct job *const *jobs, size_t count);

int __wrap_batch_init(struct batch *batch, const struct lane_context *context, struct world *world,
		      const char *name)
{
	(void)world, (void)name;
	*batch = (struct batch){.context = context};
	return 0;
}

void __wrap_batch_free(struct batch *batch)
{
	(void)batch;
}

void __wrap_batch_ask(struct batch *batch, struct job *const *jobs, size_t count)
{
	(void)batch;
	pthread_mutex_lock(&backend.lock);
	backend.taken = true;
	pthread_cond_broadcast(&backend.changed);
	while (backend.busy)
		pthread_cond_wait(&backend.changed, &backend.lock);
	backend.answered += count;
	pthread_mutex_unlock(&backend.lock);
	for (size_t i = 0; i < count; i++)
		free(jobs[i]);
}

static void nothing_to_take(void *arg)
{
	(void)arg;
}

static struct broker_request request;

static int ask(struct lane *lane)
{
	const struct stamp stamp = {.attachment = 7};

	return lane_ask(lane, &request, "device", &stamp);
}

/* How many questions of that length are taken behind one that the backend keeps. */
static size_t taken(size_t len)
{
	struct turn turn;
	const struct lane_context context = {.turn = &turn};
	struct lane *lane = NULL;
	size_t count = 0;
	int r;

	assert_int_equal(turn_init(&turn, nothing_to_take, NULL), 0);
	turn_close(&turn);
	request = (struct broker_request){.op = BROKER_WRITE, .len = len};
	memset(request.string, 'x', len);
	backend.busy = true;
	backend.taken = false;
	backend.answered = 0;
	assert_int_equal(lane_new(&context, NULL, "any", &lane), 0);
	assert_int_equal(ask(lane), 0);
	lane_go(lane);
	pthread_mutex_lock(&backend.lock);
	while (!backend.taken)
		pthread_cond_wait(&backend.changed, &backend.lock);
	pthread_mutex_unlock(&backend.lock);
	while ((r = ask(lane)) == 0)
		count++;
	assert_int_equal(r, -EAGAIN);
	pthread_mutex_lock(&backend.lock);
	backend.busy = false;
	pthread_cond_broadcast(&backend.changed);
	pthread_mutex_unlock(&backend.lock);
	lane_end(lane);
	assert_true(lanes_wait(60000));
	assert_int_equal(backend.answered, count + 1);
	turn_free(&turn);
	return count;
}

static void short_questions_are_bounded_in_number(void **state)
{
	(void)state;
	assert_int_equal(taken(64), LANE_QUEUE_MAX);
}

static void long_questions_are_bounded_in_bytes(void **state)
{
	size_t count = taken(BROKER_STRING_MAX);

	(void)state;
	assert_true(count * BROKER_STRING_MAX <= LANE_QUEUE_BYTES);
	assert_true(count * (BROKER_STRING_MAX + 512) > LANE_QUEUE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_questions_are_bounded_in_number),
		cmocka_unit_test(long_questions_are_bounded_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
