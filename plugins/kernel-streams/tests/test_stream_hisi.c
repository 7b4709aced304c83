/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of hisi_acc_vfio_pci, as the driver loads it. */
#include <errno.h>

#include "build.h"

#define DRIVER "hisi_acc_vfio_pci"
#define V1 0xcdcdcdcdfeedaaccu
#define V2 0xaaccfeeddecadedeu
#define READY 0
#define NOT_READY 1

static void put_head(uint64_t magic, uint16_t major, uint32_t state)
{
	at = bytes;
	put(magic, 8);
	put(1024, 4); /* qp_num */
	put(0xa251, 4);
	put(0x11, 4);
	put(64, 4);
	put(state, 4);
	put(major, 2);
	put(7, 2);
	put(0, 8);
}

static void put_whole(uint64_t magic)
{
	put_head(magic, 1, READY);
	memset(at, 0x5a, 136);
	at += 136;
}

static void a_head_is_shown_with_its_rules(void **state)
{
	(void)state;
	put_head(V2, 1, NOT_READY);
	assert_taken(DRIVER);
	assert_for_target("stream_qp_num", MIGCOMPAT_RULE_EQUAL, 1024);
	assert_for_target("stream_dev_id", MIGCOMPAT_RULE_EQUAL, 0xa251);
	assert_for_target("stream_que_iso_cfg", MIGCOMPAT_RULE_EQUAL, 0x11);
	assert_int_equal(value_of("stream_qp_base"), 64);
	assert_int_equal(value_of("stream_minor"), 7);
	assert_int_equal(test_finding(&result, "stream_qp_base")->rule, MIGCOMPAT_RULE_INFO);
}

static void fields_stand_in_the_drivers_order(void **state)
{
	static const char *const order[] = {"stream_driver", "stream_magic",  "stream_major",
					    "stream_dev_id", "stream_qp_num", "stream_que_iso_cfg"};

	(void)state;
	put_head(V2, 1, NOT_READY);
	assert_int_equal(read_all(), 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_string_equal(result.findings[i].field, order[i]);
}

static void a_whole_one_is_taken(void **state)
{
	(void)state;
	put_whole(V2);
	assert_taken(DRIVER);
}

static void every_other_length_is_refused(void **state)
{
	(void)state;
	put_whole(V2);
	for (size_t len = 0; len < 400; len++) {
		at = bytes + len;
		if (len < 8)
			assert_int_equal(read_all(), -ENOMSG);
		else if (len != 40 && len != 176)
			assert_refused(DRIVER, "stream_length");
	}
	assert_int_equal(read_first(BYTES_MAX, 0), 0);
	assert_int_equal(bad_of(DRIVER), 1);
	assert_contains(text_of("stream_length"), "it has 65536 bytes or more, expected 40 or 176");
}

static void another_major_is_refused_in_version_2_alone(void **state)
{
	(void)state;
	put_head(V2, 2, NOT_READY);
	assert_refused(DRIVER, "stream_major");
	assert_string_equal(text_of("stream_major"), "stream_major at offset 28 is 2, expected 1");
	put_head(V1, 2, NOT_READY);
	assert_taken(DRIVER);
}

static void a_vf_that_is_ready_without_registers_is_a_warning(void **state)
{
	(void)state;
	put_head(V2, 1, READY);
	assert_int_equal(read_all(), 0);
	assert_int_equal(bad_of(DRIVER), 0);
	assert_int_equal(result.findings[result.count - 1].status, MIGCOMPAT_STATUS_WARN);
	assert_contains(
		result.findings[result.count - 1].text,
		"stream_vf_qm_state at offset 24: the VF is READY, but its registers are missing");
}

static void a_queue_without_an_address_is_a_warning(void **state)
{
	(void)state;
	put_whole(V2);
	stream_put(bytes + 152, 0, 8);
	assert_int_equal(read_all(), 0);
	assert_int_equal(bad_of(DRIVER), 0);
	assert_contains(text_of("stream_dma"), "stream_dma at offset 152: a queue has no address");
	put_whole(V1); /* the driver computes this address again */
	stream_put(bytes + 152, 0, 8);
	assert_taken(DRIVER);
}

static void the_other_byte_order_is_told(void **state)
{
	(void)state;
	put_whole(V2);
	assert_swapped_is_told(DRIVER, 8);
	put_whole(V1);
	assert_swapped_is_told(DRIVER, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_head_is_shown_with_its_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_stand_in_the_drivers_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_whole_one_is_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(every_other_length_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(another_major_is_refused_in_version_2_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_vf_that_is_ready_without_registers_is_a_warning,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_queue_without_an_address_is_a_warning, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_other_byte_order_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
