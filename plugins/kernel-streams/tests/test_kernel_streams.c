/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the streams of Linux' drivers begin with: each as it is meant to be, with what its driver refuses, and cut. */
#include <endian.h>
#include <errno.h>

#include "tests/support/device.h"
#include "tests/support/stream.h"

static struct provider *provider;
static struct migcompat_result result;
static uint8_t bytes[4096];
static uint8_t *at;

static int setup(void **state)
{
	(void)state;
	provider = test_backend("streams/kernel_streams", NULL);
	assert_int_equal(result_reset(&result), 0);
	memset(bytes, 0, sizeof(bytes));
	at = bytes;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	result_free(&result);
	provider_free(provider);
	return 0;
}

static int read_first(size_t len, uint64_t size)
{
	const struct stream_head head = {.bytes = bytes, .len = len, .size = size};

	assert_int_equal(result_reset(&result), 0);
	return provider_stream(provider, NULL, &head, &result, NULL);
}

/* All that was put. */
static int read_all(void)
{
	return read_first((size_t)(at - bytes), (uint64_t)(at - bytes));
}

static void put(uint64_t value, size_t size)
{
	at = stream_put(at, value, size);
}

static void assert_driver(const char *driver)
{
	const struct migcompat_value *value = &result.findings[0].source;

	assert_string_equal(result.findings[0].field, "stream_driver");
	assert_int_equal(value->len, strlen(driver));
	assert_memory_equal(value->as.text, driver, value->len);
}

static uint64_t value_of(const char *field)
{
	assert_non_null(test_finding(&result, field));
	return test_finding(&result, field)->source.as.number;
}

static void bad_alone(const char *field)
{
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(test_finding(&result, field)->status, MIGCOMPAT_STATUS_BAD);
}

/* Whatever is cut behind the first bytes, by which a stream is known, is refused. */
static void cut_is_refused(size_t known, size_t head)
{
	for (size_t len = 0; len < known; len++)
		assert_int_equal(read_first(len, len), -ENOMSG);
	for (size_t len = known; len < head; len++) {
		assert_int_equal(read_first(len, len), 0);
		assert_int_not_equal(result.bad_count, 0);
	}
}

static void of_the_other_byte_order(const char *driver, size_t magic)
{
	for (size_t i = 0; i < magic / 2; i++) {
		uint8_t byte = bytes[i];

		bytes[i] = bytes[magic - 1 - i];
		bytes[magic - 1 - i] = byte;
	}
	assert_int_equal(read_all(), 0);
	assert_driver(driver);
	bad_alone("stream_format");
	assert_string_equal(test_finding(&result, "stream_format")->text, "it is of a machine with the other byte order");
}

/* ---------------------------------------------------------------- hisi_acc_vfio_pci */

static void put_accelerator(uint64_t magic, uint16_t major)
{
	put(magic, 8);
	put(1024, 4); /* qp_num */
	put(0xa251, 4);
	put(0x11, 4);
	put(64, 4);
	put(1, 4);
	put(major, 2);
	put(7, 2);
	put(0, 8);
}

static void an_accelerators_head_is_shown_with_its_rules(void **state)
{
	(void)state;
	put_accelerator(0xaaccfeeddecadedeu, 1);
	assert_int_equal(read_all(), 0);
	assert_driver("hisi_acc_vfio_pci");
	assert_int_equal(result.bad_count, 0);
	assert_int_equal(value_of("stream_qp_num"), 1024);
	assert_int_equal(value_of("stream_dev_id"), 0xa251);
	assert_int_equal(value_of("stream_que_iso_cfg"), 0x11);
	assert_int_equal(value_of("stream_qp_base"), 64);
	assert_int_equal(value_of("stream_minor"), 7);
	assert_int_equal(test_finding(&result, "stream_qp_num")->rule, MIGCOMPAT_RULE_EQUAL);
	assert_int_equal(test_finding(&result, "stream_qp_num")->status, MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(test_finding(&result, "stream_qp_base")->rule, MIGCOMPAT_RULE_INFO);
}

static void an_accelerators_other_major_is_refused_in_version_2_alone(void **state)
{
	(void)state;
	put_accelerator(0xaaccfeeddecadedeu, 2);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_major");
	at = bytes;
	put_accelerator(0xcdcdcdcdfeedaaccu, 2);
	assert_int_equal(read_all(), 0);
	assert_int_equal(result.bad_count, 0);
}

static void a_head_of_the_other_byte_order_is_told(void **state)
{
	static const uint64_t magics[] = {0xaaccfeeddecadedeu, 0xcdcdcdcdfeedaaccu};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		at = bytes;
		put_accelerator(magics[i], 1);
		of_the_other_byte_order("hisi_acc_vfio_pci", 8);
	}
	at = bytes;
	put(0xadf5caea, 4);
	put(1, 4);
	of_the_other_byte_order("qat_vfio_pci", 4);
}

static void an_accelerators_cut_head_is_refused(void **state)
{
	(void)state;
	put_accelerator(0xaaccfeeddecadedeu, 1);
	cut_is_refused(8, 40);
}

/* ---------------------------------------------------------------- qat_vfio_pci */

static void put_section(const char *name, uint32_t size, uint32_t parts)
{
	strncpy((char *)at, name, 8);
	at += 8;
	put(size, 4);
	put(parts, 4);
}

static void put_sections(uint32_t version, uint32_t size)
{
	put(0xadf5caeau, 4);
	put(version, 4);
	put(16, 2);
	put(2, 2);
	put(size, 4);
	put_section("GENER", 4, 0);
	put(0, 4);
	put_section("CONFIG", 16 + 4 + 16 + 2, 2);
	put_section("gencap", 4, 0);
	put(0x1f5, 4);
	put_section("svcmap", 2, 0);
	put(0x21a, 2);
}

#define SECTIONS (16 + 4 + 16 + 16 + 4 + 16 + 2)

static void sections_are_shown_and_what_the_hardware_must_have(void **state)
{
	(void)state;
	put_sections(1, SECTIONS);
	assert_int_equal(read_all(), 0);
	assert_driver("qat_vfio_pci");
	assert_int_equal(result.bad_count, 0);
	assert_int_equal(value_of("stream_sections"), 2);
	assert_int_equal(value_of("stream_capabilities"), 0x1f5);
	assert_int_equal(test_finding(&result, "stream_capabilities")->rule, MIGCOMPAT_RULE_SUPERSET);
	assert_int_equal(value_of("stream_ring_to_service"), 0x21a);
	assert_string_equal(test_finding(&result, "stream_section")->text, "GENER: 4 bytes, 0 parts");
}

static void a_newer_version_of_sections_is_refused_and_an_older_one_taken(void **state)
{
	(void)state;
	put_sections(2, SECTIONS);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_version");
	at = bytes;
	put_sections(0, SECTIONS);
	assert_int_equal(read_all(), 0);
	assert_int_equal(result.bad_count, 0);
}

static void sections_that_go_beyond_the_end_are_refused(void **state)
{
	(void)state;
	put_sections(1, SECTIONS + 1);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_format");
	at = bytes;
	put_sections(1, SECTIONS - 1);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_format");
	stream_put(bytes + 8, 15, 2); /* a head that is shorter than itself */
	assert_int_equal(read_first(SECTIONS + 16, 0), 0);
	bad_alone("stream_format");
}

static void sections_that_are_cut_are_refused(void **state)
{
	(void)state;
	put_sections(1, SECTIONS);
	cut_is_refused(4, 16 + SECTIONS);
}

static void more_sections_than_there_are_bytes_do_no_harm(void **state)
{
	(void)state;
	put_sections(1, 0xffffffffu);
	stream_put(bytes + 10, 0xffff, 2);
	stream_put(bytes + 16 + 8, 0xfffffff0u, 4);
	assert_int_equal(read_first(sizeof(bytes), 0), 0);
}

/* ---------------------------------------------------------------- mlx5_vfio_pci, virtio_vfio_pci */

static void put_record(uint64_t size, uint32_t flags, uint32_t tag)
{
	put(htole64(size), 8);
	put(htole32(flags), 4);
	put(htole32(tag), 4);
	at += size < 1024 ? size : 0;
}

static void records_are_shown_one_by_one(void **state)
{
	(void)state;
	put_record(8, 1, 1);
	put_record(100, 0, 0);
	assert_int_equal(read_all(), 0);
	assert_driver("mlx5_vfio_pci or virtio_vfio_pci");
	assert_int_equal(result.bad_count, 0);
	assert_string_equal(test_finding(&result, "stream_record_1")->text, "tag 1 (size of the rest, optional), 8 bytes");
	assert_string_equal(test_finding(&result, "stream_record_2")->text, "tag 0 (data, mandatory), 100 bytes");
}

static void an_unknown_record_is_refused_where_it_is_mandatory(void **state)
{
	(void)state;
	put_record(100, 0, 0);
	put_record(4, 0, 9);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_format");
	stream_put(bytes + 116 + 8, htole32(1), 4);
	assert_int_equal(read_all(), 0);
	assert_int_equal(result.bad_count, 0);
	assert_string_equal(test_finding(&result, "stream_record_2")->text, "tag 9 (unknown, optional: it is skipped), 4 bytes");
}

static void records_that_are_cut_are_refused(void **state)
{
	(void)state;
	put_record(8, 1, 1);
	put_record(100, 0, 0);
	for (size_t len = 25; len < 24 + 116; len++) {
		assert_int_equal(read_first(len, len), 0);
		bad_alone("stream_format");
	}
	assert_int_equal(read_first(30, 24 + 116), 0); /* no more is shown, and that is no fault */
	assert_int_equal(result.bad_count, 0);
}

static void what_makes_no_sense_as_records_is_none(void **state)
{
	static const struct {
		uint64_t size;
		uint32_t flags;
		uint32_t tag;
	} first[] = {{0, 0, 0}, {8, 2, 0}, {8, 0, 9}, {(uint64_t)2 << 40, 0, 0}, {9, 1, 1}, {5000, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		at = bytes;
		put_record(first[i].size, first[i].flags, first[i].tag);
		assert_int_equal(read_first(16, 1000), -ENOMSG);
	}
	at = bytes;
	put_record(8, 1, 1);
	put_record(0, 7, 7);
	assert_int_equal(read_all(), -ENOMSG);
}

/* ---------------------------------------------------------------- xe_vfio_pci */

static void put_packet(uint8_t version, uint64_t size)
{
	put(version, 1);
	put(1, 1);
	put(0, 2);
	put(0, 4);
	put(0, 8);
	put(size, 8);
}

static void a_packet_that_tells_the_device_is_shown(void **state)
{
	(void)state;
	put_packet(1, 16);
	put(0xf001u << 16 | 1, 4);
	put(0x56a0, 4);
	put(0xf002u << 16 | 1, 4);
	put(8, 4);
	assert_int_equal(read_all(), 0);
	assert_driver("xe_vfio_pci");
	assert_int_equal(result.bad_count, 0);
	assert_int_equal(value_of("stream_device"), 0x56a0);
	assert_int_equal(value_of("stream_revision"), 8);
	assert_int_equal(test_finding(&result, "stream_revision")->rule, MIGCOMPAT_RULE_EQUAL);
}

static void packets_of_another_version_or_without_a_revision_are_refused(void **state)
{
	(void)state;
	put_packet(2, 16);
	put(0xf002u << 16 | 1, 4);
	put(8, 4);
	put(0xf001u << 16 | 1, 4);
	put(0x56a0, 4);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_version");
	stream_put(bytes, 1, 1);
	stream_put(bytes + 16, 8, 8); /* the description is the revision alone: that is no stream of xe's */
	assert_int_equal(read_all(), -ENOMSG);
	at = bytes;
	put_packet(1, 8);
	put(0xf001u << 16 | 1, 4);
	put(0x56a0, 4);
	assert_int_equal(read_all(), 0);
	bad_alone("stream_format");
}

static void packets_whose_keys_go_beyond_the_end_are_none(void **state)
{
	(void)state;
	put_packet(1, 8);
	put(0xf003u << 16 | 9, 4);
	put(0x56a0, 4);
	assert_int_equal(read_all(), -ENOMSG);
	stream_put(bytes + 16, UINT64_MAX, 8);
	assert_int_equal(read_all(), -ENOMSG);
}

/* ---------------------------------------------------------------- nobody's */

static void other_bytes_are_nobodys(void **state)
{
	(void)state;
	assert_int_equal(read_first(0, 0), -ENOMSG);
	assert_int_equal(read_first(sizeof(bytes), 0), -ENOMSG);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(read_first(sizeof(bytes), 0), -ENOMSG);
	stream_mtty(bytes, 1, 0, 2, 0);
	assert_int_equal(read_first(96, 96), -ENOMSG);
	assert_int_equal(result.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_accelerators_head_is_shown_with_its_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(an_accelerators_other_major_is_refused_in_version_2_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_head_of_the_other_byte_order_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(an_accelerators_cut_head_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(sections_are_shown_and_what_the_hardware_must_have, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_version_of_sections_is_refused_and_an_older_one_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(sections_that_go_beyond_the_end_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(sections_that_are_cut_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(more_sections_than_there_are_bytes_do_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(records_are_shown_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_record_is_refused_where_it_is_mandatory, setup, teardown),
		cmocka_unit_test_setup_teardown(records_that_are_cut_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_as_records_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_packet_that_tells_the_device_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(packets_of_another_version_or_without_a_revision_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(packets_whose_keys_go_beyond_the_end_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(other_bytes_are_nobodys, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
