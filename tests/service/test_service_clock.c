/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timeouts while the wall clock jumps each time that it is read. */
#include <time.h>

#include "core/service/kernel/backend_queue.h"
#include "tests/support/files.h"

#define YEAR_S 31536000

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

/* A timeout on this clock would last for a year. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = __real_clock_gettime(clock, ret);

	if (clock == CLOCK_REALTIME)
		ret->tv_sec += YEAR_S;
	return r;
}

static void wait_for_lanes_ends_whatever_the_wall_clock_says(void **state)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .in_process = true};
	struct queue_context context = {.broker = NULL};
	struct world world = {.references = 1};
	struct error err = {0};
	struct folder folder;
	struct queue *queue;

	(void)state;
	folder_make(&folder);
	options.config = folder.path;
	if (engine_start(&world.engine, &options, &err) || engine_backends(&world.engine, &err))
		fail_msg("%s", err.text);
	assert_int_equal(queue_new(&context, &world, "mtty", &queue), 0);
	assert_false(queues_wait(10));
	queue_end(queue);
	assert_true(queues_wait(10));
	engine_stop(&world.engine);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wait_for_lanes_ends_whatever_the_wall_clock_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
