/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bounds of a queue whose backend does not answer. The functions of batch.c are
 * replaced.
 */
#include <errno.h>

#include "core/service/kernel/backend_queue.h"
#include "core/service/kernel/batch.h"
#include "tests/support/test.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy;  /* the backend does not answer */
	bool taken; /* it got a batch */
	size_t answered;
} backend = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int __wrap_batch_init(struct batch *batch, const struct queue_context *context, struct world *world,
		      const char *name);
void __wrap_batch_free(struct batch *batch);
void __wrap_batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count);

int __wrap_batch_init(struct batch *batch, const struct queue_context *context, struct world *world,
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

void __wrap_batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count)
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

static void read_nothing(void *arg)
{
	(void)arg;
}

static int ask(struct queue *queue, size_t len)
{
	static char string[MIGCOMPAT_BROKER_STRING_MAX];
	const struct broker_request request = {
		.op = MIGCOMPAT_BROKER_OP_WRITE, .string = string, .len = len};
	const struct stamp stamp = {.attachment = 7};

	memset(string, 'x', sizeof(string));
	return queue_add(queue, &request, "device", &stamp);
}

/*
 * How many questions of this length the queue takes while the backend works on another
 * one.
 */
static size_t queued(size_t len)
{
	struct broker_reader reader;
	const struct queue_context context = {.reader = &reader};
	struct queue *queue = NULL;
	size_t count = 0;
	int r;

	assert_int_equal(broker_reader_init(&reader, read_nothing, NULL), 0);
	broker_reader_close(&reader);
	backend.busy = true;
	backend.taken = false;
	backend.answered = 0;
	assert_int_equal(queue_new(&context, NULL, "any", &queue), 0);
	assert_int_equal(ask(queue, len), 0);
	queue_wake(queue);
	pthread_mutex_lock(&backend.lock);
	while (!backend.taken)
		pthread_cond_wait(&backend.changed, &backend.lock);
	pthread_mutex_unlock(&backend.lock);
	while ((r = ask(queue, len)) == 0)
		count++;
	assert_int_equal(r, -EAGAIN);
	pthread_mutex_lock(&backend.lock);
	backend.busy = false;
	pthread_cond_broadcast(&backend.changed);
	pthread_mutex_unlock(&backend.lock);
	queue_end(queue);
	assert_true(queues_wait(60000));
	assert_int_equal(backend.answered, count + 1);
	broker_reader_free(&reader);
	return count;
}

static void number_of_short_questions_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(queued(64), QUEUE_JOBS_MAX);
}

static void bytes_of_long_questions_are_bounded(void **state)
{
	size_t count = queued(MIGCOMPAT_BROKER_STRING_MAX);

	(void)state;
	assert_true(count * MIGCOMPAT_BROKER_STRING_MAX <= QUEUE_BYTES_MAX);
	assert_true(count * (MIGCOMPAT_BROKER_STRING_MAX + 512) > QUEUE_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_of_short_questions_is_bounded),
		cmocka_unit_test(bytes_of_long_questions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
