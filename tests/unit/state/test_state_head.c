/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State files with correct sums that break one rule of the head or of the end. After a refusal the
 * reader reads nothing. */
#include <endian.h>

#include "core/state/reader.h"
#include "core/state/sum.h"
#include "core/state/survey.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#define STRING "card:physical:plain:1;x"

struct file {
	struct tape tape;
	struct state_transport from;
	uint64_t chain;
	uint64_t number;
};

static const struct format_head sound = {
	.magic = FORMAT_MAGIC, .version = 1, .content = FORMAT_STREAM, .page_size = 4096};

static int setup(void **state)
{
	struct file *file = calloc(1, sizeof(*file));

	assert_non_null(file);
	file->from = tape_transport(&file->tape);
	*state = file;
	return 0;
}

static int teardown(void **state)
{
	struct file *file = *state;

	tape_free(&file->tape);
	free(file);
	return 0;
}

static void begin(struct file *file)
{
	tape_rewind(&file->tape);
	file->tape.len = 0;
	file->number = 0;
	file->chain = state_sum(STRING "\n", strlen(STRING) + 1, 0);
	tape_write(&file->tape, STRING "\n", strlen(STRING) + 1);
}

static void put(struct file *file, uint32_t type, uint32_t flags, uint64_t position,
		const void *payload, size_t size)
{
	struct format_record record = {.type = htole32(type),
				       .flags = htole32(flags),
				       .number = htole64(file->number++),
				       .size = htole64(size),
				       .position = htole64(position),
				       .payload_sum = htole64(state_sum(payload, size, 0))};

	file->chain = state_sum(&record, offsetof(struct format_record, sum), file->chain);
	record.sum = htole64(file->chain);
	tape_write(&file->tape, &record, sizeof(record));
	tape_write(&file->tape, payload, size);
}

/* The file is refused with that errno and sentence. */
static void refused(struct file *file, int expected, const char *part)
{
	struct survey survey;
	struct error err = {0};

	tape_rewind(&file->tape);
	assert_int_equal(survey_run(&survey, &file->from, &err), 0);
	assert_true(survey.is_state);
	assert_false(survey.sound);
	assert_int_equal(survey.refused, expected);
	assert_contains(survey.reason.text, part);
	survey_free(&survey);
}

static void with_head(struct file *file, struct format_head head, int expected, const char *part)
{
	begin(file);
	put(file, RECORD_HEAD, 0, 0, &head, sizeof(head));
	refused(file, expected, part);
}

static void a_head_of_another_format_is_refused_by_its_version(void **state)
{
	struct format_head head = sound;

	head.version = 2;
	with_head(*state, head, -EPROTONOSUPPORT, "format 2");
	head.version = 0;
	with_head(*state, head, -EPROTONOSUPPORT, "format 0");
	head = sound;
	head.content = 3;
	with_head(*state, head, -EPROTONOSUPPORT, "content 3");
	head.content = 0;
	with_head(*state, head, -EPROTONOSUPPORT, "content 0");
}

static void a_head_that_makes_no_sense_is_refused(void **state)
{
	struct format_head head = sound;

	head.magic[7]++;
	with_head(*state, head, -EBADMSG, "none that a state file begins with");
	head = sound;
	head.page_size = 65536;
	with_head(*state, head, -EBADMSG, "pages of 65536");
	head = sound;
	head.memory_size = 4096; /* of a stream */
	with_head(*state, head, -EBADMSG, "4096 bytes of memory");
}

/* The head is read into a page, so a longer one must be refused before. */
static void a_first_record_that_is_no_head_is_refused(void **state)
{
	static const struct {
		uint32_t type, flags;
		size_t size;
	} wrong[] = {
		{RECORD_STREAM, 0, sizeof(sound)},
		{RECORD_INFO, RECORD_OPTIONAL, sizeof(sound)},
		{99, RECORD_OPTIONAL, sizeof(sound)},
		{RECORD_HEAD, RECORD_OPTIONAL, sizeof(sound)},
		{RECORD_HEAD, 0, sizeof(sound) - 1},
		{RECORD_HEAD, 0, 0},
		{RECORD_HEAD, 0, 4097},
		{RECORD_HEAD, 0, FORMAT_PAYLOAD_MAX},
	};
	static char payload[FORMAT_PAYLOAD_MAX];

	memcpy(payload, &sound, sizeof(sound));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		begin(*state);
		put(*state, wrong[i].type, wrong[i].flags, 0, payload, wrong[i].size);
		refused(*state, -EBADMSG, "its first record is none that a state file begins with");
	}
}

/* Head and end may have more members while the format's version is the same. */
static void a_longer_head_and_a_longer_end_are_taken(void **state)
{
	struct file *file = *state;
	struct format_end end = {htole64(2), htole64(4096 + 4)};
	char payload[4096] = "";
	struct survey survey;
	struct error err = {0};

	begin(file);
	memcpy(payload, &sound, sizeof(sound));
	put(file, RECORD_HEAD, 0, 0, payload, sizeof(payload));
	put(file, RECORD_STREAM, 0, 0, "abcd", 4);
	memcpy(payload, &end, sizeof(end));
	put(file, RECORD_END, 0, 0, payload, sizeof(payload));
	tape_rewind(&file->tape);
	assert_int_equal(survey_run(&survey, &file->from, &err), 0);
	assert_true(survey.sound);
	survey_free(&survey);
}

static void an_end_that_is_none_is_refused(void **state)
{
	static const size_t sizes[] = {0, sizeof(struct format_end) - 1, 4097, FORMAT_PAYLOAD_MAX};
	static char payload[FORMAT_PAYLOAD_MAX];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(*state);
		put(*state, RECORD_HEAD, 0, 0, &sound, sizeof(sound));
		put(*state, RECORD_STREAM, 0, 0, "abcd", 4);
		put(*state, RECORD_END, 0, 0, payload, sizes[i]);
		refused(*state, -EBADMSG, "record 2 is no end");
	}
}

static void a_stream_without_bytes_or_out_of_order_is_refused(void **state)
{
	begin(*state);
	put(*state, RECORD_HEAD, 0, 0, &sound, sizeof(sound));
	put(*state, RECORD_STREAM, 0, 0, "", 0);
	refused(*state, -EBADMSG, "record 1 is empty");
	begin(*state);
	put(*state, RECORD_HEAD, 0, 0, &sound, sizeof(sound));
	put(*state, RECORD_STREAM, 0, 4, "abcd", 4);
	refused(*state, -EBADMSG, "not the part of the stream that is next");
}

static void a_reader_reads_nothing_behind_a_refusal(void **state)
{
	struct file *file = *state;
	const struct error reason = {.text = "not today"};
	struct format_record record = {.size = 4};
	struct state_reader reader;
	struct error err = {0};
	char payload[4];
	size_t at;

	begin(file);
	put(file, RECORD_HEAD, 0, 0, &sound, sizeof(sound));
	put(file, RECORD_STREAM, 0, 0, "abcd", 4);
	assert_int_equal(reader_begin(&reader, &file->from, &err), 0);
	at = file->tape.at;
	assert_int_equal(reader_refuse(&reader, -EINVAL, &reason), -EINVAL);
	assert_int_equal(reader_head(&reader, &err), -EINVAL);
	assert_int_equal(reader_next(&reader, &record, &err), -EINVAL);
	assert_int_equal(reader_payload(&reader, &record, payload, &err), -EINVAL);
	assert_int_equal(reader_skip(&reader, &record, &err), -EINVAL);
	assert_string_equal(err.text, "not today");
	assert_int_equal(file->tape.at, at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_head_of_another_format_is_refused_by_its_version),
		TEST(a_head_that_makes_no_sense_is_refused),
		TEST(a_first_record_that_is_no_head_is_refused),
		TEST(a_longer_head_and_a_longer_end_are_taken),
		TEST(an_end_that_is_none_is_refused),
		TEST(a_stream_without_bytes_or_out_of_order_is_refused),
		TEST(a_reader_reads_nothing_behind_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
