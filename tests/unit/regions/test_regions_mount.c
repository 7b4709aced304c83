/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounting regions: their memory, a device that breaks rules, and another process that writes. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/regions_bench.h"

/* ---------------------------------------------------------------- memory */

static void the_memfd_can_be_neither_cut_nor_grown(void **state)
{
	struct bench *bench = *state;
	int fd = migcompat_regions_fd(bench->regions);

	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 1 << 30), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* A process that has the descriptor and knows nothing else. */
static int other_process(int fd)
{
	const struct migcompat_control *control = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	const struct migcompat_region_place *place;
	const uint8_t *memory;
	int sum = 0;

	if (control == MAP_FAILED)
		return 1;
	place = &control->regions[MIGCOMPAT_REGION_MEMORY];
	memory = mmap(NULL, place->size, PROT_READ, MAP_SHARED, fd, (off_t)place->offset);
	if (memory == MAP_FAILED || control->memory.size != 2 * PAGE ||
	    control->memory.position != 5 * PAGE)
		return 1;
	for (size_t i = 0; i < 2 * PAGE; i++)
		sum |= memory[i] ^ 0x5a;
	return sum ? 1 : 0;
}

static void another_process_reads_what_was_got(void **state)
{
	struct bench *bench = *state;
	int status = -1;
	pid_t child;

	memset(bench->card.memory + 3 * PAGE, 0x5a, 2 * PAGE);
	put(bench, AT(memory.size), 2 * PAGE);
	put(bench, AT(memory.position), 3 * PAGE);
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
	child = fork();
	if (child == 0)
		_exit(other_process(migcompat_regions_fd(bench->regions)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void what_others_write_to_the_mapped_control_region_decides_nothing(void **state)
{
	struct bench *bench = *state;
	struct migcompat_control *control = map(bench, MIGCOMPAT_REGION_CONTROL);

	memset(control, 0xff, sizeof(*control));
	assert_int_equal(get(bench, AT(device_state)), MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(put(bench, AT(memory.size), PAGE), 0);
	assert_int_equal(control->device_state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(control->regions[MIGCOMPAT_REGION_MEMORY].size, MIGCOMPAT_STATE_WINDOW);
}

static void regions_are_there_by_capability(void **state)
{
	struct migcompat_regions *regions = NULL;
	struct card card;
	size_t size = 1;

	(void)state;
	card_make(&card, 0, 0);
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), 0);
	assert_null(migcompat_regions_map(regions, MIGCOMPAT_REGION_MEMORY, &size));
	assert_int_equal(size, 0);
	assert_null(migcompat_regions_map(regions, MIGCOMPAT_REGION_DIRTY, NULL));
	assert_null(migcompat_regions_map(regions, MIGCOMPAT_REGION_ENUM_COUNT, NULL));
	assert_non_null(migcompat_regions_map(regions, MIGCOMPAT_REGION_CONFIG, &size));
	assert_int_equal(size, sizeof(struct card_config));
	migcompat_regions_free(regions);
	card_free(&card);
}

static void a_device_of_one_page_has_room_for_its_record(void **state)
{
	struct migcompat_regions *regions = NULL;
	struct card card;
	uint64_t size = 0;

	(void)state;
	card_make(&card, 1, MIGCOMPAT_CAP_LOGGING);
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), 0);
	migcompat_regions_write(regions, AT(version), 1);
	migcompat_regions_write(regions, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	assert_int_equal(migcompat_regions_write(regions, AT(memory.action), MIGCOMPAT_GET_BUFFER),
			 0);
	assert_int_equal(migcompat_regions_read(regions, AT(memory.size), &size), 0);
	assert_int_equal(size, RECORD);
	migcompat_regions_free(regions);
	card_free(&card);
}

/* ---------------------------------------------------------------- vendors */

static int mount_with(struct migcompat_device_state table, struct migcompat_device_state_info info)
{
	struct migcompat_regions *regions = NULL;
	struct card card;
	int r;

	card_make(&card, 4, 0);
	card.info = info;
	r = migcompat_regions_new(&table, &card, &regions);
	migcompat_regions_free(regions);
	card.info.memory_size = 4 * PAGE;
	card_free(&card);
	return r;
}

static void tables_that_lack_what_they_promise_are_refused(void **state)
{
	const struct migcompat_device_state_info full = {
		sizeof(full), 4 * PAGE, 100, MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY};
	struct migcompat_device_state table = card_table;

	(void)state;
	assert_int_equal(mount_with(table, full), 0);
#define LACKS(member)        \
	table = card_table;  \
	table.member = NULL; \
	assert_int_equal(mount_with(table, full), -EPROTO)
	LACKS(info);
	LACKS(set_state);
	LACKS(config_read);
	LACKS(config_write);
	LACKS(memory_read);
	LACKS(memory_write);
	LACKS(memory_discard);
	LACKS(dirty_count);
	LACKS(dirty_take);
	LACKS(system_dirty);
#undef LACKS
	table = card_table;
	table.struct_size = offsetof(struct migcompat_device_state, config_write);
	assert_int_equal(mount_with(table, full), -EPROTO);
	table.struct_size = 65537;
	assert_int_equal(mount_with(table, full), -EPROTO);
}

static void a_shorter_table_serves_a_device_without_memory(void **state)
{
	struct migcompat_device_state table = card_table;

	(void)state;
	table.struct_size = offsetof(struct migcompat_device_state, memory_read);
	assert_int_equal(mount_with(table,
				    (struct migcompat_device_state_info){
					    sizeof(struct migcompat_device_state_info), 0, 100, 0}),
			 0);
	assert_int_equal(
		mount_with(table,
			   (struct migcompat_device_state_info){
				   sizeof(struct migcompat_device_state_info), PAGE, 100, 0}),
		-EPROTO);
}

static void sizes_and_capabilities_that_make_no_sense_are_refused(void **state)
{
	const size_t size = sizeof(struct migcompat_device_state_info);
	const struct migcompat_device_state_info wrong[] = {
		{size, PAGE + 1, 100, 0},
		{size, ((uint64_t)1 << 40) + PAGE, 100, 0},
		{size, PAGE, 0, 0},
		{size, PAGE, MIGCOMPAT_STATE_CONFIG_MAX + 1, 0},
		{size, PAGE, 100, 8},
		{size, PAGE, 100, MIGCOMPAT_CAP_SYSTEM_MEMORY},
		{size, 0, 100, MIGCOMPAT_CAP_DEVICE_MEMORY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(mount_with(card_table, wrong[i]), -EPROTO);
}

static void a_vendor_that_cannot_tell_its_sizes_is_not_mounted(void **state)
{
	struct migcompat_regions *regions = NULL;
	struct card card;

	(void)state;
	card_make(&card, 4, 0);
	card.fail[CARD_INFO] = -ENOTTY;
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), -ENOTTY);
	card.fail[CARD_INFO] = 1;
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), -EPROTO);
	assert_null(regions);
	card_free(&card);
}

static void a_read_is_of_a_whole_field_or_fails(void **state)
{
	struct bench *bench = *state;
	uint64_t value = 7;

	assert_int_equal(migcompat_regions_read(bench->regions, 2, 4, &value), -EINVAL);
	assert_int_equal(migcompat_regions_read(bench->regions, AT(config.reserved), &value),
			 -EINVAL);
	assert_int_equal(migcompat_regions_read(bench->regions,
						offsetof(struct migcompat_control, config.size), 4,
						&value),
			 -EINVAL);
	assert_contains(migcompat_regions_message(bench->regions), "no field of 4 bytes");
	put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	bench->card.fail[CARD_DIRTY_COUNT] = -EIO;
	assert_int_equal(migcompat_regions_read(bench->regions, AT(memory.total), &value), -EIO);
	assert_int_equal(value, 7);
	put(bench, AT(dirty.start), (uint64_t)5 << 40);
	assert_int_equal(get(bench, AT(dirty.start)), (uint64_t)5 << 40);
}

static void a_vendors_sentence_goes_with_its_errno(void **state)
{
	struct bench *bench = *state;

	bench->card.fail[CARD_CONFIG_READ] = -ENOSPC;
	bench->card.message = "the card is on fire";
	assert_int_equal(put(bench, AT(config.action), MIGCOMPAT_GET_BUFFER), -ENOSPC);
	assert_contains(migcompat_regions_message(bench->regions), "the card is on fire");
	bench->card.message = NULL;
	assert_int_equal(put(bench, AT(config.action), MIGCOMPAT_GET_BUFFER), -ENOSPC);
	assert_contains(migcompat_regions_message(bench->regions), "No space left");
}

static void an_answer_that_is_no_errno_is_refused(void **state)
{
	struct bench *bench = *state;

	bench->card.fail[CARD_SET_STATE] = 1;
	assert_int_equal(put(bench, AT(device_state), MIGCOMPAT_DEVICE_STOPPED), -EPROTO);
	bench->card.fail[CARD_SET_STATE] = -5000;
	assert_int_equal(put(bench, AT(device_state), MIGCOMPAT_DEVICE_STOPPED), -EPROTO);
	bench->card.fail[CARD_CONFIG_READ] = sizeof(struct card_config) + 1;
	assert_int_equal(put(bench, AT(config.action), MIGCOMPAT_GET_BUFFER), -EPROTO);
}

static void pages_that_nobody_asked_for_are_refused(void **state)
{
	struct bench *bench = *state;

	bench->card.foreign_pages = true;
	put(bench, AT(memory.size), PAGE);
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), -EPROTO);
}

static int count_more_than_there_are(void *session, uint64_t *ret_pages)
{
	(void)session;
	*ret_pages = PAGES + 1;
	return 0;
}

static int take_more_than_asked_for(void *session, uint64_t first, uint64_t count,
				    uint64_t *ret_pages, size_t max)
{
	(void)session;
	(void)count;
	for (size_t i = 0; i < max; i++)
		ret_pages[i] = first + i;
	return (int)max + 1;
}

static void more_pages_than_there_are_are_refused(void **state)
{
	struct bench *bench = *state;
	struct migcompat_device_state table = card_table;
	struct migcompat_regions *regions = NULL;
	uint64_t total;

	table.dirty_count = count_more_than_there_are;
	table.dirty_take = take_more_than_asked_for;
	assert_int_equal(migcompat_regions_new(&table, &bench->card, &regions), 0);
	migcompat_regions_write(regions, AT(version), 1);
	migcompat_regions_write(regions, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	assert_int_equal(migcompat_regions_read(regions, AT(memory.total), &total), -EPROTO);
	assert_contains(migcompat_regions_message(regions), "more than there are");
	assert_int_equal(migcompat_regions_write(regions, AT(memory.action), MIGCOMPAT_GET_BUFFER),
			 -EPROTO);
	assert_contains(migcompat_regions_message(regions), "dirty_take gave");
	migcompat_regions_free(regions);
}

static void a_page_that_may_be_lost_is_never_passed_over(void **state)
{
	struct bench *bench = *state;

	put(bench, AT(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING);
	bench->card.fail[CARD_MEMORY_READ] = -EIO;
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), -EIO);
	bench->card.fail[CARD_MEMORY_READ] = 0;
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), -EIO);
	put(bench, AT(device_state), MIGCOMPAT_DEVICE_STOPPED);
	put(bench, AT(memory.size), PAGE);
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), -EIO);
	assert_contains(migcompat_regions_message(bench->regions), "lost");
}

/* Without marks every page is read each time, so none can be lost. */
static void what_failed_may_be_got_again_where_nothing_is_logged(void **state)
{
	struct migcompat_regions *regions = NULL;
	struct card card;

	(void)state;
	card_make(&card, 4, 0);
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), 0);
	migcompat_regions_write(regions, AT(version), 1);
	migcompat_regions_write(regions, AT(memory.size), PAGE);
	card.fail[CARD_MEMORY_READ] = -EIO;
	assert_int_equal(migcompat_regions_write(regions, AT(memory.action), MIGCOMPAT_GET_BUFFER),
			 -EIO);
	card.fail[CARD_MEMORY_READ] = 0;
	assert_int_equal(migcompat_regions_write(regions, AT(memory.action), MIGCOMPAT_GET_BUFFER),
			 0);
	migcompat_regions_free(regions);
	card_free(&card);
}

/* Another process writes to the region while the config is checked. */
static struct card_config *shared_config;

static int config_write_while_others_write(void *session, const void *config, size_t len)
{
	shared_config->magic = 0;
	return card_config_write(session, config, len);
}

static void a_config_is_copied_before_it_is_checked(void **state)
{
	struct migcompat_device_state table = card_table;
	struct migcompat_regions *regions = NULL;
	struct card card;

	(void)state;
	card_make(&card, 0, 0);
	table.config_write = config_write_while_others_write;
	assert_int_equal(migcompat_regions_new(&table, &card, &regions), 0);
	shared_config = migcompat_regions_map(regions, MIGCOMPAT_REGION_CONFIG, NULL);
	*shared_config = (struct card_config){
		.magic = CARD_MAGIC, .size = sizeof(*shared_config), .registers = {42}};
	migcompat_regions_write(regions, AT(version), 1);
	migcompat_regions_write(regions, AT(device_state), MIGCOMPAT_DEVICE_STOPPED);
	migcompat_regions_write(regions, AT(config.size), sizeof(*shared_config));
	assert_int_equal(migcompat_regions_write(regions, AT(config.action), MIGCOMPAT_SET_BUFFER),
			 0);
	assert_int_equal(card.config.registers[0], 42);
	migcompat_regions_free(regions);
	card_free(&card);
}

static void a_load_that_is_left_alone_is_dropped_with_the_regions(void **state)
{
	struct migcompat_regions *regions = NULL;
	struct card card;

	(void)state;
	card_make(&card, 4, 0);
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), 0);
	migcompat_regions_write(regions, AT(version), 1);
	migcompat_regions_write(regions, AT(device_state), MIGCOMPAT_DEVICE_STOPPED);
	migcompat_regions_write(regions, AT(memory.size), PAGE);
	assert_int_equal(migcompat_regions_write(regions, AT(memory.action), MIGCOMPAT_SET_BUFFER),
			 0);
	assert_true(card.staging);
	migcompat_regions_free(regions);
	assert_false(card.staging);
	card_free(&card);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_memfd_can_be_neither_cut_nor_grown),
		TEST(another_process_reads_what_was_got),
		TEST(what_others_write_to_the_mapped_control_region_decides_nothing),
		cmocka_unit_test(regions_are_there_by_capability),
		cmocka_unit_test(a_device_of_one_page_has_room_for_its_record),
		cmocka_unit_test(tables_that_lack_what_they_promise_are_refused),
		cmocka_unit_test(a_shorter_table_serves_a_device_without_memory),
		cmocka_unit_test(sizes_and_capabilities_that_make_no_sense_are_refused),
		cmocka_unit_test(a_vendor_that_cannot_tell_its_sizes_is_not_mounted),
		TEST(a_read_is_of_a_whole_field_or_fails),
		TEST(a_vendors_sentence_goes_with_its_errno),
		TEST(an_answer_that_is_no_errno_is_refused),
		TEST(pages_that_nobody_asked_for_are_refused),
		TEST(more_pages_than_there_are_are_refused),
		TEST(a_page_that_may_be_lost_is_never_passed_over),
		cmocka_unit_test(what_failed_may_be_got_again_where_nothing_is_logged),
		cmocka_unit_test(a_config_is_copied_before_it_is_checked),
		cmocka_unit_test(a_load_that_is_left_alone_is_dropped_with_the_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
