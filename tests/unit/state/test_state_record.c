/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files made record by record with correct sums: each rule of the format, kept and broken. */
#include "core/state/sum.h"
#include "core/state/writer.h"
#include "tests/support/state_bench.h"

struct script {
	struct state_transport to;
	struct state_writer writer;
	struct bench *bench;
};

static char payload[FORMAT_PAYLOAD_MAX + PAGE];

static struct script script_begin(struct bench *bench, uint64_t memory_size)
{
	const struct format_head head = {.content = FORMAT_REGIONS, .memory_size = memory_size};
	struct script script = {.bench = bench};

	bench->tape.len = 0;
	memset(payload, 0, sizeof(payload));
	script.to = tape_transport(&bench->tape);
	assert_int_equal(writer_begin(&script.writer, &script.to, STATE_STRING,
				      strlen(STATE_STRING), &head, NULL),
			 0);
	return script;
}

static void add(struct script *script, uint32_t type, uint64_t position, size_t size)
{
	script->writer.to = &script->to;
	assert_int_equal(writer_record(&script->writer, (enum record_type)type, position, payload,
				       size, NULL),
			 0);
}

static void add_zeros(struct script *script, uint64_t position, uint64_t len)
{
	const struct format_zeros zeros = {len};

	memset(payload, 0, sizeof(payload));
	memcpy(payload, &zeros, sizeof(zeros));
	add(script, RECORD_ZEROS, position, sizeof(zeros));
	memset(payload, 0, sizeof(zeros));
}

static void add_memory(struct script *script)
{
	for (uint64_t at = 0; at < PAGES * PAGE; at += 50 * PAGE)
		add(script, RECORD_MEMORY, at, 50 * PAGE);
}

static void add_config(struct script *script)
{
	const struct card_config config = {.magic = CARD_MAGIC, .size = sizeof(config)};

	memcpy(payload, &config, sizeof(config));
	add(script, RECORD_CONFIG, 0, sizeof(config));
}

static void finish(struct script *script)
{
	script->writer.to = &script->to;
	assert_int_equal(writer_end(&script->writer, NULL), 0);
}

static void a_file_made_by_hand_is_taken(void **state)
{
	struct script script = script_begin(*state, PAGES * PAGE);

	add_memory(&script);
	add(&script, RECORD_DIRTY, 1, 2 * sizeof(struct migcompat_dirty_record));
	add_config(&script);
	finish(&script);
	assert_int_equal(load(*state), 0);
}

static void memory_that_is_missing_repeated_or_out_of_order_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	add_config(&script);
	refused(bench, -EBADMSG, "config");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 50 * PAGE, 50 * PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_MEMORY, PAGES * PAGE, PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 0, PAGE / 2);
	refused(bench, -EBADMSG, "whole pages");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "dirty");
}

static void zeros_stand_where_memory_may(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_zeros(&script, 0, PAGE);
	add(&script, RECORD_MEMORY, PAGE, PAGE);
	add_zeros(&script, 2 * PAGE, (PAGES - 2) * PAGE);
	add_config(&script);
	finish(&script);
	tape_rewind(&bench->tape);
	assert_int_equal(load(bench), 0);
	for (size_t i = 0; i < PAGES * PAGE; i++)
		assert_int_equal(bench->target.card.memory[i], 0);
}

static void zeros_that_fit_nowhere_are_refused(void **state)
{
	static const uint64_t lens[] = {
		0, 1, PAGE + 1, (PAGES + 1) * PAGE, UINT64_MAX, UINT64_MAX - PAGE + 1};
	struct bench *bench = *state;
	struct script script;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		script = script_begin(bench, PAGES * PAGE);
		add_zeros(&script, 0, lens[i]);
		refused(bench, -EBADMSG, "memory");
	}
	script = script_begin(bench, PAGES * PAGE);
	add_zeros(&script, PAGE, PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_ZEROS, 0, 7);
	refused(bench, -EBADMSG, "zeros");
	script = script_begin(bench, PAGES * PAGE);
	add_zeros(&script, 0, PAGES * PAGE);
	add_zeros(&script, PAGES * PAGE, PAGE);
	refused(bench, -EBADMSG, "memory");
}

static void memory_that_is_zero_takes_no_room(void **state)
{
	struct bench *bench = *state;

	memset(bench->source.card.memory, 0, PAGES * PAGE);
	save(bench);
	assert_true(bench->tape.len < PAGE);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
	bench->source.card.memory[PAGES * PAGE - 1] = 1;
	bench->source.card.state = MIGCOMPAT_DEVICE_RUNNING;
	bench->tape.len = 0;
	tape_rewind(&bench->tape);
	save(bench);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void dirty_pages_that_fit_nowhere_are_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "dirty");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_DIRTY, 1, PAGE);
	refused(bench, -EBADMSG, "dirty");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_DIRTY, 2, sizeof(struct migcompat_dirty_record));
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "round");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	payload[0] = (char)PAGES;
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -ERANGE, "past the end");
}

static void a_config_that_is_none_is_refused_after_all_was_read(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add(&script, RECORD_CONFIG, 0, sizeof(struct card_config));
	finish(&script);
	refused(bench, -EINVAL, "config_write");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	add(&script, RECORD_CONFIG, sizeof(struct card_config), 1);
	refused(bench, -EINVAL, "config");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_CONFIG, 8, 8);
	refused(bench, -EBADMSG, "config");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_CONFIG, 0, 0);
	refused(bench, -EBADMSG, "config");
}

static void a_state_without_a_config_or_an_end_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	finish(&script);
	refused(bench, -EBADMSG, "not whole");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	refused(bench, -EBADMSG, "ends");
}

static void what_follows_the_end_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add_config(&script);
	finish(&script);
	tape_write(&bench->tape, "x", 1);
	refused(bench, -EBADMSG, "follows");
}

static void an_end_that_counts_something_else_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add_config(&script);
	script.writer.bytes++;
	finish(&script);
	refused(bench, -EBADMSG, "counts");
}

static void another_size_of_memory_is_refused(void **state)
{
	struct bench *bench = *state;

	script_begin(bench, (PAGES + 1) * PAGE);
	refused(bench, -EINVAL, "bytes of memory");
	script_begin(bench, PAGES * PAGE + 1);
	refused(bench, -EBADMSG, "no sense");
	script_begin(bench, FORMAT_MEMORY_MAX);
	refused(bench, -EINVAL, "bytes of memory");
	script_begin(bench, FORMAT_MEMORY_MAX + PAGE);
	refused(bench, -EBADMSG, "no sense");
	script_begin(bench, UINT64_MAX / PAGE * PAGE);
	refused(bench, -EBADMSG, "no sense");
}

/* A record with a wrong head and correct sums. */
static void add_strange(struct script *script, uint32_t type, uint32_t flags, uint64_t size)
{
	struct format_record record = {.type = type,
				       .flags = flags,
				       .number = script->writer.number++,
				       .size = size,
				       .payload_sum = state_sum(payload, size, 0)};

	script->writer.bytes += size;
	script->writer.chain = record.sum =
		state_sum(&record, offsetof(struct format_record, sum), script->writer.chain);
	tape_write(&script->bench->tape, &record, sizeof(record));
	tape_write(&script->bench->tape, payload, size);
}

static void an_unknown_record_is_passed_over_only_where_it_is_optional(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_strange(&script, 99, 0, 10);
	refused(bench, -EPROTONOSUPPORT, "type 99");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, 99, RECORD_OPTIONAL, 10000);
	add_memory(&script);
	add_strange(&script, 0, RECORD_OPTIONAL, 0);
	add_config(&script);
	add_strange(&script, UINT32_MAX, RECORD_OPTIONAL, 1);
	finish(&script);
	tape_rewind(&bench->tape);
	assert_int_equal(load(bench), 0);
}

static void a_known_record_with_other_flags_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_strange(&script, RECORD_MEMORY, RECORD_OPTIONAL, PAGE);
	refused(bench, -EBADMSG, "flags");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, RECORD_INFO, 0, 4);
	refused(bench, -EBADMSG, "flags");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, 99, RECORD_OPTIONAL | 2, 4);
	refused(bench, -EBADMSG, "flags");
}

static void a_second_head_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_HEAD, 0, sizeof(struct format_head));
	refused(bench, -EBADMSG, "type 1");
}

static void a_stream_is_no_state_for_regions(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_STREAM, 0, 100);
	refused(bench, -EBADMSG, "stream");
}

static void a_kernel_drivers_file_is_refused_before_the_device_is_asked(void **state)
{
	const struct format_head head = {.content = FORMAT_STREAM};
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	bench->tape.len = 0;
	assert_int_equal(writer_begin(&script.writer, &script.to, STATE_STRING,
				      strlen(STATE_STRING), &head, NULL),
			 0);
	add(&script, RECORD_STREAM, 0, 100);
	finish(&script);
	refused(bench, -EINVAL, "it holds a kernel driver's stream");
	assert_int_equal(bench->target.card.calls[CARD_SET_STATE], 0);
}

static void a_size_beyond_all_is_refused_before_it_is_read(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);
	struct format_record record = {
		.type = RECORD_MEMORY, .number = 1, .size = FORMAT_PAYLOAD_MAX + PAGE};

	record.sum = state_sum(&record, offsetof(struct format_record, sum), script.writer.chain);
	tape_write(&bench->tape, &record, sizeof(record));
	refused(bench, -EBADMSG, "size");
	script = script_begin(bench, PAGES * PAGE);
	record.size = UINT64_MAX;
	record.sum = state_sum(&record, offsetof(struct format_record, sum), script.writer.chain);
	tape_write(&bench->tape, &record, sizeof(record));
	refused(bench, -EBADMSG, "size");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_made_by_hand_is_taken),
		TEST(memory_that_is_missing_repeated_or_out_of_order_is_refused),
		TEST(zeros_stand_where_memory_may),
		TEST(zeros_that_fit_nowhere_are_refused),
		TEST(memory_that_is_zero_takes_no_room),
		TEST(dirty_pages_that_fit_nowhere_are_refused),
		TEST(a_config_that_is_none_is_refused_after_all_was_read),
		TEST(a_state_without_a_config_or_an_end_is_refused),
		TEST(what_follows_the_end_is_refused),
		TEST(an_end_that_counts_something_else_is_refused),
		TEST(another_size_of_memory_is_refused),
		TEST(an_unknown_record_is_passed_over_only_where_it_is_optional),
		TEST(a_known_record_with_other_flags_is_refused),
		TEST(a_second_head_is_refused),
		TEST(a_stream_is_no_state_for_regions),
		TEST(a_kernel_drivers_file_is_refused_before_the_device_is_asked),
		TEST(a_size_beyond_all_is_refused_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
