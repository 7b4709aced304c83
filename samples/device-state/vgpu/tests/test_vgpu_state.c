/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A virtual GPU as state: graphics memory of the type's size, of which only used chunks
 * are allocated.
 */
#include "plugins/intel-gvt/tests/bench.h"
#include "samples/device-state/vgpu/vgpu.c"
#include "tests/support/provider_state.h"

#define SMALL                                                                               \
	"mdev_type/description", "low_gm_size: 4MB high_gm_size: 8MB fence: 4 resolution: " \
				 "1024x768"

static void memory_has_the_types_size(void **state)
{
	struct opened *opened = bench_mdev(
		*state, CHANGES("mdev_type", "i915-GVTg_V5_8", "mdev_type/description", "-"));
	struct state_port *port = provider_port(opened);

	assert_int_equal(port->info.memory_size, (uint64_t)(64 + 384) * MB);
	assert_int_equal(port->info.config_max, VGPU_CONFIG);
	port_close(port);
	opened_close(opened);
}

static void aggregated_instances_multiply_it(void **state)
{
	struct opened *opened =
		bench_mdev(*state, CHANGES("mdev_type", "i915-GVTg_V5_8", "mdev_type/description",
					   "-", "aggregated_instances", "2"));
	struct state_port *port = provider_port(opened);

	assert_int_equal(port->info.memory_size, (uint64_t)2 * (64 + 384) * MB);
	port_close(port);
	opened_close(opened);
}

static void a_running_gpu_is_copied_as_it_stopped(void **state)
{
	struct opened *a = bench_mdev(*state, CHANGES(SMALL)),
		      *b = bench_mdev(*state, CHANGES(SMALL));
	struct state_port *source = provider_port(a), *target = provider_port(b);

	provider_copy(source, target);
	port_close(source);
	port_close(target);
	opened_close(a);
	opened_close(b);
}

/* The judge accepts everything here, so the device itself refuses. */
static void refused(struct bench *bench, const char *const *source_facts,
		    const char *const *target_facts, const char *part)
{
	struct opened *a = bench_mdev(bench, source_facts), *b = bench_mdev(bench, target_facts);
	struct state_port *source = provider_port(a), *target = provider_port(b);
	struct tape tape = {0};
	struct error err = {0};

	assert_int_equal(provider_save(source, &tape, &err), 0);
	assert_int_equal(provider_load(target, &tape, &err), -EINVAL);
	assert_contains(err.text, part);
	tape_free(&tape);
	port_close(source);
	port_close(target);
	opened_close(a);
	opened_close(b);
}

static void another_kind_of_gpu_is_refused(void **state)
{
	static const char same_sum[] =
		"low_gm_size: 8MB high_gm_size: 4MB fence: 4 resolution: 1024x768";
	static const char fences[] =
		"low_gm_size: 4MB high_gm_size: 8MB fence: 5 resolution: 1024x768";
	static const char larger[] =
		"low_gm_size: 4MB high_gm_size: 9MB fence: 4 resolution: 1024x768";

	refused(*state, CHANGES(SMALL), CHANGES("mdev_type/description", same_sum),
		"low graphics memory");
	refused(*state, CHANGES(SMALL), CHANGES("mdev_type/description", fences), "fences");
	refused(*state, CHANGES(SMALL), CHANGES("mdev_type/description", larger),
		"bytes of memory");
	refused(*state, CHANGES(SMALL, "mdev_type", "-"),
		CHANGES(SMALL, "mdev_type", "i915-GVTg_V4_4", "parent/device", "0x1616"),
		"another generation");
}

static void too_little_low_memory_is_told(void **state)
{
	struct opened *opened = bench_mdev(
		*state,
		CHANGES("mdev_type/description",
			"low_gm_size: 1MB high_gm_size: 8MB fence: 4 resolution: 1024x768"));
	struct state_port *port = NULL;
	struct error err = {0};

	assert_int_equal(opened_state(opened, &port, &err), -ERANGE);
	assert_contains(err.text, "1 MB of low graphics memory");
	opened_close(opened);
}

/* ---------------------------------------------------------------- the GPU itself */

static const struct vgpu_shape shape = {
	.generation = 9, .low_mb = 4, .high_mb = 8, .fences = 4, .pci_device = 0x1912};

static void zeros_take_no_room_and_bytes_a_chunk(void **state)
{
	static const uint8_t zeros[4096], byte[4096] = {[4095] = 1};
	struct vgpu_memory memory = {0};
	uint8_t read[8192];

	(void)state;
	assert_int_equal(vgpu_memory_make(&memory, MB), 0);
	assert_int_equal(vgpu_memory_write(&memory, 0, zeros, sizeof(zeros)), 0);
	assert_null(memory.chunks[0]);
	assert_int_equal(vgpu_memory_write(&memory, VGPU_CHUNK - 4096, byte, sizeof(byte)), 0);
	assert_non_null(memory.chunks[0]);
	assert_null(memory.chunks[1]);
	vgpu_memory_read(&memory, VGPU_CHUNK - 4096, read,
			 sizeof(read)); /* across the end of the chunk */
	assert_memory_equal(read, byte, sizeof(byte));
	assert_memory_equal(read + 4096, zeros, sizeof(zeros));
	/* Zeros count after other bytes. */
	assert_int_equal(vgpu_memory_write(&memory, VGPU_CHUNK - 4096, zeros, sizeof(zeros)), 0);
	vgpu_memory_read(&memory, VGPU_CHUNK - 4096, read, sizeof(read));
	assert_memory_equal(read, zeros, sizeof(zeros));
	vgpu_memory_free(&memory);
}

static void it_works_in_ring_memory_and_display_and_marks_what_it_wrote(void **state)
{
	struct vgpu vgpu;
	uint64_t pages;

	(void)state;
	assert_int_equal(vgpu_make(&vgpu, &shape, 7), 0);
	vgpu_run(&vgpu, 5000);
	pages = migcompat_dirty_count(vgpu.marks, vgpu.memory.size / PAGE);
	assert_true(pages > 500);
	assert_int_equal(get(vgpu.mmio, VGPU_RING_HEAD), get(vgpu.mmio, VGPU_RING_TAIL));
	assert_true(get(vgpu.mmio, VGPU_FRAME_COUNT) > 0);
	for (uint64_t page = 0; page < vgpu.memory.size / PAGE; page++) {
		uint8_t bytes[PAGE];

		vgpu_memory_read(&vgpu.memory, page * PAGE, bytes, PAGE);
		if (!(vgpu.marks[page / 64] >> (page % 64) & 1))
			assert_true(all_zeros(bytes, PAGE));
	}
	vgpu_free(&vgpu);
}

static void a_config_with_places_that_are_not_there_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *part;
	} changes[] = {
		{0, 0, "begin"},
		{8, 2, "version"},
		{12, 1, "length"},
		{40, 0, "length"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_RING_TAIL, VGPU_RING, "ring"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_RING_TAIL, 4, "ring"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_RING_HEAD, VGPU_RING, "ring"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_RING_START, 4 * MB, "ring"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_RING_START, 8, "ring"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_SURFACE, 0xffffffff, "display"},
		{VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_SURFACE, 3 * MB + PAGE, "display"},
	};
	uint8_t *bytes = malloc(VGPU_CONFIG), *before = malloc(VGPU_CONFIG),
		*after = malloc(VGPU_CONFIG);
	struct vgpu vgpu;

	(void)state;
	assert_true(bytes && before && after);
	assert_int_equal(vgpu_make(&vgpu, &shape, 1), 0);
	vgpu_config_put(&vgpu, before);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *wrong;

		memcpy(bytes, before, VGPU_CONFIG);
		put(bytes, changes[i].at, changes[i].value);
		if (changes[i].at == 40)
			put(bytes, 44, 0);
		wrong = vgpu_config_get(&vgpu, bytes, VGPU_CONFIG);
		if (!wrong)
			fail_msg("it was taken, expected \"%s\"", changes[i].part);
		assert_contains(wrong, changes[i].part);
		vgpu_config_put(&vgpu, after);
		assert_memory_equal(before, after, VGPU_CONFIG);
	}
	assert_non_null(vgpu_config_get(&vgpu, before, VGPU_CONFIG / 2));
	assert_non_null(vgpu_config_get(&vgpu, before, 10));
	vgpu_free(&vgpu);
	free(bytes);
	free(before);
	free(after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_has_the_types_size),
		TEST(aggregated_instances_multiply_it),
		TEST(a_running_gpu_is_copied_as_it_stopped),
		TEST(another_kind_of_gpu_is_refused),
		TEST(too_little_low_memory_is_told),
		cmocka_unit_test(zeros_take_no_room_and_bytes_a_chunk),
		cmocka_unit_test(it_works_in_ring_memory_and_display_and_marks_what_it_wrote),
		cmocka_unit_test(a_config_with_places_that_are_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
