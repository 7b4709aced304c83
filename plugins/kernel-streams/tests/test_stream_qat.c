/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of qat_vfio_pci, as the driver loads it. */
#include <errno.h>

#include "build.h"

#define DRIVER "qat_vfio_pci"
#define BLOCK 4096u
#define HEAD 16u /* bytes of a preamble and of a section's head */

/* Sizes and values that a test may change. */
static struct {
	uint32_t gencap, iovinit, vimsk; /* bytes */
	uint32_t slas;
} wish;

static uint8_t *state_preamble;

static uint8_t *begin_section(const char *name, uint32_t size, uint32_t parts)
{
	uint8_t *head = at;

	strncpy((char *)at, name, 8);
	at += 8;
	put(size, 4);
	put(parts, 4);
	return head;
}

static void leaf(const char *name, uint32_t size, uint64_t value)
{
	begin_section(name, size, 0);
	memcpy(at, &value, size < 8 ? size : 8);
	at += size;
}

/* The section contains what was put since its head. */
static void end_section(uint8_t *head)
{
	stream_put(head + 8, (uint64_t)(at - head) - HEAD, 4);
}

static uint8_t *begin_preamble(uint16_t sections)
{
	uint8_t *head = at;

	put(0xadf5caeau, 4);
	put(1, 4);
	put(HEAD, 2);
	put(sections, 2);
	put(0, 4);
	return head;
}

static void end_preamble(uint8_t *head)
{
	stream_put(head + 12, (uint64_t)(at - head) - HEAD, 4);
}

static void put_setup(void)
{
	uint8_t *preamble = begin_preamble(1), *section = begin_section("CONFIG", 0, 3);

	leaf("gencap", wish.gencap, 0x1f);
	leaf("svcmap", 2, 0x249);
	leaf("extdc", 4, 7);
	end_section(section);
	end_preamble(preamble);
}

static void put_general(void)
{
	uint8_t *section = begin_section("GENER", 0, 3), *sla;

	leaf("iovinit", wish.iovinit, 1);
	leaf("compver", 1, 4);
	sla = begin_section("sla", 0, 0);
	for (uint32_t i = 0; i < wish.slas; i++) {
		put(i, 4); /* service */
		put(0, 4);
		put(0xf0u << i, 8);
		put(100 + i, 4);
		put(200 + i, 4);
	}
	end_section(sla);
	end_section(section);
}

static void put_registers(void)
{
	uint8_t *section = begin_section("MISCBAR", 0, 6);

	leaf("visrc", 4, 0);
	leaf("vimsk", wish.vimsk, 0);
	leaf("vispv", 4, 0);
	leaf("vimpv", 4, 0);
	leaf("pf2vm", 4, 0);
	leaf("vm2pf", 4, 0);
	end_section(section);
}

static void put_banks(void)
{
	static const char *const names[] = {"bnk0", "bnk1", "bnk2", "bnk3"};
	uint8_t *section = begin_section("ETRBAR", 0, 4), *bank;

	for (size_t i = 0; i < 4; i++) {
		bank = begin_section(names[i], 0, 1);
		leaf("mregs", 472, i);
		end_section(bank);
	}
	end_section(section);
}

static void put_block(void)
{
	memset(bytes, 0, sizeof(bytes));
	at = bytes;
	put_setup();
	state_preamble = begin_preamble(3);
	put_general();
	put_registers();
	put_banks();
	end_preamble(state_preamble);
	at = bytes + BLOCK;
}

static int setup_block(void **state)
{
	wish.gencap = 4;
	wish.iovinit = 1;
	wish.vimsk = 4;
	wish.slas = 0;
	setup(state);
	put_block();
	return 0;
}

/* The head of the first section of this name. */
static uint8_t *section_of(const char *name)
{
	uint8_t *head = memmem(bytes, BLOCK, name, strlen(name));

	assert_non_null(head);
	return head;
}

static void what_the_hardware_must_have_is_shown(void **state)
{
	(void)state;
	assert_taken(DRIVER);
	assert_for_target("stream_capabilities", MIGCOMPAT_RULE_SUPERSET, 0x1f);
	assert_for_target("stream_ring_to_service", MIGCOMPAT_RULE_EQUAL, 0x249);
	assert_for_target("stream_extended_compression", MIGCOMPAT_RULE_SUPERSET, 7);
	assert_int_equal(value_of("stream_vf_driver_version"), 4);
	assert_int_equal(value_of("stream_slas"), 0);
}

static void a_newer_version_is_refused_and_an_older_one_taken(void **state)
{
	(void)state;
	stream_put(bytes + 4, 2, 4);
	assert_refused(DRIVER, "stream_version");
	stream_put(bytes + 4, 0, 4);
	assert_taken(DRIVER);
}

static void the_second_preambles_version_counts_as_well(void **state)
{
	(void)state;
	stream_put(state_preamble + 4, 2, 4);
	assert_refused(DRIVER, "stream_state_version");
	assert_int_equal(bad_of(DRIVER), 1);
	stream_put(state_preamble + 4, 0, 4);
	assert_taken(DRIVER);
}

static void a_second_preamble_without_a_magic_is_refused(void **state)
{
	(void)state;
	stream_put(state_preamble, 0, 4);
	assert_refused(DRIVER, "stream_magic");
}

static void a_setup_that_leaves_no_room_for_a_state_is_refused(void **state)
{
	(void)state;
	stream_put(bytes + 12, BLOCK - HEAD, 4);
	assert_refused(DRIVER, "stream_preamble");
	stream_put(bytes + 12, 0xffffffffu, 4);
	assert_refused(DRIVER, "stream_preamble");
}

static void every_named_section_must_be_there(void **state)
{
	static const char *const names[] = {
		"CONFIG", "gencap",  "svcmap", "extdc", "GENER", "iovinit", "compver",
		"sla",    "MISCBAR", "vimsk",  "vimpv", "pf2vm", "vm2pf",   "ETRBAR",
		"bnk0",   "bnk1",    "bnk2",   "bnk3",  "mregs",
	};
	char field[32];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_block();
		*section_of(names[i]) = '?';
		snprintf(field, sizeof(field), "stream_%s", names[i]);
		assert_refused(DRIVER, field);
		assert_int_equal(bad_of(DRIVER), 1);
	}
}

static void sections_that_nobody_loads_may_be_missing(void **state)
{
	(void)state;
	*section_of("visrc") = '?';
	*section_of("vispv") = '?';
	assert_taken(DRIVER);
}

static void a_mask_has_at_most_8_bytes(void **state)
{
	(void)state;
	for (uint32_t size = 0; size <= 9; size++) {
		wish.gencap = size;
		put_block();
		if (size <= 8)
			assert_taken(DRIVER);
		else
			assert_refused(DRIVER, "stream_gencap");
	}
}

static void a_register_has_its_own_size(void **state)
{
	(void)state;
	wish.vimsk = 3;
	put_block();
	assert_refused(DRIVER, "stream_vimsk");
	wish.vimsk = 4;
	wish.iovinit = 2;
	put_block();
	assert_refused(DRIVER, "stream_iovinit");
	assert_contains(text_of("stream_iovinit"), "it has 2 bytes, expected 1");
}

static void an_unknown_driver_of_the_vf_is_a_warning(void **state)
{
	(void)state;
	section_of("compver")[HEAD] = 0;
	assert_int_equal(read_all(), 0);
	assert_int_equal(bad_of(DRIVER), 0);
	assert_int_equal(value_of("stream_vf_driver_version"), 0);
	section_of("compver")[HEAD] = 200; /* newer than any; the driver accepts it */
	assert_taken(DRIVER);
}

static void slas_are_pairs_with_rates(void **state)
{
	(void)state;
	wish.slas = 2;
	put_block();
	assert_taken(DRIVER);
	assert_int_equal(value_of("stream_slas"), 2);
	assert_for_target("stream_sla_1", MIGCOMPAT_RULE_EQUAL, 0xf0);
	assert_for_target("stream_sla_2", MIGCOMPAT_RULE_EQUAL, 0x1e0);
	assert_for_target("stream_sla_2_cir", MIGCOMPAT_RULE_AT_LEAST, 101);
	assert_for_target("stream_sla_2_pir", MIGCOMPAT_RULE_AT_LEAST, 201);
	assert_contains(text_of("stream_sla_2"), "service 1");
}

static void more_slas_than_are_shown_are_counted(void **state)
{
	(void)state;
	wish.slas = 20;
	put_block();
	assert_taken(DRIVER);
	assert_int_equal(value_of("stream_slas"), 20);
	assert_contains(text_of("stream_slas"), "not all are shown");
}

static void every_other_length_is_refused(void **state)
{
	static const size_t lengths[] = {4,   15,   16,        33,        90,       106,
					 500, 2100, BLOCK - 1, BLOCK + 1, BYTES_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		at = bytes + lengths[i];
		assert_refused(DRIVER, "stream_length");
	}
	assert_int_equal(read_first(3, 3), -ENOMSG);
	assert_int_equal(read_first(BYTES_MAX, 0), 0);
	assert_int_equal(bad_of(DRIVER), 1);
}

static void a_section_that_goes_beyond_its_parent_is_refused(void **state)
{
	(void)state;
	stream_put(section_of("gencap") + 8, 60, 4);
	assert_refused(DRIVER, "stream_section");
	put_block();
	stream_put(section_of("bnk3") + 12, 0xffffffffu, 4);
	assert_refused(DRIVER, "stream_section");
	put_block();
	stream_put(bytes + 10, 2, 2);
	assert_refused(DRIVER, "stream_section");
	put_block();
	stream_put(section_of("ETRBAR") + 8, 0xfffffff0u, 4);
	assert_refused(DRIVER, "stream_section");
}

static void the_other_byte_order_is_told(void **state)
{
	(void)state;
	assert_swapped_is_told(DRIVER, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_hardware_must_have_is_shown, setup_block,
						teardown),
		cmocka_unit_test_setup_teardown(a_newer_version_is_refused_and_an_older_one_taken,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(the_second_preambles_version_counts_as_well,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(a_second_preamble_without_a_magic_is_refused,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(a_setup_that_leaves_no_room_for_a_state_is_refused,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(every_named_section_must_be_there, setup_block,
						teardown),
		cmocka_unit_test_setup_teardown(sections_that_nobody_loads_may_be_missing,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(a_mask_has_at_most_8_bytes, setup_block, teardown),
		cmocka_unit_test_setup_teardown(a_register_has_its_own_size, setup_block, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_driver_of_the_vf_is_a_warning,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(slas_are_pairs_with_rates, setup_block, teardown),
		cmocka_unit_test_setup_teardown(more_slas_than_are_shown_are_counted, setup_block,
						teardown),
		cmocka_unit_test_setup_teardown(every_other_length_is_refused, setup_block,
						teardown),
		cmocka_unit_test_setup_teardown(a_section_that_goes_beyond_its_parent_is_refused,
						setup_block, teardown),
		cmocka_unit_test_setup_teardown(the_other_byte_order_is_told, setup_block,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
