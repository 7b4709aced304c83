/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Surveys of state files and of other bytes. */
#include "core/state/survey.h"

#include "core/state/sum.h"
#include "core/state/writer.h"
#include "tests/support/state.h"
#include "tests/support/stream.h"

#define STRING "card:physical:plain:1;x"
#define INFO "device=x\nhost=a\n"
#define STREAM_SIZE (MIGCOMPAT_STREAM_HEAD + 5000)

static struct tape tape;
static struct survey survey;
static struct error err;
static uint8_t stream[STREAM_SIZE];

static int setup(void **state)
{
	(void)state;
	memset(&tape, 0, sizeof(tape));
	memset(&survey, 0, sizeof(survey));
	for (size_t i = 0; i < sizeof(stream); i++)
		stream[i] = (uint8_t)(i * 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	survey_free(&survey);
	tape_free(&tape);
	return 0;
}

/* A file with a driver's stream in two records. */
static void write_stream(void)
{
	const struct state_transport to = tape_transport(&tape);
	const struct format_head head = {.content = FORMAT_STREAM, .migration_flags = 5};
	struct state_writer writer;

	assert_int_equal(writer_begin(&writer, &to, STRING, strlen(STRING), &head, &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_INFO, 0, INFO, strlen(INFO), &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_STREAM, 0, stream, 100, &err), 0);
	assert_int_equal(
		writer_record(&writer, RECORD_STREAM, 100, stream + 100, STREAM_SIZE - 100, &err),
		0);
	assert_int_equal(writer_end(&writer, &err), 0);
}

static int look(void)
{
	const struct state_transport from = tape_transport(&tape);

	survey_free(&survey);
	tape.at = tape.calls = 0;
	return survey_run(&survey, &from, &err);
}

static void a_sound_file_is_told_with_what_is_in_it(void **state)
{
	(void)state;
	write_stream();
	assert_int_equal(look(), 0);
	assert_true(survey.is_state);
	assert_true(survey.sound);
	assert_string_equal(survey.reason.text, "");
	assert_string_equal(survey.reader.version, STRING);
	assert_int_equal(survey.reader.head.content, FORMAT_STREAM);
	assert_int_equal(survey.counts[RECORD_STREAM].records, 2);
	assert_int_equal(survey.counts[RECORD_STREAM].bytes, STREAM_SIZE);
	assert_int_equal(survey.counts[RECORD_INFO].records, 1);
	assert_int_equal(survey.stream_size, STREAM_SIZE);
}

static void the_sum_of_the_stream_does_not_depend_on_its_records(void **state)
{
	const struct format_head head = {.content = FORMAT_STREAM};
	const struct state_transport to = tape_transport(&tape);
	struct state_writer writer;
	uint64_t sum;

	(void)state;
	write_stream();
	assert_int_equal(look(), 0);
	sum = survey.stream_sum;
	tape.len = 0;
	assert_int_equal(writer_begin(&writer, &to, STRING, strlen(STRING), &head, &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_STREAM, 0, stream, STREAM_SIZE, &err), 0);
	assert_int_equal(writer_end(&writer, &err), 0);
	assert_int_equal(look(), 0);
	assert_int_equal(survey.stream_sum, sum);
	stream[5]++;
	tape.len = 0;
	write_stream();
	assert_int_equal(look(), 0);
	assert_int_not_equal(survey.stream_sum, sum);
}

static void the_beginning_of_the_stream_is_kept_and_no_more(void **state)
{
	(void)state;
	write_stream();
	assert_int_equal(look(), 0);
	assert_int_equal(survey.head_len, MIGCOMPAT_STREAM_HEAD);
	assert_memory_equal(survey.head, stream, MIGCOMPAT_STREAM_HEAD);
}

static void lines_that_are_too_long_or_have_no_end_are_left_out(void **state)
{
	const struct state_transport to = tape_transport(&tape);
	const struct format_head head = {.content = FORMAT_STREAM};
	static char line[SURVEY_INFO_MAX + 2];
	struct state_writer writer;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(writer_begin(&writer, &to, STRING, strlen(STRING), &head, &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_INFO, 0, "a=1\nb", 5, &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_INFO, 0, line, sizeof(line), &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_INFO, 0, "c=\0\n", 4, &err), 0);
	assert_int_equal(writer_record(&writer, RECORD_STREAM, 0, stream, 1, &err), 0);
	assert_int_equal(writer_end(&writer, &err), 0);
	assert_int_equal(look(), 0);
	assert_true(survey.sound);
	assert_string_equal(survey.info, "a=1\n");
}

static void a_file_that_is_cut_anywhere_is_not_sound(void **state)
{
	(void)state;
	write_stream();
	for (size_t whole = tape.len, cut = 0; cut < whole;
	     cut += cut < 400 || cut > whole - 400 ? 1 : 997) {
		tape.len = cut;
		assert_int_equal(look(), 0);
		assert_false(survey.sound);
		assert_int_equal(survey.refused, -EBADMSG);
		assert_contains(survey.reason.text, "tape: it ");
	}
}

static void a_file_with_any_bit_flipped_is_not_sound(void **state)
{
	(void)state;
	write_stream();
	for (size_t at = 0; at < tape.len; at += at < 400 || at > tape.len - 400 ? 1 : 997) {
		tape.bytes[at] ^= 4;
		assert_int_equal(look(), 0);
		if (survey.sound)
			fail_msg("bit flipped in byte %zu", at);
		tape.bytes[at] ^= 4;
	}
}

static void regions_are_told_with_their_memory(void **state)
{
	const struct save_options options = save_plain();
	struct side side;

	(void)state;
	side_make(&side, 3, MIGCOMPAT_CAP_LOGGING, 1);
	assert_int_equal(side_save(&side, &tape, &options, NULL), 0);
	assert_int_equal(look(), 0);
	assert_true(survey.sound);
	assert_int_equal(survey.reader.head.content, FORMAT_REGIONS);
	assert_int_equal(survey.reader.head.memory_size, 3 * 4096);
	assert_int_equal(survey.head_len, 0);
	side_free(&side);
}

static void what_is_no_state_file_is_kept_as_far_as_anybody_looks(void **state)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, 1, 0, 2, 0);

	(void)state;
	tape_write(&tape, bytes, len);
	assert_int_equal(look(), 0);
	assert_false(survey.is_state);
	assert_false(survey.sound);
	assert_int_equal(survey.head_len, len);
	assert_memory_equal(survey.head, bytes, len);
	assert_int_equal(survey.stream_size, len);
	assert_int_equal(survey.stream_sum, state_sum(bytes, len, 0));
	tape_write(&tape, stream, sizeof(stream));
	assert_int_equal(look(), 0);
	assert_int_equal(survey.head_len, MIGCOMPAT_STREAM_HEAD);
	assert_int_equal(survey.stream_size, 0); /* it goes on */
	assert_false(survey.stream_summed);
	assert_true(tape.at < MIGCOMPAT_STREAM_HEAD + 4096);
}

static void an_empty_file_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(look(), 0);
	assert_false(survey.is_state);
	assert_int_equal(survey.head_len, 0);
}

static void what_cannot_be_read_is_no_answer(void **state)
{
	(void)state;
	write_stream();
	tape.fault = TAPE_EIO;
	for (tape.fault_at = 0; tape.fault_at < strlen(STRING) + 8; tape.fault_at++) {
		assert_int_equal(look(), -EIO);
		assert_contains(err.text, "tape: could not be read: Input/output error");
	}
}

static void interruptions_and_short_reads_change_nothing(void **state)
{
	(void)state;
	write_stream();
	for (tape.fault = TAPE_SHORT; tape.fault <= TAPE_EINTR; tape.fault++) {
		for (tape.fault_at = 0; tape.fault_at < 40; tape.fault_at++) {
			assert_int_equal(look(), 0);
			assert_true(survey.sound);
			assert_int_equal(survey.stream_size, STREAM_SIZE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sound_file_is_told_with_what_is_in_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			the_sum_of_the_stream_does_not_depend_on_its_records, setup, teardown),
		cmocka_unit_test_setup_teardown(the_beginning_of_the_stream_is_kept_and_no_more,
						setup, teardown),
		cmocka_unit_test_setup_teardown(lines_that_are_too_long_or_have_no_end_are_left_out,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_cut_anywhere_is_not_sound, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_with_any_bit_flipped_is_not_sound, setup,
						teardown),
		cmocka_unit_test_setup_teardown(regions_are_told_with_their_memory, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_state_file_is_kept_as_far_as_anybody_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_file_is_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(interruptions_and_short_reads_change_nothing, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
