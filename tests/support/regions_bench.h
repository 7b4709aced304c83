/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of regions: a card with regions mounted on it, and their fields. */
#ifndef TESTS_SUPPORT_REGIONS_BENCH_H
#define TESTS_SUPPORT_REGIONS_BENCH_H

#include "tests/support/card.h"
#include "tests/support/test.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define RECORD sizeof(struct migcompat_dirty_record)
#define PAGES 200u
#define AT(member)                                  \
	offsetof(struct migcompat_control, member), \
		sizeof(((struct migcompat_control *)NULL)->member)

struct bench {
	struct card card;
	struct migcompat_regions *regions;
};

static inline int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	card_make(&bench->card, PAGES, MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY);
	card_fill(&bench->card, 1);
	assert_int_equal(migcompat_regions_new(&card_table, &bench->card, &bench->regions), 0);
	assert_int_equal(migcompat_regions_write(bench->regions, AT(version), 1), 0);
	*state = bench;
	return 0;
}

static inline int teardown(void **state)
{
	struct bench *bench = *state;

	migcompat_regions_free(bench->regions);
	card_free(&bench->card);
	free(bench);
	return 0;
}

static inline int put(struct bench *bench, uint64_t offset, size_t size, uint64_t value)
{
	return migcompat_regions_write(bench->regions, offset, size, value);
}

static inline uint64_t get(struct bench *bench, uint64_t offset, size_t size)
{
	uint64_t value = UINT64_MAX;

	assert_int_equal(migcompat_regions_read(bench->regions, offset, size, &value), 0);
	return value;
}

static inline void *map(struct bench *bench, enum migcompat_region region)
{
	void *at = migcompat_regions_map(bench->regions, region, NULL);

	assert_non_null(at);
	return at;
}

static inline size_t next_records(struct bench *bench)
{
	assert_int_equal(put(bench, AT(memory.action), MIGCOMPAT_GET_BUFFER), 0);
	assert_int_equal(get(bench, AT(memory.size)) % RECORD, 0);
	return get(bench, AT(memory.size)) / RECORD;
}

static inline uint64_t record_number(const struct migcompat_dirty_record *record)
{
	uint64_t number = 0;

	for (int i = 7; i >= 0; i--)
		number = number << 8 | record->page_number[i];
	return number;
}

#endif
