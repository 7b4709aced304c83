/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of <migcompat/device-state.h>, a test a cell: earlier writes, the write, and its
 * result. A refused write leaves the device in its state, and loads nothing.
 */
#include "tests/support/test.h"
#include "tests/unit/regions/regions_cells.h"

/* ---------------------------------------------------------------- running a cell */

static void device_make(struct card *card, enum device device)
{
	static const uint32_t capabilities[] = {
		[FULL] = MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY,
		[NO_LOGGING] = 0,
		[NO_MEMORY] = MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY,
		[NO_SYSTEM] = MIGCOMPAT_CAP_LOGGING,
	};

	card_make(card, device == NO_MEMORY ? 0 : PAGES, capabilities[device]);
	card_fill(card, 1);
}

static void regions_prepare(const struct cell *cell, struct migcompat_regions *regions,
			    struct card *card)
{
	static const struct card_config good = {
		.magic = CARD_MAGIC, .size = sizeof(good), .registers = {1}};
	struct card_config *config = migcompat_regions_map(regions, MIGCOMPAT_REGION_CONFIG, NULL);
	struct migcompat_dirty_record *records =
		migcompat_regions_map(regions, MIGCOMPAT_REGION_MEMORY, NULL);

	*config = good;
	if (!cell->no_version)
		assert_int_equal(migcompat_regions_write(regions, FIELD(version), 1), 0);
	for (size_t i = 0; i < WRITES_MAX && cell->before[i].size; i++)
		migcompat_regions_write(regions, cell->before[i].offset, cell->before[i].size,
					cell->before[i].value);
	*config = good;
	if (records)
		memset(records, 0, 2 * sizeof(*records));
	if (cell->how == HALF_CONFIG)
		config->magic++;
	if (cell->how == BAD_RECORD)
		records[1].page_number[0] = PAGES;
	if (cell->how == VENDOR_FAILS)
		for (int op = 0; op < CARD_OP_COUNT; op++)
			card->fail[op] = -EDOM;
}

static uint64_t read_state(struct migcompat_regions *regions)
{
	uint64_t value = UINT64_MAX;

	assert_int_equal(migcompat_regions_read(regions, FIELD(device_state), &value), 0);
	return value;
}

static void cell_holds(void **state)
{
	const struct cell *cell = *state;
	struct migcompat_regions *regions = NULL;
	struct card_config config;
	struct card card;
	uint8_t *memory;
	uint64_t before;
	int r;

	device_make(&card, cell->device);
	assert_int_equal(migcompat_regions_new(&card_table, &card, &regions), 0);
	regions_prepare(cell, regions, &card);
	before = read_state(regions);
	config = card.config;
	memory = card.memory;
	r = migcompat_regions_write(regions, cell->write.offset, cell->write.size,
				    cell->write.value);
	assert_int_equal(r, cell->expected);
	assert_int_equal(read_state(regions), card.state);
	if (r) {
		assert_true(*migcompat_regions_message(regions));
		assert_int_equal(read_state(regions), before);
		assert_memory_equal(&card.config, &config, sizeof(config));
		assert_ptr_equal(card.memory, memory);
	}
	migcompat_regions_free(regions);
	card_free(&card);
}

/* ---------------------------------------------------------------- cells for every state */

static struct cell *cell_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct cell *cell_add(const char *format, ...)
{
	struct cell *cell = &cells[ncells++];
	va_list args;

	if (ncells > CELLS_MAX)
		abort();
	va_start(args, format);
	vsnprintf(cell->name, sizeof(cell->name), format, args);
	va_end(args);
	return cell;
}

static void add_transitions(void)
{
	static const struct field_write staged[] = {STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_AT(0),
						    MEMORY_ACTION(SET)};
	static const struct field_write refused[] = {LOAD_REFUSED};

	for (unsigned from = 0; from < 4; from++) {
		for (unsigned to = 0; to < 4; to++) {
			const struct field_write enter = STATE(from), write = STATE(to);
			struct cell *cell =
				cell_add("device_state %s to %s", names[from], names[to]);

			cell->before[0] = enter;
			cell->write = write;
			cell = cell_add("device_state %s to %s without logging", names[from & 1],
					names[to]);
			cell->device = NO_LOGGING;
			cell->before[0] = (struct field_write)STATE(from & 1);
			cell->write = write;
			cell->expected = to & 2 ? -EOPNOTSUPP : 0;
			if (!(from & 1))
				continue;
			for (int was_refused = 0; was_refused < 2; was_refused++) {
				cell = cell_add("device_state %s to %s while a load is %s",
						names[from], names[to],
						was_refused ? "refused" : "under way");
				memcpy(cell->before, was_refused ? refused : staged,
				       sizeof(staged));
				cell->before[4] =
					from == STOPPED_LOGGING ? enter : (struct field_write){0};
				cell->write = write;
				cell->expected = to & 1 ? 0 : -EBUSY;
			}
		}
	}
}

static void add_action(const char *what, enum device device, const struct field_write *before,
		       struct field_write write, const int expected[4])
{
	for (unsigned in = 0; in < 4; in++) {
		struct cell *cell = cell_add("%s in %s", what, names[in]);

		cell->device = device;
		cell->before[0] = (struct field_write)STATE(in);
		for (size_t i = 0; before && before[i].size; i++)
			cell->before[i + 1] = before[i];
		cell->write = write;
		cell->expected = expected[in];
	}
}

static void add_actions(void)
{
	static const struct field_write page[] = {MEMORY_SIZE(PAGE), {0}};
	static const struct field_write whole[] = {CONFIG_SIZE(CONFIG), {0}};
	static const int all[4] = {0}, while_stopped[4] = {-EBUSY, 0, -EBUSY, 0},
			 while_logging[4] = {-EBUSY, -EBUSY, 0, 0};
	static const int none[4] = {-EINVAL, -EINVAL, -EINVAL, -EINVAL};
	static const int never[4] = {-EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP};
	static const int unsupported_set[4] = {-EBUSY, 0, -EBUSY, -ENODATA};

	add_action("config GET_BUFFER", FULL, NULL, (struct field_write)CONFIG_ACTION(GET), all);
	add_action("config SET_BUFFER", NO_MEMORY, whole, (struct field_write)CONFIG_ACTION(SET),
		   while_stopped);
	add_action("memory GET_BUFFER", FULL, page, (struct field_write)MEMORY_ACTION(GET), all);
	/* In STOPPED | LOGGING a load goes on, and none has begun. */
	add_action("memory SET_BUFFER", FULL, page, (struct field_write)MEMORY_ACTION(SET),
		   unsupported_set);
	add_action("config.action 0", FULL, NULL, (struct field_write)CONFIG_ACTION(0), none);
	add_action("config.action 3", FULL, NULL, (struct field_write)CONFIG_ACTION(3), none);
	add_action("memory.action 0", FULL, NULL, (struct field_write)MEMORY_ACTION(0), none);
	add_action("memory.action 3", FULL, NULL, (struct field_write)MEMORY_ACTION(3), none);
	add_action("dirty.count", FULL, NULL, (struct field_write)DIRTY_COUNT(1), while_logging);
	add_action("memory GET_BUFFER without memory", NO_MEMORY, NULL,
		   (struct field_write)MEMORY_ACTION(GET), never);
	add_action("memory SET_BUFFER without memory", NO_MEMORY, NULL,
		   (struct field_write)MEMORY_ACTION(SET), never);
	add_action("dirty.count without the capability", NO_SYSTEM, NULL,
		   (struct field_write)DIRTY_COUNT(1), never);
}

int main(void)
{
	static struct CMUnitTest tests[CELLS_MAX];

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		cells[ncells++] = single[i];
	add_transitions();
	add_actions();
	for (size_t i = 0; i < ncells; i++)
		tests[i] = (struct CMUnitTest){
			.name = cells[i].name, .test_func = cell_holds, .initial_state = &cells[i]};
	return _cmocka_run_group_tests("the table of device-state.h", tests, ncells, NULL, NULL);
}
