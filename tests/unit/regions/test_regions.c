/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data through mounted regions: config, whole memory, dirty pages and the bitmap. No page is lost.
 */
#include <pthread.h>

#include "tests/support/regions_bench.h"

static void config_is_whole_and_the_same_in_every_state(void **state)
{
	struct bench *bench = *state;

	for (uint64_t in = 0; in < 4; in++) {
		assert_int_equal(put(bench, AT(device_state), in), 0);
		memset(map(bench, MIGCOMPAT_REGION_CONFIG), 0, sizeof(struct card_config));
		assert_int_equal(put(bench, AT(config.action), MIGCOMPAT_GET_BUFFER), 0);
		assert_int_equal(get(bench, AT(config.size)), sizeof(struct card_config));
		assert_memory_equal(map(bench, MIGCOMPAT_REGION_CONFIG), &bench->card.config,
				    sizeof(struct card_config));
	}
}

static void memory_is_whole_outside_logging(void **state)
{
	struct bench *bench = *state;

	for (uint64_t in = MIGCOMPAT_DEVICE_RUNNING; in <= MIGCOMPAT_DEVICE_STOPPED; in++) {
		assert_int_equal(put(bench, AT(device_state), in), 0);
		assert_int_equal(get(bench, AT(memory.total)), PAGES * PAGE);
		put(bench, AT(memory.size), 50 * PAGE);
		for (uint64_t at = 0; at < PAGES * PAGE; at += 50 * PAGE) {
			assert_int_equal(get(bench, AT(memory.position)), at);
			assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
			assert_memory_equal(map(bench, MIGCOMPAT_REGION_MEMORY),
					    bench->card.memory + at, 50 * PAGE);
		}
	}
}

static void in_logging_memory_is_what_became_dirty_since_it_was_got(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_dirty_record *records = map(bench, MIGCOMPAT_REGION_MEMORY);

	put(bench, AT(memory.size), 50 * PAGE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
	/* A write before LOGGING begins must not be lost either. */
	card_poke(&bench->card, 7 * PAGE + 1, 7);
	assert_int_equal(put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING), 0);
	card_poke(&bench->card, 199 * PAGE, 9);
	assert_int_equal(get(bench, AT(memory.total)), 2 * RECORD);
	assert_int_equal(next_records(bench), 2);
	assert_int_equal(record_number(&records[0]), 7);
	assert_memory_equal(records[0].page, bench->card.memory + 7 * PAGE, PAGE);
	assert_int_equal(record_number(&records[1]), 199);
	assert_int_equal(next_records(bench), 0);
	assert_int_equal(get(bench, AT(memory.total)), 0);
	card_poke(&bench->card, 3 * PAGE, 1);
	put(bench, AT(memory.position), 0);
	assert_int_equal(next_records(bench), 1);
}

static void a_round_goes_on_until_it_has_been_everywhere(void **state)
{
	struct bench *bench = *state;
	size_t seen = 0, n;

	put(bench, AT(device_state), MIGCOMPAT_DEVICE_STOPPED_LOGGING);
	while ((n = next_records(bench)) > 0) {
		const struct migcompat_dirty_record *records = map(bench, MIGCOMPAT_REGION_MEMORY);

		for (size_t i = 0; i < n; i++)
			assert_int_equal(record_number(&records[i]), seen++);
	}
	assert_int_equal(seen, PAGES);
	assert_int_equal(get(bench, AT(memory.position)), PAGES * PAGE);
}

/* It writes to a page while that is read, after the read: the copy is old, so the page must come
 * again. */
static void write_behind(struct card *card, uint64_t position)
{
	card_poke(card, position, (uint8_t)(card->memory[position] + 1));
}

static void a_page_that_is_written_while_it_is_read_comes_again(void **state)
{
	struct bench *bench = *state;

	bench->card.during_read = write_behind;
	put(bench, AT(memory.size), PAGE);
	for (uint64_t page = 0; page < PAGES; page++)
		assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
	put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	assert_int_equal(get(bench, AT(memory.total)), PAGES * RECORD);
	while (next_records(bench))
		;
	assert_int_equal(get(bench, AT(memory.total)), PAGES * RECORD);
	bench->card.during_read = NULL;
	put(bench, AT(memory.position), 0);
	while (next_records(bench))
		;
	assert_int_equal(get(bench, AT(memory.total)), 0);
}

static void the_bitmap_tells_each_dirty_page_of_system_memory_once(void **state)
{
	struct bench *bench = *state;
	const uint8_t *bitmap = map(bench, MIGCOMPAT_REGION_DIRTY);

	put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	migcompat_dirty_mark(bench->card.system, 0);
	migcompat_dirty_mark(bench->card.system, 9);
	migcompat_dirty_mark(bench->card.system, 20);
	put(bench, AT(dirty.start), 0);
	assert_int_equal(put(bench, AT(dirty.count), 20), 0);
	assert_int_equal(bitmap[0], 1);
	assert_int_equal(bitmap[1], 2);
	assert_int_equal(bitmap[2], 0);
	assert_int_equal(put(bench, AT(dirty.count), 20), 0);
	assert_int_equal(bitmap[0], 0);
	assert_int_equal(bitmap[1], 0);
	put(bench, AT(dirty.start), 16 * PAGE);
	assert_int_equal(put(bench, AT(dirty.count), 8), 0);
	assert_int_equal(bitmap[0], 16);
}

/* ---------------------------------------------------------------- marks */

static void marks_are_taken_lowest_first_and_within_bounds(void **state)
{
	uint64_t marks[3] = {0}, pages[8];

	(void)state;
	for (uint64_t page = 60; page < 70; page++)
		migcompat_dirty_mark(marks, page);
	migcompat_dirty_mark(marks, 130);
	assert_int_equal(migcompat_dirty_count(marks, 131), 11);
	assert_int_equal(migcompat_dirty_take(marks, 62, 4, pages, 8), 4);
	assert_int_equal(pages[0], 62);
	assert_int_equal(pages[3], 65);
	assert_int_equal(migcompat_dirty_take(marks, 0, 131, pages, 3), 3);
	assert_int_equal(pages[0], 60);
	assert_int_equal(pages[2], 66);
	assert_int_equal(migcompat_dirty_take(marks, 0, 130, pages, 8), 3);
	assert_int_equal(migcompat_dirty_take(marks, 130, 1, pages, 8), 1);
	assert_int_equal(migcompat_dirty_count(marks, 131), 0);
	assert_int_equal(migcompat_dirty_take(marks, 131, 0, pages, 8), 0);
}

static void bytes_mark_every_page_that_they_touch(void **state)
{
	uint64_t marks[1] = {0};

	(void)state;
	migcompat_dirty_mark_bytes(marks, PAGE - 1, 2);
	assert_int_equal(marks[0], 3);
	migcompat_dirty_mark_bytes(marks, 4 * PAGE, PAGE);
	assert_int_equal(marks[0], 3 | 1u << 4);
}

static void marks_of_few_pages_have_a_word(void **state)
{
	(void)state;
	assert_int_equal(MIGCOMPAT_DIRTY_WORDS(0), 0);
	assert_int_equal(MIGCOMPAT_DIRTY_WORDS(1), 1);
	assert_int_equal(MIGCOMPAT_DIRTY_WORDS(16), 1);
	assert_int_equal(MIGCOMPAT_DIRTY_WORDS(64), 1);
	assert_int_equal(MIGCOMPAT_DIRTY_WORDS(65), 2);
}

static void *write_on(void *arg)
{
	struct bench *bench = arg;
	uint64_t random = 1;

	while (!(__atomic_load_n(&bench->card.state, __ATOMIC_ACQUIRE) &
		 MIGCOMPAT_DEVICE_STOPPED)) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		card_poke(&bench->card, (random >> 32) % (PAGES * PAGE), (uint8_t)(random >> 24));
	}
	return NULL;
}

/* A copy made of the rounds alone equals the device in the end, with a thread that writes all the
 * time. */
static void no_page_is_lost_to_a_device_that_runs_beside(void **state)
{
	struct bench *bench = *state;
	const struct migcompat_dirty_record *records = map(bench, MIGCOMPAT_REGION_MEMORY);
	uint8_t *copy = card_bank(PAGES * PAGE);
	pthread_t thread;
	size_t n;

	assert_int_equal(pthread_create(&thread, NULL, write_on, bench), 0);
	put(bench, AT(memory.size), 50 * PAGE);
	for (uint64_t at = 0; at < PAGES * PAGE; at += 50 * PAGE) {
		assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
		memcpy(copy + at, records, 50 * PAGE);
	}
	for (int round = 0; round < 50; round++) {
		if (round == 49) {
			put(bench, AT(device_state), MIGCOMPAT_DEVICE_STOPPED_LOGGING);
			assert_int_equal(pthread_join(thread, NULL), 0);
		} else {
			put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
		}
		put(bench, AT(memory.position), 0);
		while ((n = next_records(bench)) > 0)
			for (size_t i = 0; i < n; i++)
				memcpy(copy + record_number(&records[i]) * PAGE, records[i].page,
				       PAGE);
	}
	assert_memory_equal(copy, bench->card.memory, PAGES * PAGE);
	munmap(copy, PAGES * PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(config_is_whole_and_the_same_in_every_state),
		TEST(memory_is_whole_outside_logging),
		TEST(in_logging_memory_is_what_became_dirty_since_it_was_got),
		TEST(a_round_goes_on_until_it_has_been_everywhere),
		TEST(a_page_that_is_written_while_it_is_read_comes_again),
		TEST(the_bitmap_tells_each_dirty_page_of_system_memory_once),
		cmocka_unit_test(marks_are_taken_lowest_first_and_within_bounds),
		cmocka_unit_test(marks_of_few_pages_have_a_word),
		cmocka_unit_test(bytes_mark_every_page_that_they_touch),
		TEST(no_page_is_lost_to_a_device_that_runs_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
