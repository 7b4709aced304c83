/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's migration stream: sound ones, those that the driver refuses, cut ones, and
 * the comparison with a target.
 */
#include "plugins/vfio-ap/tests/ap_test.h"

#define HEAD 48u
#define QUEUE 16u
#define CCA_WORD 0x92800000u /* function bits */

static uint8_t bytes[MIGCOMPAT_STREAM_HEAD];
static size_t len;

static void put_at(size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[at + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static void put_head(uint32_t queues)
{
	memset(bytes, 0, sizeof(bytes));
	put_at(0, 0x76666170, 4);
	put_at(4, 1, 4);
	put_at(8, queues, 4);
	len = HEAD;
}

static void put_control(unsigned domain)
{
	bytes[16 + domain / 8] = (uint8_t)(bytes[16 + domain / 8] | 0x80u >> domain % 8);
}

static void put_queue_word(unsigned adapter, unsigned domain, uint32_t functions, uint8_t type)
{
	put_at(len, (uint64_t)functions << 32 | (uint64_t)type << 24, 8);
	put_at(len + 8, adapter << 8 | domain, 2);
	len += QUEUE;
}

/* The test's source with its control domain 0047. */
static void put_two_by_two(void)
{
	put_head(4);
	put_control(0x47);
	for (unsigned adapter = 5; adapter <= 6; adapter++) {
		put_queue_word(adapter, 0x04, CCA_WORD, 12);
		put_queue_word(adapter, 0x47, CCA_WORD, 12);
	}
}

static int read_first(struct pair *pair, struct opened *target, size_t count, uint64_t size)
{
	const struct stream_head head = {.bytes = bytes, .len = count, .size = size};

	assert_int_equal(result_reset(&pair->result), 0);
	return provider_stream(pair->provider, target, &head, &pair->result, &pair->err);
}

static void inspect(struct pair *pair)
{
	assert_int_equal(read_first(pair, NULL, len, len), 0);
	assert_string_equal(pair->result.findings[0].field, "stream_driver");
}

static void check(struct pair *pair)
{
	assert_int_equal(side_open(pair, &pair->target), 0);
	assert_int_equal(read_first(pair, pair->target.opened, len, len), 0);
	for (size_t i = 0; i < pair->result.count; i++)
		assert_memory_equal(pair->result.findings[i].field, "stream_", 7);
	pair->target.opened = opened_close(pair->target.opened);
}

static uint64_t value_of(struct pair *pair, const char *field)
{
	assert_non_null(test_finding(&pair->result, field));
	return test_finding(&pair->result, field)->source.as.number;
}

/* ---------------------------------------------------------------- the stream itself */

static void a_whole_stream_is_sound(void **state)
{
	struct pair *pair = *state;
	const struct migcompat_value *value;

	put_two_by_two();
	inspect(pair);
	assert_int_equal(pair->result.bad_count, 0);
	assert_int_equal(value_of(pair, "stream_version"), 1);
	assert_int_equal(value_of(pair, "stream_num_queues"), 4);
	assert_int_equal(value_of(pair, "stream_length"), 112);
	value = &test_finding(&pair->result, "stream_matrix")->source;
	assert_int_equal(value->len, strlen("2 adapters x 2 domains, 1 control domains"));
	assert_memory_equal(value->as.text, "2 adapters x 2 domains, 1 control domains",
			    value->len);
}

static void a_stream_without_queues_is_sound(void **state)
{
	struct pair *pair = *state;

	put_head(0);
	inspect(pair);
	assert_int_equal(pair->result.bad_count, 0);
}

static void what_has_no_magic_is_not_claimed(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	put_at(0, 0x70616676, 4); /* of the other byte order, which no s390 has */
	assert_int_equal(read_first(pair, NULL, len, len), -ENOMSG);
	memset(bytes, 0, 8); /* the first versions of the series began so */
	assert_int_equal(read_first(pair, NULL, len, len), -ENOMSG);
	put_two_by_two();
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(read_first(pair, NULL, n, n), -ENOMSG);
}

static void a_cut_stream_is_refused(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	for (size_t n = 4; n < len; n++) {
		assert_int_equal(read_first(pair, NULL, n, n), 0);
		assert_int_equal(pair->result.bad_count, 1);
		assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
		assert_int_equal(read_first(pair, NULL, n, 0), 0);
		assert_int_equal(pair->result.bad_count, 1);
	}
}

static void a_stream_that_goes_on_is_refused(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	len++;
	inspect(pair);
	expect_bad(pair, "stream_length", MIGCOMPAT_LIMIT_FORMAT);
	assert_string_equal(test_finding(&pair->result, "stream_length")->text,
			    "the stream has 113 bytes, expected 112");
	assert_int_equal(read_first(pair, NULL, len, 0), 0);
	expect_bad(pair, "stream_length", MIGCOMPAT_LIMIT_FORMAT);
}

static void another_version_is_refused_and_not_read(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	put_at(4, 2, 4);
	inspect(pair);
	expect_bad(pair, "stream_version", MIGCOMPAT_LIMIT_DRIVER);
	assert_null(test_finding(&pair->result, "stream_num_queues"));
}

static void more_queues_than_there_are_is_refused(void **state)
{
	struct pair *pair = *state;

	put_head(65537);
	inspect(pair);
	expect_bad(pair, "stream_num_queues", MIGCOMPAT_LIMIT_FORMAT);
	put_head(UINT32_MAX);
	inspect(pair);
	expect_bad(pair, "stream_num_queues", MIGCOMPAT_LIMIT_FORMAT);
}

static void a_bound_queue_is_refused_by_every_target(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	put_at(HEAD, (uint64_t)(CCA_WORD | 0x4000) << 32 | 12u << 24, 8);
	inspect(pair);
	expect_bad(pair, "stream_queue 05.0004 function bits 16-17", MIGCOMPAT_LIMIT_HARDWARE);
	check(pair);
	expect_bad(pair, "stream_queue 05.0004 function bits 16-17", MIGCOMPAT_LIMIT_HARDWARE);
}

static void queues_that_are_no_matrix_are_a_warning(void **state)
{
	struct pair *pair = *state;

	put_head(2);
	put_queue_word(5, 0x04, CCA_WORD, 12);
	put_queue_word(6, 0x47, CCA_WORD, 12);
	inspect(pair);
	assert_int_equal(pair->result.bad_count, 0);
	assert_contains(test_finding(&pair->result, "stream_matrix")->text,
			"every domain of every adapter");
	put_head(2);
	put_queue_word(5, 0x04, CCA_WORD, 12);
	put_queue_word(5, 0x04, CCA_WORD, 12);
	inspect(pair);
	assert_contains(test_finding(&pair->result, "stream_matrix")->text, "more than once");
}

/* ---------------------------------------------------------------- against a target */

static void a_stream_of_an_equal_matrix_fits(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	check(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
	assert_non_null(test_finding(&pair->result, "stream_queues"));
	assert_non_null(test_finding(&pair->result, "stream_control domains"));
	assert_int_equal(test_finding(&pair->result, "stream_master keys")->status,
			 MIGCOMPAT_STATUS_WARN);
}

static void what_the_target_lacks_is_named(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	put_control(0x48);
	put_config(&pair->target, "5", "4,47", "47");
	check(pair);
	assert_int_equal(pair->result.bad_count, 3);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	assert_non_null(test_finding(&pair->result, "stream_queue 06.0004"));
	assert_non_null(test_finding(&pair->result, "stream_control domain 0048"));
}

/* The driver gives the guest every domain of every adapter. */
static void queues_that_follow_from_others_must_be_there(void **state)
{
	struct pair *pair = *state;

	put_head(2);
	put_queue_word(5, 0x04, CCA_WORD, 12);
	put_queue_word(6, 0x48, CCA_WORD, 12);
	list_put(&pair->target.facts, "vfio/migration/features", "stop-copy");
	put_queue(&pair->target, 0x06, 0x48, "driver", "vfio_ap");
	check(pair);
	expect_bad(pair, "stream_queue 05.0048", MIGCOMPAT_LIMIT_RESOURCE);
}

static void every_queue_is_held_to_the_rules(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	put_at(HEAD + QUEUE, (uint64_t)CCA_WORD << 32 | 13u << 24, 8);
	check(pair);
	expect_bad(pair, "stream_queue 05.0047 hwtype", MIGCOMPAT_LIMIT_HARDWARE);
	put_two_by_two();
	put_at(HEAD + 3 * QUEUE, (uint64_t)0x06800000 << 32 | 12u << 24, 8);
	check(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_non_null(test_finding(&pair->result, "stream_queue 06.0047 function bits 0-2"));
	assert_non_null(test_finding(&pair->result, "stream_queue 06.0047 function bits 3-5"));
	put_two_by_two();
	list_drop(&pair->target.host_facts, "bus/ap/devices/card06/hwtype");
	check(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_contains(test_finding(&pair->result, "stream_queue 06.0004 hwtype")->text,
			"not known on the target's host");
}

static void queues_beyond_the_beginning_are_no_yes(void **state)
{
	struct pair *pair = *state;

	put_head(256 * 256);
	while (len + QUEUE <= sizeof(bytes))
		put_queue_word((unsigned)((len - HEAD) / QUEUE % 2 + 5),
			       (len - HEAD) / QUEUE % 4 < 2 ? 0x04 : 0x47, CCA_WORD, 12);
	len = sizeof(bytes);
	assert_int_equal(side_open(pair, &pair->target), 0);
	assert_int_equal(read_first(pair, pair->target.opened, len, HEAD + 256 * 256 * QUEUE), 0);
	expect_bad(pair, "stream_queues_read", MIGCOMPAT_LIMIT_FORMAT);
	assert_contains(test_finding(&pair->result, "stream_queues_read")->text,
			"only 4093 of its 65536 queues");
	assert_int_equal(read_first(pair, NULL, len, 0), 0);
	assert_int_equal(pair->result.bad_count, 0); /* the rest may follow */
}

static int setup_require(void **state)
{
	static const char *const settings[] = {"master_keys", "require", NULL};

	return pair_setup_with(state, settings);
}

static void keys_that_a_stream_does_not_tell_are_refused_if_required(void **state)
{
	struct pair *pair = *state;

	put_two_by_two();
	check(pair);
	expect_bad(pair, "stream_master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(a_whole_stream_is_sound),
		pair_test(a_stream_without_queues_is_sound),
		pair_test(what_has_no_magic_is_not_claimed),
		pair_test(a_cut_stream_is_refused),
		pair_test(a_stream_that_goes_on_is_refused),
		pair_test(another_version_is_refused_and_not_read),
		pair_test(more_queues_than_there_are_is_refused),
		pair_test(a_bound_queue_is_refused_by_every_target),
		pair_test(queues_that_are_no_matrix_are_a_warning),
		pair_test(a_stream_of_an_equal_matrix_fits),
		pair_test(what_the_target_lacks_is_named),
		pair_test(queues_that_follow_from_others_must_be_there),
		pair_test(every_queue_is_held_to_the_rules),
		pair_test(queues_beyond_the_beginning_are_no_yes),
		cmocka_unit_test_setup_teardown(
			keys_that_a_stream_does_not_tell_are_refused_if_required, setup_require,
			pair_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
