/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving one device and loading another one from the file. */
#include <endian.h>

#include "core/state/writer.h"
#include "tests/support/state_bench.h"

static int setup_bare(void **state)
{
	return setup_with(state, 0, 0);
}

static int setup_still(void **state)
{
	return setup_with(state, PAGES, 0);
}

static int setup_page(void **state)
{
	return setup_with(state, 1, LOGGING);
}

static void a_loaded_device_equals_the_saved_one(void **state)
{
	struct bench *bench = *state;
	struct save_report report = save(bench);

	assert_int_equal(report.memory_bytes, bench->source.card.info.memory_size);
	assert_int_equal(report.config_bytes, sizeof(struct card_config));
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_STOPPED);
}

static void a_file_begins_with_its_version_string_as_a_line(void **state)
{
	struct bench *bench = *state;

	save(bench);
	assert_memory_equal(bench->tape.bytes, STATE_STRING "\n", strlen(STATE_STRING) + 1);
}

static void a_device_may_run_on_after_a_save_and_run_after_a_load(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct load_options to_run = load_plain;

	options.run_on = true;
	to_run.run = true;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), 0);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(side_load(&bench->target, &bench->tape, &to_run, &bench->err), 0);
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

static void a_stopped_device_is_saved_in_one_go_and_stays_stopped(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	save(bench);
	bench->tape.len = 0;
	options.run_on = true;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(report.rounds, 0);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void rounds_end_at_their_limit(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	options.progress = keep_writing;
	options.arg = &bench->source.card;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(report.rounds, 3);
	assert_int_equal(report.dirty_bytes, 4 * 20 * sizeof(struct migcompat_dirty_record));
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void rounds_end_when_little_enough_is_left(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	options.progress = keep_writing;
	options.arg = &bench->source.card;
	options.rest_max = 20 * sizeof(struct migcompat_dirty_record);
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(report.rounds, 0);
	assert_int_equal(report.stopped_bytes, options.rest_max + sizeof(struct card_config));
}

static int stop_at_once(void *arg, const struct save_progress *progress)
{
	(void)arg;
	return progress->phase == SAVE_WHOLE;
}

static void a_cancelled_save_leaves_the_device_running(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.progress = stop_at_once;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -ECANCELED);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(load(bench), -EBADMSG);
}

static void write_when_stopped(struct card *card, uint64_t position)
{
	if (card->state & MIGCOMPAT_DEVICE_STOPPED)
		card_poke(card, position, 1);
}

static int poke_once(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	if (progress->phase == SAVE_WHOLE && progress->rest == 0)
		card_poke(card, 0, 9);
	return 0;
}

static void a_device_that_changes_while_it_is_stopped_is_told(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.progress = poke_once;
	options.arg = &bench->source.card;
	options.rounds_max = 0;
	bench->source.card.during_read = write_when_stopped;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -EIO);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

static void info_for_people_is_passed_over(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.info = "host=a\ndevice=x\n";
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), 0);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void what_is_too_long_for_a_file_is_not_begun(void **state)
{
	static char longest[MIGCOMPAT_STRING_MAX + 1], info[FORMAT_PAYLOAD_MAX + 2];
	struct bench *bench = *state;
	struct save_options options = save_plain();

	memset(longest, 'x', sizeof(longest));
	options.version = longest;
	options.version_len = sizeof(longest);
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -E2BIG);
	options = save_plain();
	memset(info, 'x', sizeof(info) - 1);
	options.info = info;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -E2BIG);
	assert_int_equal(bench->tape.len, 0);
}

static void a_target_that_was_stopped_stays_stopped(void **state)
{
	struct bench *bench = *state;
	struct migcompat_control control;

	save(bench);
	bench->tape.len -= 10;
	assert_int_equal(port_run(bench->target.port,
				  (struct state_write[]){
					  {STATE_FIELD(version), 1},
					  {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED}},
				  2, false, &control, NULL),
			 0);
	refused(bench, -EBADMSG, "ends");
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_STOPPED);
}

/* Every later release reads the file of an earlier one: format 1, with info, zeros, dirty pages
 * and a config. */
static void a_file_of_format_1_is_read_for_ever(void **state)
{
	FILE *file = fopen(TEST_SOURCE "/tests/fuzz/seeds/state/file", "re");
	struct tape tape = {0};
	struct error err = {0};
	char bytes[4096];
	struct side target;
	size_t n;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fgetc(file), 0); /* to the fuzzer: as it is */
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		tape_write(&tape, bytes, n);
	fclose(file);
	side_make(&target, 2, MIGCOMPAT_CAP_LOGGING, 3);
	if (side_load(&target, &tape, &load_plain, &err))
		fail_msg("%s", err.text);
	assert_int_equal(target.card.memory[5000], 1);
	assert_int_equal(target.card.config.registers[0], 0);
	side_free(&target);
	tape_free(&tape);
}

/* Records that the target's region cannot hold, or that it cannot log, are refused unread. */
static void dirty_pages_that_the_target_does_not_take_are_refused(void **state)
{
	static const char records[2 * sizeof(struct migcompat_dirty_record)];
	struct bench *bench = *state;
	const struct state_transport to = tape_transport(&bench->tape);
	const struct format_head head = {.content = FORMAT_REGIONS,
					 .memory_size = bench->target.card.info.memory_size};
	const struct format_zeros zeros = {htole64(head.memory_size)};
	struct state_writer writer;

	assert_int_equal(
		writer_begin(&writer, &to, STATE_STRING, strlen(STATE_STRING), &head, NULL), 0);
	assert_int_equal(writer_record(&writer, RECORD_ZEROS, 0, &zeros, sizeof(zeros), NULL), 0);
	assert_int_equal(writer_record(&writer, RECORD_DIRTY, 1, records, sizeof(records), NULL),
			 0);
	refused(bench, -EINVAL, "dirty pages, which the target does not take");
}

static void a_load_may_be_given_up_between_records(void **state)
{
	struct bench *bench = *state;
	const struct state_transport from = tape_transport(&bench->tape);
	struct snapshot before = snapshot_take(&bench->target.card);
	struct state_load give_up;

	save(bench);
	assert_int_equal(
		state_load_begin(&give_up, bench->target.port, &from, &load_plain, &bench->err), 0);
	assert_int_equal(state_load_step(&give_up, &bench->err), 1);
	assert_true(bench->target.card.staging);
	state_load_end(&give_up);
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_loaded_device_equals_the_saved_one),
		{"a_loaded_device_equals_the_saved_one: no memory",
		 a_loaded_device_equals_the_saved_one, setup_bare, teardown, NULL},
		{"a_loaded_device_equals_the_saved_one: no logging",
		 a_loaded_device_equals_the_saved_one, setup_still, teardown, NULL},
		{"a_loaded_device_equals_the_saved_one: one page",
		 a_loaded_device_equals_the_saved_one, setup_page, teardown, NULL},
		TEST(a_file_begins_with_its_version_string_as_a_line),
		TEST(a_device_may_run_on_after_a_save_and_run_after_a_load),
		TEST(a_stopped_device_is_saved_in_one_go_and_stays_stopped),
		TEST(rounds_end_at_their_limit),
		TEST(rounds_end_when_little_enough_is_left),
		TEST(a_cancelled_save_leaves_the_device_running),
		TEST(a_device_that_changes_while_it_is_stopped_is_told),
		TEST(info_for_people_is_passed_over),
		TEST(what_is_too_long_for_a_file_is_not_begun),
		TEST(a_target_that_was_stopped_stays_stopped),
		cmocka_unit_test(a_file_of_format_1_is_read_for_ever),
		{"dirty pages for a target of one page",
		 dirty_pages_that_the_target_does_not_take_are_refused, setup_page, teardown, NULL},
		{"dirty pages for a target that logs nothing",
		 dirty_pages_that_the_target_does_not_take_are_refused, setup_still, teardown,
		 NULL},
		TEST(a_load_may_be_given_up_between_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
