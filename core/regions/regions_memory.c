/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device memory through its region: whole outside LOGGING, records of dirty pages in LOGGING. A
 * mark is taken before its page is copied. So a page without a mark has not changed since it was
 * last read, also if that was before LOGGING. The region is shared: each byte of it is read once.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "core/regions/regions.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define PAGES_MAX (MIGCOMPAT_STATE_WINDOW / PAGE)
#define RECORD sizeof(struct migcompat_dirty_record)

static int no_memory(struct migcompat_regions *regions)
{
	return regions->info.memory_size ? 0
					 : error_set(&regions->err, -EOPNOTSUPP,
						     "the device has no memory of its own");
}

int regions_total(struct migcompat_regions *regions, uint64_t *ret)
{
	uint64_t pages = 0;
	int r;

	if (!regions->info.memory_size || !regions_logging(regions)) {
		*ret = regions->info.memory_size;
		return 0;
	}
	r = regions_answered(regions, "dirty_count",
			     regions->ops.dirty_count(regions->session, &pages));
	if (!r && pages > regions->info.memory_size / PAGE)
		r = error_set(&regions->err, -EPROTO,
			      "dirty_count says %llu pages, more than there are",
			      (unsigned long long)pages);
	if (!r)
		*ret = pages * RECORD;
	return r;
}

/* Take marks, and check the pages that the device returns. */
static int marks_take(struct migcompat_regions *regions, uint64_t first, uint64_t count,
		      uint64_t *pages, size_t max)
{
	int taken = regions->ops.dirty_take(regions->session, first, count, pages, max);

	if (taken < 0)
		return regions_answered(regions, "dirty_take", taken);
	if ((size_t)taken > max)
		return error_set(&regions->err, -EPROTO,
				 "dirty_take gave %d pages, expected at most %zu", taken, max);
	for (int i = 0; i < taken; i++)
		if (pages[i] < first || pages[i] - first >= count ||
		    (i && pages[i] <= pages[i - 1]))
			return error_set(&regions->err, -EPROTO,
					 "dirty_take gave page %llu, which was not asked for or "
					 "not in order",
					 (unsigned long long)pages[i]);
	return taken;
}

static int pages_read(struct migcompat_regions *regions, uint64_t position, void *buffer,
		      size_t len)
{
	return regions_answered(regions, "memory_read",
				regions->ops.memory_read(regions->session, position, buffer, len));
}

/* Check size and position of an action on whole pages. */
static int whole_check(struct migcompat_regions *regions)
{
	uint64_t size = regions->control.memory.size, position = regions->control.memory.position;

	if (!regions->memory_sized)
		return error_set(&regions->err, -ENODATA, "an action on memory without a size");
	if (size % PAGE)
		return error_set(&regions->err, -EINVAL, "%llu bytes are no whole pages",
				 (unsigned long long)size);
	if (size > regions->info.memory_size - position)
		return error_set(&regions->err, -ERANGE,
				 "%llu bytes at %llu go beyond the end of memory, %llu",
				 (unsigned long long)size, (unsigned long long)position,
				 (unsigned long long)regions->info.memory_size);
	return 0;
}

static int whole_get(struct migcompat_regions *regions)
{
	uint64_t size = regions->control.memory.size, position = regions->control.memory.position;
	uint64_t pages[PAGES_MAX];
	int r = whole_check(regions);

	if (r)
		return r;
	/* Marks first: a page that is written to meanwhile must be marked afterwards. */
	if (regions->info.capabilities & MIGCOMPAT_CAP_LOGGING)
		r = marks_take(regions, position / PAGE, size / PAGE, pages, PAGES_MAX);
	if (r >= 0)
		r = pages_read(regions, position, regions_window(regions), size);
	regions->lost = r < 0 && regions->info.capabilities & MIGCOMPAT_CAP_LOGGING;
	if (!r)
		regions->control.memory.position += size;
	return r;
}

static int dirty_get(struct migcompat_regions *regions)
{
	struct migcompat_dirty_record *records = regions_window(regions);
	const size_t max = regions_size(regions, MIGCOMPAT_REGION_MEMORY) / RECORD;
	uint64_t first = regions->control.memory.position / PAGE,
		 all = regions->info.memory_size / PAGE;
	uint64_t pages[PAGES_MAX];
	int taken = first < all ? marks_take(regions, first, all - first, pages, max) : 0;
	int r = taken < 0 ? taken : 0;

	for (int i = 0; i < taken && !r; i++) {
		uint64_t number = htole64(pages[i]);

		memcpy(records[i].page_number, &number, sizeof(number));
		r = pages_read(regions, pages[i] * PAGE, records[i].page, PAGE);
	}
	if (r) {
		regions->lost = true;
		return r;
	}
	regions->memory_sized = false;
	regions->control.memory.size = (uint64_t)taken * RECORD;
	regions->control.memory.position = regions->info.memory_size;
	if (taken > 0 && (size_t)taken == max) /* there may be more */
		regions->control.memory.position = (pages[taken - 1] + 1) * PAGE;
	return 0;
}

/* A page whose mark was taken but that could not be read would be in no later round. */
static int memory_get(struct migcompat_regions *regions)
{
	if (regions->lost)
		return error_set(&regions->err, -EIO,
				 "an earlier GET_BUFFER of memory failed, and pages may have been "
				 "lost by that");
	return regions_logging(regions) ? dirty_get(regions) : whole_get(regions);
}

static int whole_set(struct migcompat_regions *regions)
{
	uint64_t size = regions->control.memory.size, position = regions->control.memory.position;
	int r = whole_check(regions);

	if (!r && position != regions->staged)
		r = error_set(&regions->err, -ESPIPE, "memory was set at %llu, expected %llu",
			      (unsigned long long)position, (unsigned long long)regions->staged);
	if (r)
		return r;
	regions->load = REGIONS_LOAD_STAGED;
	r = regions_answered(regions, "memory_write",
			     regions->ops.memory_write(regions->session, position,
						       regions_window(regions), size));
	if (r)
		return r;
	regions->staged += size;
	regions->control.memory.position += size;
	return 0;
}

static int record_set(struct migcompat_regions *regions,
		      const struct migcompat_dirty_record *record)
{
	uint64_t number;

	memcpy(&number, record->page_number,
	       sizeof(number)); /* once: other processes may change it */
	number = le64toh(number);
	if (number >= regions->info.memory_size / PAGE)
		return error_set(&regions->err, -ERANGE,
				 "page %llu is past the end of memory, %llu pages",
				 (unsigned long long)number,
				 (unsigned long long)regions->info.memory_size / PAGE);
	return regions_answered(
		regions, "memory_write",
		regions->ops.memory_write(regions->session, number * PAGE, record->page, PAGE));
}

static int dirty_set(struct migcompat_regions *regions)
{
	const struct migcompat_dirty_record *records = regions_window(regions);
	uint64_t size = regions->control.memory.size;
	int r = 0;

	if (!regions->memory_sized)
		return error_set(&regions->err, -ENODATA, "an action on memory without a size");
	if (regions->staged < regions->info.memory_size)
		return error_set(&regions->err, -ENODATA,
				 "dirty records after %llu of %llu bytes of memory",
				 (unsigned long long)regions->staged,
				 (unsigned long long)regions->info.memory_size);
	if (size % RECORD)
		return error_set(&regions->err, -EINVAL, "%llu bytes are no whole records of %zu",
				 (unsigned long long)size, RECORD);
	for (uint64_t i = 0; i < size / RECORD && !r; i++)
		r = record_set(regions, &records[i]);
	return r;
}

static int memory_set(struct migcompat_regions *regions)
{
	int r = regions_load_begin(regions);

	if (r)
		return r;
	r = regions_logging(regions) ? dirty_set(regions) : whole_set(regions);
	return r ? regions_load_refuse(regions, r) : 0;
}

int regions_write_memory_action(struct migcompat_regions *regions, uint64_t value)
{
	int r = no_memory(regions);

	if (r)
		return r;
	switch (value) {
	case MIGCOMPAT_GET_BUFFER:
		return memory_get(regions);
	case MIGCOMPAT_SET_BUFFER:
		return memory_set(regions);
	default:
		return error_set(&regions->err, -EINVAL, "%llu is no action, expected 1 or 2",
				 (unsigned long long)value);
	}
}

int regions_write_memory_size(struct migcompat_regions *regions, uint64_t value)
{
	uint64_t most = regions_size(regions, MIGCOMPAT_REGION_MEMORY);
	int r = no_memory(regions);

	if (r)
		return r;
	if (value == 0)
		return error_set(&regions->err, -EINVAL,
				 "the memory region takes 1 to %llu bytes, not 0",
				 (unsigned long long)most);
	if (value > most)
		return error_set(&regions->err, -ERANGE,
				 "the memory region takes 1 to %llu bytes, not %llu",
				 (unsigned long long)most, (unsigned long long)value);
	regions->control.memory.size = value;
	regions->memory_sized = true;
	return 0;
}

int regions_write_memory_position(struct migcompat_regions *regions, uint64_t value)
{
	int r = no_memory(regions);

	if (r)
		return r;
	if (value % PAGE)
		return error_set(&regions->err, -EINVAL, "position %llu is no whole page",
				 (unsigned long long)value);
	if (value > regions->info.memory_size)
		return error_set(
			&regions->err, -ERANGE, "position %llu is past the end of memory, %llu",
			(unsigned long long)value, (unsigned long long)regions->info.memory_size);
	regions->control.memory.position = value;
	return 0;
}
