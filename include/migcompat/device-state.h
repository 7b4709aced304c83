/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device state through regions: the protocol proposed for VFIO in 2019, as a library that whoever
 * implements a device mounts on memory. A control region stands beside a config region, a
 * device-memory region and a dirty-bitmap region, all in one memfd that another process can map.
 * Data moves through the mapped regions; a write to the control region is a call, which returns
 * after the vendor has answered.
 *
 *     struct migcompat_regions *regions;
 *
 *     if (migcompat_regions_new(&table, session, &regions) < 0) …
 *     migcompat_regions_write(regions, offsetof(struct migcompat_control, version), 4,
 * MIGCOMPAT_REGIONS_VERSION); migcompat_regions_write(regions, offsetof(struct migcompat_control,
 * config.action), 4, MIGCOMPAT_GET_BUFFER);
 *
 * table is a struct migcompat_device_state of <migcompat/backend.h>: a backend has one, and so can
 * any other device.
 *
 * Saving a device that runs: STOPPED is written as late as can be.
 *
 *     RUNNING              GET_BUFFER of memory, all of it
 *     RUNNING | LOGGING    GET_BUFFER of memory, round after round: what has become dirty meanwhile
 *     STOPPED | LOGGING    GET_BUFFER of memory: the rest; then of config
 *
 * Loading: STOPPED, SET_BUFFER of memory in ascending order, all of it; STOPPED | LOGGING,
 * SET_BUFFER of dirty records; SET_BUFFER of config, which is the last and makes all of it count;
 * RUNNING. Until then the device is as it was.
 *
 * What a write returns (0, or the errno), for every state, action and order:
 *
 *   another offset or size than a field's                EINVAL
 *   any field before version                            EPROTO
 *   a field that is read-only                            EROFS
 *   a value that is wider than its field                 EINVAL
 *   version          1; another one                      0; EPROTONOSUPPORT
 *
 *   device_state     to:   RUNNING  STOPPED  RUNNING|LOGGING  STOPPED|LOGGING
 *     from any of the four 0        0        0                0
 *     without CAP_LOGGING  0        0        EOPNOTSUPP       EOPNOTSUPP
 *     a load is under way  EBUSY    0        EBUSY            0
 *     bits beyond the mask EINVAL
 *   Writing the state that the device already has drops a load that is under way. One that was
 * refused counts as under way.
 *
 *   action           in:   RUNNING  STOPPED  RUNNING|LOGGING  STOPPED|LOGGING
 *     config  GET_BUFFER   0        0        0                0
 *     config  SET_BUFFER   EBUSY    0        EBUSY            0
 *     memory  GET_BUFFER   whole    whole    dirty            dirty
 *     memory  SET_BUFFER   EBUSY    whole    EBUSY            dirty
 *     dirty.count          EBUSY    EBUSY    0                0
 *     memory, without CAP_DEVICE_MEMORY; dirty.count, without CAP_SYSTEM_MEMORY: EOPNOTSUPP
 *     another action                                      EINVAL
 *
 *   config.size      0; more than the region; else        EINVAL; ERANGE; 0
 *     SET_BUFFER without a size; before all of memory     ENODATA; ENODATA
 *     SET_BUFFER of half a config, or one the vendor refuses: the vendor's errno
 *   memory.size      0; more than the region; else        EINVAL; ERANGE; 0
 *   memory.position  no whole page; past the end; else    EINVAL; ERANGE; 0
 *     whole: no size; no whole pages; beyond the end      ENODATA; EINVAL; ERANGE
 *     whole, SET_BUFFER: another place than the next one  ESPIPE
 *     dirty, GET_BUFFER at the end                         0, and size 0: the round is over
 *     dirty, SET_BUFFER: no size; before all of memory; no whole records; a page past the end
 *                                                          ENODATA; ENODATA; EINVAL; ERANGE
 *     GET_BUFFER after one that the vendor failed, of a device that can log
 *                                                          EIO: a page may be lost; mount anew
 *   dirty.start      no whole page; else                   EINVAL; 0
 *   dirty.count      0; more than the region has bits; past the end of memory   EINVAL; ERANGE;
 * ERANGE
 *
 *   A SET_BUFFER that fails in STOPPED or STOPPED|LOGGING ends the load: whatever it brought is
 * dropped, the device is as it was, and every further SET_BUFFER fails with the same errno until
 * the load is dropped. What the vendor fails with is returned as it is; EPROTO where it is no
 * errno.
 */
#ifndef MIGCOMPAT_DEVICE_STATE_H
#define MIGCOMPAT_DEVICE_STATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MIGCOMPAT_REGIONS_VERSION 1u
#define MIGCOMPAT_STATE_PAGE 4096u     /* bytes of a page, of device memory and of system memory */
#define MIGCOMPAT_STATE_WINDOW 262144u /* most bytes of the device-memory region */
#define MIGCOMPAT_STATE_CONFIG_MAX (16u << 20) /* most bytes of a config */
#define MIGCOMPAT_STATE_BITMAP 32768u	       /* bytes of the dirty-bitmap region */

/* device_state. LOGGING modifies the other two: dirty pages are what memory is about, instead of
 * all pages. */
enum migcompat_device_states {
	MIGCOMPAT_DEVICE_RUNNING = 0,
	MIGCOMPAT_DEVICE_STOPPED = 1,
	MIGCOMPAT_DEVICE_RUNNING_LOGGING = 2,
	MIGCOMPAT_DEVICE_STOPPED_LOGGING = 3,
	MIGCOMPAT_DEVICE_LOGGING = 2,
	MIGCOMPAT_DEVICE_STATE_MASK = 3,
};

enum migcompat_device_capability {
	MIGCOMPAT_CAP_DEVICE_MEMORY = 1, /* it has memory of its own */
	MIGCOMPAT_CAP_SYSTEM_MEMORY =
		2, /* it writes to system memory and can tell where; needs CAP_LOGGING */
	MIGCOMPAT_CAP_LOGGING = 4, /* it can tell which pages have become dirty */
};

enum migcompat_buffer_action {
	MIGCOMPAT_GET_BUFFER = 1, /* before reading a region: the vendor fills it */
	MIGCOMPAT_SET_BUFFER = 2, /* after writing a region: the vendor takes it */
};

enum migcompat_region {
	MIGCOMPAT_REGION_CONTROL = 0,
	MIGCOMPAT_REGION_CONFIG = 1,
	MIGCOMPAT_REGION_MEMORY = 2, /* not there without CAP_DEVICE_MEMORY */
	MIGCOMPAT_REGION_DIRTY = 3,  /* not there without CAP_SYSTEM_MEMORY */
	MIGCOMPAT_REGION_ENUM_COUNT = 4,
};

/* Where a region is in the memfd, in bytes; size 0: it is not there. */
struct migcompat_region_place {
	uint64_t offset;
	uint64_t size;
};

/* The control region, in host byte order. What is mapped shows the fields as they were after the
 * last write, and is never read back. */
struct migcompat_control {
	uint32_t
		version; /* rw: the newest that is spoken; written first of all: the one to speak */
	uint32_t device_state; /* rw: enum migcompat_device_states */
	uint32_t capabilities; /* ro: enum migcompat_device_capability */
	uint32_t page_size;    /* ro: MIGCOMPAT_STATE_PAGE */
	struct {
		uint32_t action; /* wo: enum migcompat_buffer_action */
		uint32_t reserved;
		uint64_t
			size; /* rw: bytes in the region: after GET_BUFFER, and before SET_BUFFER */
	} config;
	struct {
		uint32_t action; /* wo */
		uint32_t reserved;
		uint64_t size; /* rw: bytes in the region; in LOGGING, GET_BUFFER fills what fits
				  and sets it */
		uint64_t position; /* rw: byte of device memory where an action begins; afterwards,
				      where it ended */
		uint64_t total; /* ro: bytes of device memory; in LOGGING, of the records for what
				   is dirty when it is read by a call */
	} memory;
	struct {
		uint64_t start; /* rw: first byte of system memory that is asked about */
		uint64_t count; /* rw: pages; writing it fills the region, a bit a page, lowest
				   first, of what was dirty since the last time */
	} dirty;
	struct migcompat_region_place regions[MIGCOMPAT_REGION_ENUM_COUNT]; /* ro */
};

/* In LOGGING the device-memory region holds these: a page's number, little-endian, and the page. */
struct migcompat_dirty_record {
	uint8_t page_number[8];
	uint8_t page[MIGCOMPAT_STATE_PAGE];
};

struct migcompat_device_state; /* <migcompat/backend.h> */
struct migcompat_regions;      /* the four regions of one device. One thread at a time */

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/*
 * Mount regions on a device. table is copied; session is handed to each of its operations (its open
 * and close are not called) and stays the caller's. The device is taken to be RUNNING. -EPROTO: the
 * table is too short, lacks an operation, or its info makes no sense; -ENOMEM, or what
 * memfd_create, ftruncate or mmap say; what the vendor's info fails with.
 */
int migcompat_regions_new(const struct migcompat_device_state *table, void *session,
			  struct migcompat_regions **ret);
/* A load that is under way is dropped. The state stays. Takes NULL, returns NULL. */
struct migcompat_regions *migcompat_regions_free(struct migcompat_regions *regions);

/* Write one field of the control region, size bytes wide. The errors are above;
 * migcompat_regions_message has the sentence. */
int migcompat_regions_write(struct migcompat_regions *regions, uint64_t offset, size_t size,
			    uint64_t value);
/* Read one. -EINVAL: another offset or size than a field's; memory.total in LOGGING asks the
 * vendor. */
int migcompat_regions_read(struct migcompat_regions *regions, uint64_t offset, size_t size,
			   uint64_t *ret_value);
/* The sentence that goes with the last failure; "" before. Lives until the next call. */
const char *migcompat_regions_message(const struct migcompat_regions *regions);

/* A region in this process, and its size; NULL and 0: it is not there. */
void *migcompat_regions_map(const struct migcompat_regions *regions, enum migcompat_region region,
			    size_t *ret_size);
/*
 * The memfd that holds them all, for another process to map: its first bytes are the control
 * region, which tells where the others are. It is sealed, so that nobody can cut or grow it. It
 * belongs to the regions.
 */
int migcompat_regions_fd(const struct migcompat_regions *regions);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/*
 * Dirty marks, for those who implement a device: a bit a page, in MIGCOMPAT_DIRTY_WORDS(npages)
 * words. They may be set by any thread while another takes them. The order is what keeps pages from
 * being lost: first write to the page, then mark it; first take the mark, then copy the page.
 */
#define MIGCOMPAT_DIRTY_WORDS(npages) (((uint64_t)(npages) + 63) / 64)

static inline void migcompat_dirty_mark(uint64_t *marks, uint64_t page)
{
	__atomic_fetch_or(&marks[page / 64], (uint64_t)1 << (page % 64), __ATOMIC_RELEASE);
}

/* The same for all pages that len bytes from position touch; len is not 0. */
static inline void migcompat_dirty_mark_bytes(uint64_t *marks, uint64_t position, uint64_t len)
{
	for (uint64_t page = position / MIGCOMPAT_STATE_PAGE;
	     page <= (position + len - 1) / MIGCOMPAT_STATE_PAGE; page++)
		migcompat_dirty_mark(marks, page);
}

/* How many of npages are marked. */
static inline uint64_t migcompat_dirty_count(const uint64_t *marks, uint64_t npages)
{
	uint64_t count = 0;

	for (uint64_t word = 0; word < MIGCOMPAT_DIRTY_WORDS(npages); word++)
		count += (uint64_t)__builtin_popcountll(
			__atomic_load_n(&marks[word], __ATOMIC_RELAXED));
	return count;
}

/* Take the marks of at most max pages among count from first, lowest first. Returns how many are in
 * ret_pages. */
static inline size_t migcompat_dirty_take(uint64_t *marks, uint64_t first, uint64_t count,
					  uint64_t *ret_pages, size_t max)
{
	uint64_t end = first + count;
	size_t taken = 0;

	for (uint64_t page = first; page < end && taken < max; page = (page / 64 + 1) * 64) {
		uint64_t *word = &marks[page / 64];
		uint64_t left = __atomic_load_n(word, __ATOMIC_RELAXED) & ~(uint64_t)0
										  << (page % 64);

		if (end - page / 64 * 64 < 64)
			left &= ((uint64_t)1 << (end % 64)) - 1;
		for (; left && taken < max; left &= left - 1) {
			uint64_t bit = left & (~left + 1);

			__atomic_fetch_and(word, ~bit, __ATOMIC_ACQ_REL);
			ret_pages[taken++] = page / 64 * 64 + (uint64_t)__builtin_ctzll(bit);
		}
	}
	return taken;
}

#ifdef __cplusplus
}
#endif

#endif
