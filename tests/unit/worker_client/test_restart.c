/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a worker that ended is started again: the rule alone, with times that no test
 * waits for.
 */
#include "core/worker_client/restart.h"
#include "tests/support/test.h"

#define MS 1000000ull

/* The rest after an end at this time, in milliseconds. The worker began just before. */
static unsigned rest_after(struct restart *restart, uint64_t *now)
{
	restart_began(restart, *now);
	restart_ended(restart, *now);
	return (unsigned)((restart->next - *now) / MS);
}

static void the_first_rest_is_short(void **state)
{
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	assert_int_equal(rest_after(&restart, &now), 100);
	assert_false(restart_due(&restart, now));
	assert_false(restart_due(&restart, now + 100 * MS - 1));
	assert_true(restart_due(&restart, now + 100 * MS));
}

static void each_further_rest_is_twice_as_long_up_to_ten_seconds(void **state)
{
	static const unsigned rests[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000};
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		assert_int_equal(rest_after(&restart, &now), rests[i]);
		now += 30000 * MS; /* too seldom to be parked */
		assert_true(restart_due(&restart, now));
	}
}

static void a_minute_without_an_end_makes_the_rest_short_again(void **state)
{
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	rest_after(&restart, &now);
	assert_int_equal(rest_after(&restart, &now), 200);
	restart_began(&restart, now);
	restart_ended(&restart, now + 59999 * MS);
	assert_int_equal(restart.rest_ms, 400);
	restart_began(&restart, now);
	restart_ended(&restart, now + 60000 * MS);
	assert_int_equal(restart.rest_ms, 100);
}

static void five_ends_within_a_minute_park_it(void **state)
{
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	for (int i = 0; i < 4; i++, now += 15000 * MS)
		rest_after(&restart, &now);
	assert_false(restart.parked);
	rest_after(&restart, &now); /* 60 s after the first */
	assert_true(restart.parked);
	assert_false(restart_due(&restart, now + 3600000 * MS));
}

static void five_ends_in_more_than_a_minute_do_not(void **state)
{
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	for (int i = 0; i < 20; i++, now += 15000 * MS + 1)
		rest_after(&restart, &now);
	assert_false(restart.parked);
}

static void ends_because_this_process_lacks_memory_do_not_count(void **state)
{
	struct restart restart = {0};
	uint64_t now = 1000 * MS;

	(void)state;
	for (int i = 0; i < 20; i++, now += 100 * MS) {
		restart_began(&restart, now);
		restart_rest(&restart, now);
		assert_false(restart_due(&restart, now + 99 * MS));
		assert_true(restart_due(&restart, now + 100 * MS));
	}
	assert_false(restart.parked);
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_rest_is_short),
		test(each_further_rest_is_twice_as_long_up_to_ten_seconds),
		test(a_minute_without_an_end_makes_the_rest_short_again),
		test(five_ends_within_a_minute_park_it),
		test(five_ends_in_more_than_a_minute_do_not),
		test(ends_because_this_process_lacks_memory_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
