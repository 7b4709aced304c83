/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets of xe_vfio_pci, as the driver of the physical function restores them. */
#include "build.h"

#define DRIVER "xe_vfio_pci"

enum { DESCRIPTOR = 1, TRAILER, GGTT, MMIO, GUC, VRAM };

static void packet(uint8_t type, uint8_t tile, uint8_t gt, uint64_t offset, uint64_t size)
{
	put(1, 1);
	put(type, 1);
	put(tile, 1);
	put(gt, 1);
	put(0, 4);
	put(offset, 8);
	put(size, 8);
}

/* A packet with its data, which are zeros. */
static void whole(uint8_t type, uint8_t tile, uint8_t gt, uint64_t offset, uint64_t size)
{
	packet(type, tile, gt, offset, size);
	at += size;
}

static void key(uint32_t number, uint32_t value)
{
	put(number << 16 | 1, 4);
	put(value, 4);
}

static void descriptor(void)
{
	packet(DESCRIPTOR, 0, 0, 0, 16);
	key(0xf001, 0xe212);
	key(0xf002, 8);
}

static void trailer(void)
{
	packet(TRAILER, 0, 0, 0, 0);
}

static void the_device_is_shown(void **state)
{
	(void)state;
	descriptor();
	trailer();
	assert_taken(DRIVER);
	assert_for_target("stream_device", MIGCOMPAT_RULE_EQUAL, 0xe212);
	assert_for_target("stream_revision", MIGCOMPAT_RULE_EQUAL, 8);
}

static void a_key_that_is_not_there_is_not_compared(void **state)
{
	(void)state;
	packet(DESCRIPTOR, 0, 0, 0, 8);
	key(0xf001, 0xe212);
	trailer();
	assert_taken(DRIVER);
	assert_null(test_finding(&result, "stream_revision"));
	at = bytes;
	packet(DESCRIPTOR, 0, 0, 0, 8);
	key(0xf002, 8);
	trailer();
	assert_taken(DRIVER);
	at = bytes;
	packet(DESCRIPTOR, 0, 0, 0, 0);
	trailer();
	assert_taken(DRIVER);
}

static void unknown_keys_are_skipped(void **state)
{
	(void)state;
	packet(DESCRIPTOR, 0, 0, 0, 24);
	put(0xf00fu << 16 | 3, 4);
	at += 12;
	key(0xf001, 0xe212);
	trailer();
	assert_taken(DRIVER);
	assert_int_equal(value_of("stream_device"), 0xe212);
}

static void a_key_that_goes_beyond_the_descriptor_is_refused(void **state)
{
	(void)state;
	packet(DESCRIPTOR, 0, 0, 0, 12);
	key(0xf001, 0xe212);
	put(0xf003u << 16 | 9, 4);
	trailer();
	assert_refused(DRIVER, "stream_key");
	assert_contains(text_of("stream_key"), "stream_key at offset 32: key 0xf003 has 9 words");
	at = bytes;
	packet(DESCRIPTOR, 0, 0, 0, 12);
	key(0xf001, 0xe212);
	put(0xf002u << 16, 4);
	trailer();
	assert_refused(DRIVER, "stream_revision");
}

static void a_descriptor_is_made_of_words(void **state)
{
	(void)state;
	packet(DESCRIPTOR, 0, 0, 0, 9);
	key(0xf001, 0xe212);
	put(0, 1);
	trailer();
	assert_refused(DRIVER, "stream_descriptor");
}

static void sizes_are_shown_with_their_rules(void **state)
{
	(void)state;
	descriptor();
	whole(GUC, 0, 0, 0, 64);
	whole(GGTT, 0, 0, 0, 2048);
	whole(MMIO, 0, 0, 0, 16);
	whole(VRAM, 0, 0, 0, 4096);
	whole(VRAM, 0, 0, 8192, 4096);
	whole(MMIO, 0, 1, 0, 16);
	trailer();
	assert_taken(DRIVER);
	assert_for_target("stream_tile_0_gt_0_ggtt_bytes", MIGCOMPAT_RULE_EQUAL, 2048);
	assert_for_target("stream_tile_0_gt_0_mmio_bytes", MIGCOMPAT_RULE_EQUAL, 16);
	assert_for_target("stream_tile_0_gt_0_vram_bytes", MIGCOMPAT_RULE_AT_LEAST, 12288);
	assert_for_target("stream_tile_0_gt_1_mmio_bytes", MIGCOMPAT_RULE_EQUAL, 16);
	assert_int_equal(value_of("stream_tile_0_gt_0_guc_bytes"), 64);
	assert_null(test_finding(&result, "stream_tile_0_gt_1_vram_bytes"));
	assert_contains(text_of("stream_tile_0_gt_1_mmio_bytes"),
			"the target must have tile 0 with GT 1");
}

static void two_ggtt_packets_of_a_gt_have_one_size(void **state)
{
	(void)state;
	descriptor();
	whole(GGTT, 0, 0, 0, 2048);
	whole(GGTT, 0, 0, 0, 2056);
	trailer();
	assert_refused(DRIVER, "stream_packet");
}

static void a_chunk_beyond_64_bits_is_refused(void **state)
{
	(void)state;
	descriptor();
	whole(VRAM, 0, 0, UINT64_MAX - 10, 64);
	trailer();
	assert_refused(DRIVER, "stream_packet");
}

static void more_gts_than_any_device_has_are_refused(void **state)
{
	(void)state;
	descriptor();
	for (uint8_t gt = 0; gt < 9; gt++)
		whole(MMIO, 0, gt, 0, 16);
	trailer();
	assert_refused(DRIVER, "stream_packet");
}

static void another_version_is_refused_in_every_packet(void **state)
{
	(void)state;
	descriptor();
	whole(MMIO, 0, 0, 0, 16);
	trailer();
	bytes[0] = 2;
	assert_refused(DRIVER, "stream_version");
	bytes[0] = 1;
	bytes[40] = 2;
	assert_int_equal(read_all(), 0);
	assert_int_equal(bad_of(DRIVER), 1);
}

static void an_unknown_type_is_skipped_and_type_0_refused(void **state)
{
	(void)state;
	descriptor();
	whole(77, 0, 0, 0, 16);
	trailer();
	assert_taken(DRIVER);
	bytes[41] = 0;
	assert_refused(DRIVER, "stream_packet");
}

static void descriptor_and_trailer_are_of_tile_0_and_gt_0(void **state)
{
	(void)state;
	descriptor();
	packet(TRAILER, 0, 1, 0, 0);
	assert_refused(DRIVER, "stream_packet");
	at = bytes;
	descriptor();
	trailer();
	bytes[2] = 1;
	assert_refused(DRIVER, "stream_packet");
}

static void a_trailer_is_empty_and_last(void **state)
{
	(void)state;
	descriptor();
	whole(TRAILER, 0, 0, 0, 8);
	assert_refused(DRIVER, "stream_trailer");
	at = bytes;
	descriptor();
	packet(TRAILER, 0, 0, 8, 0);
	assert_refused(DRIVER, "stream_trailer");
	at = bytes;
	descriptor();
	trailer();
	put(0, 1);
	assert_refused(DRIVER, "stream_trailer");
}

static void packets_that_are_cut_are_refused(void **state)
{
	size_t len;

	(void)state;
	descriptor();
	whole(MMIO, 0, 0, 0, 16);
	trailer();
	len = (size_t)(at - bytes);
	for (size_t cut = 40; cut < len; cut++) {
		at = bytes + cut;
		assert_refused(DRIVER, "stream_length");
	}
	for (size_t cut = 0; cut < 40; cut++) {
		read_first(cut, cut);
		assert_int_equal(bad_of(DRIVER), -1);
	}
}

static void what_nobody_looked_at_is_told(void **state)
{
	(void)state;
	descriptor();
	packet(GGTT, 0, 0, 0, 1 << 20);
	assert_int_equal(read_first(BYTES_MAX, 2 << 20), 0);
	assert_int_equal(bad_of(DRIVER), 0);
	assert_int_equal(value_of("stream_rest"), 64 + (1 << 20));
	assert_int_equal(read_first(BYTES_MAX, 1 << 20), 0);
	assert_int_equal(bad_of(DRIVER), 1);
}

static void a_size_of_64_bits_does_no_harm(void **state)
{
	(void)state;
	descriptor();
	packet(GGTT, 0, 0, 0, UINT64_MAX - 20);
	assert_refused(DRIVER, "stream_length");
	at = bytes;
	packet(DESCRIPTOR, 0, 0, 0, UINT64_MAX);
	read_all();
	assert_int_equal(bad_of(DRIVER), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_device_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_is_not_there_is_not_compared, setup,
						teardown),
		cmocka_unit_test_setup_teardown(unknown_keys_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_goes_beyond_the_descriptor_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_descriptor_is_made_of_words, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_are_shown_with_their_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(two_ggtt_packets_of_a_gt_have_one_size, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_chunk_beyond_64_bits_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(more_gts_than_any_device_has_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_version_is_refused_in_every_packet, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_unknown_type_is_skipped_and_type_0_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(descriptor_and_trailer_are_of_tile_0_and_gt_0,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_trailer_is_empty_and_last, setup, teardown),
		cmocka_unit_test_setup_teardown(packets_that_are_cut_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_looked_at_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_size_of_64_bits_does_no_harm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
