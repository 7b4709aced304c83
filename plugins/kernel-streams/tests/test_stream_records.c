/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The records of mlx5_vfio_pci and virtio_vfio_pci. Each driver judges them by its own
 * tags.
 */
#include <endian.h>
#include <errno.h>

#include "build.h"

#define MLX5 "mlx5_vfio_pci"
#define VIRTIO "virtio_vfio_pci"
#define MANDATORY 0
#define OPTIONAL 1
#define DATA 0
#define STOP_COPY_SIZE 1
#define UNKNOWN 9

/* A head, and zeros for its data if they are few. */
static void record(uint64_t size, uint32_t flags, uint32_t tag)
{
	put(htole64(size), 8);
	put(htole32(flags), 4);
	put(htole32(tag), 4);
	at += size < 1024 ? size : 0;
}

static void both_drivers_get_an_entry(void **state)
{
	(void)state;
	record(8, OPTIONAL, STOP_COPY_SIZE);
	record(100, MANDATORY, DATA);
	assert_taken(MLX5);
	assert_taken(VIRTIO);
	assert_string_equal(text_of("stream_record_1"),
			    "offset 0: tag 1 (size of the rest, optional), 8 bytes");
	assert_string_equal(text_of("stream_record_2"),
			    "offset 24: tag 0 (data, mandatory), 100 bytes");
}

static void virtio_knows_no_other_tag_than_data(void **state)
{
	(void)state;
	record(8, MANDATORY, STOP_COPY_SIZE);
	record(100, MANDATORY, DATA);
	assert_taken(MLX5);
	assert_int_equal(bad_of(VIRTIO), 1);
}

static void the_size_of_the_rest_may_have_any_length(void **state)
{
	static const uint64_t lengths[] = {0, 1, 7, 9, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		at = bytes;
		record(lengths[i], OPTIONAL, STOP_COPY_SIZE);
		record(100, MANDATORY, DATA);
		assert_taken(MLX5);
	}
}

static void flags_other_than_the_first_are_never_looked_at(void **state)
{
	(void)state;
	record(100, 0xfffffffeu, DATA);
	record(4, 0xffffffffu, UNKNOWN);
	assert_taken(MLX5);
	assert_taken(VIRTIO);
	stream_put(bytes + 116 + 8, htole32(0xfffffffeu), 4);
	assert_int_equal(read_all(), -ENOMSG); /* neither driver accepts it, and it has no magic */
}

static void an_unknown_optional_record_may_come_first(void **state)
{
	(void)state;
	record(12, OPTIONAL, UNKNOWN);
	record(100, MANDATORY, DATA);
	assert_taken(MLX5);
	assert_taken(VIRTIO);
	assert_contains(text_of("stream_record_1"), "tag 9 (unknown, optional: it is skipped)");
}

static void data_beyond_what_is_shown_may_end_the_stream(void **state)
{
	(void)state;
	record(12, OPTIONAL, UNKNOWN);
	record(100000, MANDATORY, DATA);
	assert_int_equal(read_first(BYTES_MAX, 28 + 16 + 100000), 0);
	assert_int_equal(bad_of(MLX5), 0);
	assert_int_equal(read_first(BYTES_MAX, 28 + 16 + 100001), -ENOMSG);
}

static void an_unknown_mandatory_record_is_refused(void **state)
{
	(void)state;
	record(100, MANDATORY, DATA);
	record(4, MANDATORY, UNKNOWN);
	assert_refused(MLX5, "stream_record_2");
	assert_refused(VIRTIO, "stream_record_2");
	assert_contains(text_of("stream_record_2"),
			"stream_record_2 at offset 116: tag 9 is mandatory");
}

static void a_record_has_less_than_4_gib(void **state)
{
	(void)state;
	record(100, MANDATORY, DATA);
	record((uint64_t)1 << 32, OPTIONAL, UNKNOWN);
	assert_refused(MLX5, "stream_record_2");
	assert_contains(text_of("stream_record_2"),
			"4294967296 bytes, expected at most 4294967295");
	at = bytes;
	record((uint64_t)1 << 32, MANDATORY, DATA);
	assert_refused(VIRTIO, "stream_record_1");
	at = bytes;
	record(UINT32_MAX, MANDATORY, DATA);
	assert_int_equal(read_first(16, 16 + (uint64_t)UINT32_MAX), 0);
	assert_int_equal(bad_of(MLX5), 0);
}

static void a_size_of_64_bits_does_no_harm(void **state)
{
	(void)state;
	record(8, OPTIONAL, STOP_COPY_SIZE);
	record(UINT64_MAX - 15, OPTIONAL, UNKNOWN);
	assert_refused(MLX5, "stream_record_2");
}

static void records_that_are_cut_are_refused(void **state)
{
	(void)state;
	record(8, OPTIONAL, STOP_COPY_SIZE);
	record(100, MANDATORY, DATA);
	for (size_t len = 16; len < 24 + 116; len++) {
		at = bytes + len;
		if (len != 24)
			assert_refused(MLX5, "stream_length");
	}
	at = bytes + 30;
	read_all();
	assert_contains(text_of("stream_length"), "it ends in the head of record 2");
	at = bytes + 50;
	read_all();
	assert_contains(text_of("stream_length"), "it ends in the data of record 2");
}

static void a_stream_without_data_is_a_warning(void **state)
{
	(void)state;
	record(8, OPTIONAL, STOP_COPY_SIZE);
	assert_int_equal(read_all(), 0);
	assert_int_equal(bad_of(MLX5), 0);
	assert_int_equal(test_finding(&result, "stream_length")->status, MIGCOMPAT_STATUS_WARN);
}

static void what_nobody_looked_at_is_told(void **state)
{
	(void)state;
	record(8, OPTIONAL, STOP_COPY_SIZE);
	record(100000, MANDATORY, DATA);
	assert_int_equal(read_first(BYTES_MAX, 200000), 0);
	assert_int_equal(bad_of(MLX5), 0);
	assert_int_equal(value_of("stream_rest"), 40 + 100000);
	assert_int_equal(test_finding(&result, "stream_rest")->status, MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(read_first(BYTES_MAX, 0), 0);
	assert_non_null(test_finding(&result, "stream_rest"));
	assert_int_equal(read_first(BYTES_MAX, 40 + 100000), 0);
	assert_null(test_finding(&result, "stream_rest"));
	assert_int_equal(read_first(BYTES_MAX, 40 + 100000 - 1), 0);
	assert_int_equal(bad_of(MLX5), 1);
}

static void what_makes_no_sense_as_records_is_nobodys(void **state)
{
	static const struct {
		uint64_t size;
		uint32_t flags;
		uint32_t tag;
	} first[] = {{0, 0, 0}, {8, 2, 0}, {8, 0, 9}, {(uint64_t)2 << 40, 0, 0}, {9, 1, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		at = bytes;
		record(first[i].size, first[i].flags, first[i].tag);
		assert_int_equal(read_first(16, 1000), -ENOMSG);
	}
	assert_int_equal(read_first(15, 15), -ENOMSG);
}

static void many_records_are_judged_and_not_all_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < BYTES_MAX / 16 - 1; i++)
		record(0, MANDATORY, DATA);
	record(0, MANDATORY, UNKNOWN);
	bytes[0] = 1; /* one byte of data moves all heads, so the last is cut */
	assert_int_equal(read_all(), 0);
	assert_int_equal(result.truncated, 0);
	assert_true(bad_of(MLX5) > 0);
	assert_true(bad_of(VIRTIO) > 0);
}

static void other_bytes_are_nobodys(void **state)
{
	(void)state;
	assert_int_equal(read_first(0, 0), -ENOMSG);
	assert_int_equal(read_first(BYTES_MAX, 0), -ENOMSG);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(read_first(BYTES_MAX, 0), -ENOMSG);
	stream_mtty(bytes, 1, 0, 2, 0);
	assert_int_equal(read_first(96, 96), -ENOMSG);
	assert_int_equal(result.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_drivers_get_an_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(virtio_knows_no_other_tag_than_data, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_size_of_the_rest_may_have_any_length, setup,
						teardown),
		cmocka_unit_test_setup_teardown(flags_other_than_the_first_are_never_looked_at,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_optional_record_may_come_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(data_beyond_what_is_shown_may_end_the_stream, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_unknown_mandatory_record_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_record_has_less_than_4_gib, setup, teardown),
		cmocka_unit_test_setup_teardown(a_size_of_64_bits_does_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(records_that_are_cut_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stream_without_data_is_a_warning, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_nobody_looked_at_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_as_records_is_nobodys, setup,
						teardown),
		cmocka_unit_test_setup_teardown(many_records_are_judged_and_not_all_shown, setup,
						teardown),
		cmocka_unit_test_setup_teardown(other_bytes_are_nobodys, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
