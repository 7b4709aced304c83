/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cells of test_regions_table.c that are about one state each. */
#ifndef TESTS_UNIT_REGIONS_CELLS_H
#define TESTS_UNIT_REGIONS_CELLS_H

#include "tests/support/card.h"

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

#endif
