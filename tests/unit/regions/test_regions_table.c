/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table in <migcompat/device-state.h>, a test a cell: what came before, the write, and what it
 * returns. After a write that was refused the device has the state that it had, and nothing was
 * loaded into it.
 */
#include "tests/support/card.h"
#include "tests/support/test.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define RECORD ((uint64_t)sizeof(struct migcompat_dirty_record))
#define PAGES 100u
#define WINDOW MIGCOMPAT_STATE_WINDOW
#define CONFIG ((uint64_t)sizeof(struct card_config))
#define WRITES_MAX 16
#define CELLS_MAX 512

/* Fields, by offset and width. */
#define FIELD(member)                               \
	offsetof(struct migcompat_control, member), \
		sizeof(((struct migcompat_control *)NULL)->member)
#define VERSION(value)                \
	{                             \
		FIELD(version), value \
	}
#define STATE(value)                       \
	{                                  \
		FIELD(device_state), value \
	}
#define CONFIG_ACTION(value)                \
	{                                   \
		FIELD(config.action), value \
	}
#define CONFIG_SIZE(value)                \
	{                                 \
		FIELD(config.size), value \
	}
#define MEMORY_ACTION(value)                \
	{                                   \
		FIELD(memory.action), value \
	}
#define MEMORY_SIZE(value)                \
	{                                 \
		FIELD(memory.size), value \
	}
#define MEMORY_AT(value)                      \
	{                                     \
		FIELD(memory.position), value \
	}
#define DIRTY_START(value)                \
	{                                 \
		FIELD(dirty.start), value \
	}
#define DIRTY_COUNT(value)                \
	{                                 \
		FIELD(dirty.count), value \
	}

#define GET MIGCOMPAT_GET_BUFFER
#define SET MIGCOMPAT_SET_BUFFER
#define RUNNING MIGCOMPAT_DEVICE_RUNNING
#define STOPPED MIGCOMPAT_DEVICE_STOPPED
#define RUNNING_LOGGING MIGCOMPAT_DEVICE_RUNNING_LOGGING
#define STOPPED_LOGGING MIGCOMPAT_DEVICE_STOPPED_LOGGING

enum device { FULL, NO_LOGGING, NO_MEMORY, NO_SYSTEM };

struct field_write {
	uint64_t offset;
	size_t size;
	uint64_t value;
};

struct cell {
	char name[160];
	enum device device;
	struct field_write before[WRITES_MAX]; /* after version; all of size 0: none. What they
						  return is not looked at */
	struct field_write write;
	int expected;
	bool no_version;
	enum { AS_IT_IS, HALF_CONFIG, BAD_RECORD, VENDOR_FAILS } how;
};

static struct cell cells[CELLS_MAX];
static size_t ncells;

static const char *const names[] = {"RUNNING", "STOPPED", "RUNNING_LOGGING", "STOPPED_LOGGING"};

/* All of memory, staged. */
#define LOAD_MEMORY \
	STATE(STOPPED), MEMORY_SIZE(50 * PAGE), MEMORY_AT(0), MEMORY_ACTION(SET), MEMORY_ACTION(SET)
#define LOAD_HALF STATE(STOPPED), MEMORY_SIZE(50 * PAGE), MEMORY_AT(0), MEMORY_ACTION(SET)
/* A load that was refused for a gap. */
#define LOAD_REFUSED STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_AT(PAGE), MEMORY_ACTION(SET)

static const struct cell single[] = {
	/* version */
	{.name = "version 1", .no_version = true, .write = VERSION(1)},
	{.name = "version 0",
	 .no_version = true,
	 .write = VERSION(0),
	 .expected = -EPROTONOSUPPORT},
	{.name = "version 2",
	 .no_version = true,
	 .write = VERSION(2),
	 .expected = -EPROTONOSUPPORT},
	{.name = "version again", .write = VERSION(1)},
	{.name = "device_state before version",
	 .no_version = true,
	 .write = STATE(STOPPED),
	 .expected = -EPROTO},
	{.name = "config.action before version",
	 .no_version = true,
	 .write = CONFIG_ACTION(GET),
	 .expected = -EPROTO},
	{.name = "config.size before version",
	 .no_version = true,
	 .write = CONFIG_SIZE(CONFIG),
	 .expected = -EPROTO},
	{.name = "memory.action before version",
	 .no_version = true,
	 .write = MEMORY_ACTION(GET),
	 .expected = -EPROTO},
	{.name = "memory.size before version",
	 .no_version = true,
	 .write = MEMORY_SIZE(PAGE),
	 .expected = -EPROTO},
	{.name = "memory.position before version",
	 .no_version = true,
	 .write = MEMORY_AT(0),
	 .expected = -EPROTO},
	{.name = "dirty.start before version",
	 .no_version = true,
	 .write = DIRTY_START(0),
	 .expected = -EPROTO},
	{.name = "a read-only field before version",
	 .no_version = true,
	 .write = {FIELD(capabilities), 7},
	 .expected = -EPROTO},
	{.name = "a field that is none before version",
	 .no_version = true,
	 .write = {2, 4, 0},
	 .expected = -EINVAL},
	{.name = "device_state after a version that is not known",
	 .no_version = true,
	 .before = {VERSION(2)},
	 .write = STATE(STOPPED),
	 .expected = -EPROTO},
	{.name = "device_state after a known version and one that is not",
	 .before = {VERSION(2)},
	 .write = STATE(STOPPED)},
	{.name = "dirty.count before version",
	 .no_version = true,
	 .write = DIRTY_COUNT(1),
	 .expected = -EPROTO},
	/* fields */
	{.name = "an offset between fields", .write = {2, 4, 0}, .expected = -EINVAL},
	{.name = "an offset past the end",
	 .write = {sizeof(struct migcompat_control), 4, 0},
	 .expected = -EINVAL},
	{.name = "an offset that wraps", .write = {UINT64_MAX, 4, 0}, .expected = -EINVAL},
	{.name = "a reserved field", .write = {FIELD(config.reserved), 0}, .expected = -EINVAL},
	{.name = "a field of four bytes with eight", .write = {0, 8, 1}, .expected = -EINVAL},
	{.name = "a field of eight bytes with four",
	 .write = {offsetof(struct migcompat_control, config.size), 4, 1},
	 .expected = -EINVAL},
	{.name = "a field of four bytes with one", .write = {4, 1, 1}, .expected = -EINVAL},
	{.name = "a version wider than its field",
	 .no_version = true,
	 .write = {FIELD(version), ((uint64_t)1 << 32) + 1},
	 .expected = -EINVAL},
	{.name = "a value wider than its field",
	 .write = {4, 4, (uint64_t)1 << 32},
	 .expected = -EINVAL},
	{.name = "capabilities", .write = {FIELD(capabilities), 7}, .expected = -EROFS},
	{.name = "page_size", .write = {FIELD(page_size), 4096}, .expected = -EROFS},
	{.name = "memory.total", .write = {FIELD(memory.total), 0}, .expected = -EROFS},
	{.name = "a region's offset", .write = {FIELD(regions[1].offset), 0}, .expected = -EROFS},
	{.name = "a region's size", .write = {FIELD(regions[3].size), 0}, .expected = -EROFS},
	/* device_state */
	{.name = "device_state with a bit beyond the mask", .write = STATE(4), .expected = -EINVAL},
	{.name = "device_state with all bits", .write = STATE(UINT32_MAX), .expected = -EINVAL},
	{.name = "device_state that the vendor refuses",
	 .how = VENDOR_FAILS,
	 .write = STATE(STOPPED),
	 .expected = -EDOM},
	/* actions */
	{.name = "memory.action 3 without memory",
	 .device = NO_MEMORY,
	 .write = MEMORY_ACTION(3),
	 .expected = -EOPNOTSUPP},
	/* config.size */
	{.name = "config.size 0", .write = CONFIG_SIZE(0), .expected = -EINVAL},
	{.name = "config.size 1", .write = CONFIG_SIZE(1)},
	{.name = "config.size of the region", .write = CONFIG_SIZE(CONFIG)},
	{.name = "config.size beyond the region",
	 .write = CONFIG_SIZE(CONFIG + 1),
	 .expected = -ERANGE},
	{.name = "config.size of all bits", .write = CONFIG_SIZE(UINT64_MAX), .expected = -ERANGE},
	/* config SET_BUFFER */
	{.name = "config SET_BUFFER after all of memory",
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET)},
	{.name = "config SET_BUFFER without a size",
	 .before = {LOAD_MEMORY},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "config SET_BUFFER with the size of an action before",
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG), CONFIG_ACTION(GET)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "config SET_BUFFER before memory",
	 .before = {STATE(STOPPED), CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "config SET_BUFFER after half of memory",
	 .before = {LOAD_HALF, CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "config SET_BUFFER of half a config",
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG / 2)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -EINVAL},
	{.name = "config SET_BUFFER of a config that is none",
	 .how = HALF_CONFIG,
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -EINVAL},
	{.name = "config SET_BUFFER that the vendor fails",
	 .how = VENDOR_FAILS,
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -EDOM},
	{.name = "config SET_BUFFER after a refused load",
	 .before = {LOAD_REFUSED, CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ESPIPE},
	{.name = "config SET_BUFFER after a refused config",
	 .before = {LOAD_MEMORY, CONFIG_SIZE(1), CONFIG_ACTION(SET), CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -EINVAL},
	{.name = "config SET_BUFFER a second time",
	 .before = {LOAD_MEMORY, CONFIG_SIZE(CONFIG), CONFIG_ACTION(SET), CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "config SET_BUFFER without memory to set",
	 .device = NO_MEMORY,
	 .before = {STATE(STOPPED), CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET)},
	{.name = "config GET_BUFFER that the vendor fails",
	 .how = VENDOR_FAILS,
	 .write = CONFIG_ACTION(GET),
	 .expected = -EDOM},
	/* memory.size and memory.position */
	{.name = "memory.size 0", .write = MEMORY_SIZE(0), .expected = -EINVAL},
	{.name = "memory.size of the region", .write = MEMORY_SIZE(WINDOW)},
	{.name = "memory.size beyond the region",
	 .write = MEMORY_SIZE(WINDOW + 1),
	 .expected = -ERANGE},
	{.name = "memory.size of all bits", .write = MEMORY_SIZE(UINT64_MAX), .expected = -ERANGE},
	{.name = "memory.size without memory",
	 .device = NO_MEMORY,
	 .write = MEMORY_SIZE(PAGE),
	 .expected = -EOPNOTSUPP},
	{.name = "memory.position of the last page", .write = MEMORY_AT((PAGES - 1) * PAGE)},
	{.name = "memory.position at the end", .write = MEMORY_AT(PAGES * PAGE)},
	{.name = "memory.position past the end",
	 .write = MEMORY_AT((PAGES + 1) * PAGE),
	 .expected = -ERANGE},
	{.name = "memory.position inside a page", .write = MEMORY_AT(1), .expected = -EINVAL},
	{.name = "memory.position of all bits",
	 .write = MEMORY_AT(UINT64_MAX),
	 .expected = -EINVAL},
	{.name = "memory.position of the last page there could be",
	 .write = MEMORY_AT(UINT64_MAX - PAGE + 1),
	 .expected = -ERANGE},
	{.name = "memory.position without memory",
	 .device = NO_MEMORY,
	 .write = MEMORY_AT(0),
	 .expected = -EOPNOTSUPP},
	/* memory GET_BUFFER, whole */
	{.name = "memory GET_BUFFER without a size",
	 .write = MEMORY_ACTION(GET),
	 .expected = -ENODATA},
	{.name = "memory GET_BUFFER of half a page",
	 .before = {MEMORY_SIZE(PAGE / 2)},
	 .write = MEMORY_ACTION(GET),
	 .expected = -EINVAL},
	{.name = "memory GET_BUFFER of the last page",
	 .before = {MEMORY_SIZE(PAGE), MEMORY_AT((PAGES - 1) * PAGE)},
	 .write = MEMORY_ACTION(GET)},
	{.name = "memory GET_BUFFER beyond the end",
	 .before = {MEMORY_SIZE(2 * PAGE), MEMORY_AT((PAGES - 1) * PAGE)},
	 .write = MEMORY_ACTION(GET),
	 .expected = -ERANGE},
	{.name = "memory GET_BUFFER at the end",
	 .before = {MEMORY_SIZE(PAGE), MEMORY_AT(PAGES *PAGE)},
	 .write = MEMORY_ACTION(GET),
	 .expected = -ERANGE},
	{.name = "memory GET_BUFFER twice at one place",
	 .before = {MEMORY_SIZE(PAGE), MEMORY_AT(0), MEMORY_ACTION(GET), MEMORY_AT(0)},
	 .write = MEMORY_ACTION(GET)},
	{.name = "memory GET_BUFFER that the vendor fails",
	 .how = VENDOR_FAILS,
	 .before = {MEMORY_SIZE(PAGE)},
	 .write = MEMORY_ACTION(GET),
	 .expected = -EDOM},
	/* memory GET_BUFFER, dirty */
	{.name = "dirty GET_BUFFER without a size",
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = MEMORY_ACTION(GET)},
	{.name = "dirty GET_BUFFER at the end",
	 .before = {STATE(STOPPED_LOGGING), MEMORY_AT(PAGES *PAGE)},
	 .write = MEMORY_ACTION(GET)},
	{.name = "dirty GET_BUFFER that the vendor fails",
	 .how = VENDOR_FAILS,
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = MEMORY_ACTION(GET),
	 .expected = -EDOM},
	/* memory SET_BUFFER, whole */
	{.name = "memory SET_BUFFER without a size",
	 .before = {STATE(STOPPED)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "memory SET_BUFFER of half a page",
	 .before = {STATE(STOPPED), MEMORY_SIZE(100)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -EINVAL},
	{.name = "memory SET_BUFFER with a gap",
	 .before = {STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_AT(PAGE)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ESPIPE},
	{.name = "memory SET_BUFFER of one place twice",
	 .before = {STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_ACTION(SET), MEMORY_AT(0)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ESPIPE},
	{.name = "memory SET_BUFFER of what is next",
	 .before = {LOAD_HALF},
	 .write = MEMORY_ACTION(SET)},
	{.name = "memory SET_BUFFER at the end",
	 .before = {LOAD_MEMORY},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ERANGE},
	{.name = "memory SET_BUFFER after a refused load",
	 .before = {LOAD_REFUSED, MEMORY_AT(0)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ESPIPE},
	{.name = "memory SET_BUFFER after a refused load was dropped",
	 .before = {LOAD_REFUSED, STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_AT(0)},
	 .write = MEMORY_ACTION(SET)},
	{.name = "memory SET_BUFFER from the beginning after a load was dropped",
	 .before = {LOAD_HALF, STATE(STOPPED), MEMORY_SIZE(PAGE), MEMORY_AT(0)},
	 .write = MEMORY_ACTION(SET)},
	{.name = "memory SET_BUFFER going on after a load was dropped",
	 .before = {LOAD_HALF, STATE(STOPPED)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ESPIPE},
	{.name = "memory SET_BUFFER that the vendor fails",
	 .how = VENDOR_FAILS,
	 .before = {STATE(STOPPED), MEMORY_SIZE(PAGE)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -EDOM},
	/* memory SET_BUFFER, dirty */
	{.name = "dirty SET_BUFFER after all of memory",
	 .before = {LOAD_MEMORY, STATE(STOPPED_LOGGING), MEMORY_SIZE(2 * RECORD)},
	 .write = MEMORY_ACTION(SET)},
	{.name = "dirty SET_BUFFER before memory",
	 .before = {STATE(STOPPED_LOGGING), MEMORY_SIZE(RECORD)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "dirty SET_BUFFER after half of memory",
	 .before = {LOAD_HALF, STATE(STOPPED_LOGGING), MEMORY_SIZE(RECORD)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "dirty SET_BUFFER without a size",
	 .before = {LOAD_MEMORY, STATE(STOPPED_LOGGING)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ENODATA},
	{.name = "dirty SET_BUFFER of half a record",
	 .before = {LOAD_MEMORY, STATE(STOPPED_LOGGING), MEMORY_SIZE(RECORD + 8)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -EINVAL},
	{.name = "dirty SET_BUFFER of a page past the end",
	 .how = BAD_RECORD,
	 .before = {LOAD_MEMORY, STATE(STOPPED_LOGGING), MEMORY_SIZE(2 * RECORD)},
	 .write = MEMORY_ACTION(SET),
	 .expected = -ERANGE},
	{.name = "config SET_BUFFER after dirty records",
	 .before = {LOAD_MEMORY, STATE(STOPPED_LOGGING), MEMORY_SIZE(RECORD), MEMORY_ACTION(SET),
		    CONFIG_SIZE(CONFIG)},
	 .write = CONFIG_ACTION(SET)},
	/* dirty.start and dirty.count */
	{.name = "dirty.start inside a page", .write = DIRTY_START(1), .expected = -EINVAL},
	{.name = "dirty.start of a page", .write = DIRTY_START((uint64_t)1 << 40)},
	{.name = "dirty.start without the capability",
	 .device = NO_SYSTEM,
	 .write = DIRTY_START(0),
	 .expected = -EOPNOTSUPP},
	{.name = "dirty.count 0",
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = DIRTY_COUNT(0),
	 .expected = -EINVAL},
	{.name = "dirty.count of all bits of the region",
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = DIRTY_COUNT(MIGCOMPAT_STATE_BITMAP * 8u)},
	{.name = "dirty.count beyond the region",
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = DIRTY_COUNT(MIGCOMPAT_STATE_BITMAP * 8u + 1),
	 .expected = -ERANGE},
	{.name = "dirty.count past the end of all memory",
	 .before = {STATE(STOPPED_LOGGING), DIRTY_START(UINT64_MAX - PAGE + 1)},
	 .write = DIRTY_COUNT(2),
	 .expected = -ERANGE},
	{.name = "dirty.count of the last page of all memory",
	 .before = {STATE(STOPPED_LOGGING), DIRTY_START(UINT64_MAX - PAGE + 1)},
	 .write = DIRTY_COUNT(1)},
	{.name = "dirty.count without the capability",
	 .device = NO_SYSTEM,
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = DIRTY_COUNT(1),
	 .expected = -EOPNOTSUPP},
	{.name = "dirty.count that the vendor fails",
	 .how = VENDOR_FAILS,
	 .before = {STATE(RUNNING_LOGGING)},
	 .write = DIRTY_COUNT(1),
	 .expected = -EDOM},
};

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
