/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When scans are repeated, and that they end a worker too rarely for it to be parked. */
#include "core/service/kernel/retry_list.h"

#include "core/worker_client/restart.h"
#include "tests/support/test.h"

#define START_US 100000000u /* any time far from zero, as on real hosts */
#define STEP_US 125000u
#define HOUR_US 3600000000u
#define DEVICES 40u
#define ENDS_MAX 3u /* of a worker, by scans, in a minute */

static void failed_scan_is_repeated_and_later_each_time(void **state)
{
	uint64_t now = START_US, before = 0;
	struct retry retry = {0};

	(void)state;
	for (int i = 0; i < 20; i++) {
		retry_failed(&retry, false, now);
		assert_true(retry.due_us - now >= before);
		before = retry.due_us - now;
		now = retry.due_us;
	}
	assert_int_equal(before, RETRY_MOST_US);
}

static void first_repetition_is_soon(void **state)
{
	struct retry retry = {0};

	(void)state;
	retry_failed(&retry, true, START_US);
	assert_int_equal(retry.due_us - START_US, RETRY_FIRST_US);
}

static void device_that_was_put_aside_is_due_at_once(void **state)
{
	struct retry retry = {0};

	(void)state;
	retry_skipped(&retry, START_US);
	assert_int_equal(retry.due_us, START_US);
}

static void device_that_was_put_aside_keeps_the_time_of_its_own_failure(void **state)
{
	struct retry retry = {0};
	uint64_t due;

	(void)state;
	retry_failed(&retry, true, START_US);
	due = retry.due_us;
	retry_skipped(&retry, START_US + 1);
	assert_int_equal(retry.due_us, due);
}

static void changed_device_is_due_unless_it_ended_the_worker(void **state)
{
	struct retry failed = {0}, ended = {0};

	(void)state;
	retry_failed(&failed, false, START_US);
	retry_failed(&ended, true, START_US);
	retry_changed(&failed);
	retry_changed(&ended);
	assert_int_equal(failed.due_us, 0);
	assert_int_not_equal(ended.due_us, 0);
}

static void backend_is_scanned_less_often_the_more_scans_end_its_worker(void **state)
{
	uint64_t now = START_US, before = 0;
	struct backend_pace pace = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		pace_ended(&pace, now);
		assert_true(pace.next_us - now > before);
		before = pace.next_us - now;
		now = pace.next_us;
	}
	assert_int_equal(before, RETRY_QUIET_US);
}

static void good_minute_makes_the_next_end_the_first(void **state)
{
	struct backend_pace pace = {0}, first = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		pace_ended(&pace, START_US);
	pace_ended(&pace, START_US + RETRY_QUIET_US);
	pace_ended(&first, START_US + RETRY_QUIET_US);
	assert_int_equal(pace.next_us, first.next_us);
}

/* ---------------------------------------------------------------- one backend */

struct play {
	struct attachment_table table;
	struct retry_list retries;
	struct restart worker;
	uint64_t now;
	unsigned looks; /* scans of devices that do not end the worker */
	unsigned ends;
	uint64_t ended[ENDS_MAX]; /* times of the last ends */
};

/* Each scan of the first devices ends the worker. */
static struct play play_make(void)
{
	struct play play = {.now = START_US};
	struct attachment *attachment;
	char id[16];

	restart_began(&play.worker, play.now * 1000);
	for (unsigned i = 0; i < DEVICES; i++) {
		snprintf(id, sizeof(id), "device-%u", i);
		assert_int_equal(attachment_add(&play.table, i + 1, id, false, &attachment), 0);
		assert_int_equal(attachment_set_backend(attachment, "backend"), 0);
		retry_skipped(&attachment->retry, play.now);
	}
	return play;
}

static void play_free(struct play *play)
{
	retry_list_free(&play->retries);
	attachment_table_free(&play->table);
}

/* As attachment_scan.c does it. */
static enum scan_outcome look(struct play *play, const struct attachment *attachment, unsigned bad,
			      bool *resting)
{
	if (*resting || retry_list_waits(&play->retries, attachment, "backend", play->now))
		return SCAN_SKIPPED;
	if (play->worker.count && !restart_due(&play->worker, play->now * 1000))
		return SCAN_BUSY;
	if (play->worker.next)
		restart_began(&play->worker, play->now * 1000);
	play->worker.next = 0;
	if (attachment->number > bad) {
		play->looks++;
		return SCAN_ANSWERED;
	}
	if (play->ends >= ENDS_MAX)
		assert_true(play->now - play->ended[play->ends % ENDS_MAX] >= RETRY_QUIET_US);
	play->ended[play->ends++ % ENDS_MAX] = play->now;
	restart_ended(&play->worker, play->now * 1000);
	return SCAN_ENDED;
}

/* all: constant events cause scans of all devices. */
static void live(struct play *play, unsigned bad, bool all, uint64_t until)
{
	for (; play->now < until; play->now += STEP_US) {
		struct attachment *attachment;
		bool resting = false;
		size_t at = 0;

		while (all ? at < play->table.count
			   : (attachment = retry_list_due(&play->retries, &play->table, &at,
							  play->now)) != NULL) {
			enum scan_outcome outcome;

			if (all)
				attachment = play->table.list[at++];
			outcome = look(play, attachment, bad, &resting);
			resting |= outcome == SCAN_BUSY || outcome == SCAN_ENDED;
			retry_list_backend(&play->retries, "backend", outcome, play->now);
			retry_list_device(attachment, outcome, play->now);
		}
	}
}

static void device_that_ends_the_worker_keeps_no_other_from_its_answer(void **state)
{
	struct play play = play_make();

	(void)state;
	live(&play, 1, false, play.now + 5 * RETRY_FIRST_US);
	assert_int_equal(play.looks, DEVICES - 1);
	play_free(&play);
}

static void devices_that_end_the_worker_never_have_it_parked(void **state)
{
	(void)state;
	for (unsigned bad = 1; bad <= DEVICES; bad += 13) {
		struct play play = play_make();

		live(&play, bad, false, play.now + HOUR_US);
		assert_false(play.worker.parked);
		assert_in_range(play.ends, 2, 240);
		play_free(&play);
	}
}

static void events_without_end_do_not_have_it_parked(void **state)
{
	struct play play = play_make();

	(void)state;
	live(&play, 7, true, play.now + HOUR_US);
	assert_false(play.worker.parked);
	play_free(&play);
}

static void device_that_always_ends_the_worker_is_scanned_ever_less_often(void **state)
{
	struct play play = play_make();
	unsigned first, second;

	(void)state;
	live(&play, 1, false, play.now + HOUR_US);
	first = play.ends;
	live(&play, 1, false, play.now + HOUR_US);
	second = play.ends - first;
	assert_in_range(first, 2, 15);
	assert_in_range(second, 1, 7);
	play_free(&play);
}

static void time_of_the_next_scan_is_known(void **state)
{
	struct play play = play_make();

	(void)state;
	assert_int_equal(retry_list_next(&play.retries, &play.table), play.now);
	retry_list_backend(&play.retries, "backend", SCAN_BUSY, play.now);
	assert_int_equal(retry_list_next(&play.retries, &play.table), play.now + RETRY_BUSY_US);
	for (unsigned i = 0; i < DEVICES; i++)
		retry_list_device(play.table.list[i], SCAN_ANSWERED, play.now);
	assert_int_equal(retry_list_next(&play.retries, &play.table), UINT64_MAX);
	play_free(&play);
}

static void other_backends_are_not_slowed_down(void **state)
{
	struct play play = play_make();

	(void)state;
	retry_list_backend(&play.retries, "other", SCAN_ENDED, play.now);
	assert_false(retry_list_waits(&play.retries, play.table.list[0], "backend", play.now));
	assert_true(retry_list_waits(&play.retries, NULL, "other", play.now));
	play_free(&play);
}

static void reload_makes_all_devices_due(void **state)
{
	struct play play = play_make();

	(void)state;
	retry_list_backend(&play.retries, "backend", SCAN_ENDED, play.now);
	retry_list_device(play.table.list[0], SCAN_ENDED, play.now);
	retry_list_forget(&play.retries, &play.table);
	assert_false(retry_list_waits(&play.retries, play.table.list[0], "backend", play.now));
	assert_int_equal(retry_list_next(&play.retries, &play.table), UINT64_MAX);
	play_free(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_scan_is_repeated_and_later_each_time),
		cmocka_unit_test(first_repetition_is_soon),
		cmocka_unit_test(device_that_was_put_aside_is_due_at_once),
		cmocka_unit_test(device_that_was_put_aside_keeps_the_time_of_its_own_failure),
		cmocka_unit_test(changed_device_is_due_unless_it_ended_the_worker),
		cmocka_unit_test(backend_is_scanned_less_often_the_more_scans_end_its_worker),
		cmocka_unit_test(good_minute_makes_the_next_end_the_first),
		cmocka_unit_test(device_that_ends_the_worker_keeps_no_other_from_its_answer),
		cmocka_unit_test(devices_that_end_the_worker_never_have_it_parked),
		cmocka_unit_test(events_without_end_do_not_have_it_parked),
		cmocka_unit_test(device_that_always_ends_the_worker_is_scanned_ever_less_often),
		cmocka_unit_test(time_of_the_next_scan_is_known),
		cmocka_unit_test(other_backends_are_not_slowed_down),
		cmocka_unit_test(reload_makes_all_devices_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
