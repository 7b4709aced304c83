/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device state through regions: the protocol that was proposed for VFIO in 2019, as a library
 * (libmigcompat-regions). A program that implements a device mounts it on memory: a control region
 * beside a config region, a device-memory region and a dirty-bitmap region, all in one memfd that
 * another process can map. Data moves through the mapped regions. A write to the control region is
 * a call, which returns after the device has answered.
 *
 *     struct migcompat_regions *regions;
 *
 *     if (migcompat_regions_new(&table, session, &regions) < 0) ...
 *     migcompat_regions_save(regions, fd, &options, NULL);
 *
 * table is a struct migcompat_device_state of <migcompat/backend.h>: a backend has one, and any
 * other device can have one. The same functions work on a device that another process serves
 * (migcompat_regions_server_new there, migcompat_regions_connect here).
 *
 * Saving a device that runs; STOPPED is written as late as possible:
 *
 *     RUNNING              GET_BUFFER of memory, all of it
 *     RUNNING | LOGGING    GET_BUFFER of memory, in rounds: the pages that became dirty meanwhile
 *     STOPPED | LOGGING    GET_BUFFER of memory: the rest; then of config
 *
 * Loading: STOPPED, SET_BUFFER of memory in ascending order, all of it; STOPPED | LOGGING,
 * SET_BUFFER of dirty records; SET_BUFFER of config, which comes last and makes all of it count;
 * RUNNING. Until then the device is as it was.
 *
 * What a write returns (0, or the errno), for every state, action and order:
 *
 *   an offset or a size that is no field's               EINVAL
 *   any field before version                             EPROTO
 *   a field that is read-only                            EROFS
 *   a value that is wider than its field                 EINVAL
 *   version          1; another one                      0; EPROTONOSUPPORT
 *
 *   device_state     to:   RUNNING  STOPPED  RUNNING|LOGGING  STOPPED|LOGGING
 *     from any of the four 0        0        0                0
 *     without CAP_LOGGING  0        0        EOPNOTSUPP       EOPNOTSUPP
 *     a load is under way  EBUSY    0        EBUSY            0
 *     bits beyond the mask EINVAL
 *   Writing the state that the device already has drops a load that is under way. A refused load
 *   counts as under way.
 *
 *   action           in:   RUNNING  STOPPED  RUNNING|LOGGING  STOPPED|LOGGING
 *     config  GET_BUFFER   0        0        0                0
 *     config  SET_BUFFER   EBUSY    0        EBUSY            0
 *     memory  GET_BUFFER   whole    whole    dirty            dirty
 *     memory  SET_BUFFER   EBUSY    whole    EBUSY            dirty
 *     dirty.count          EBUSY    EBUSY    0                0
 *     memory without CAP_DEVICE_MEMORY, dirty.count without CAP_SYSTEM_MEMORY: EOPNOTSUPP
 *     another action                                      EINVAL
 *
 *   config.size      0; more than the region; otherwise   EINVAL; ERANGE; 0
 *     SET_BUFFER without a size; before all of memory     ENODATA; ENODATA
 *     SET_BUFFER of half a config, or of one that the device refuses: the device's errno
 *   memory.size      0; more than the region; otherwise   EINVAL; ERANGE; 0
 *   memory.position  no whole page; past the end; otherwise  EINVAL; ERANGE; 0
 *     whole: no size; no whole pages; beyond the end      ENODATA; EINVAL; ERANGE
 *     whole, SET_BUFFER: another position than the next   ESPIPE
 *     dirty, GET_BUFFER at the end                        0, and size 0: the round is over
 *     dirty, SET_BUFFER: no size                          ENODATA
 *     dirty, SET_BUFFER: before all of memory             ENODATA
 *     dirty, SET_BUFFER: no whole records                 EINVAL
 *     dirty, SET_BUFFER: a page past the end              ERANGE
 *     GET_BUFFER after one that the device failed, if the device can log
 *                                                         EIO: a page may be lost; mount again
 *   dirty.start      no whole page; otherwise             EINVAL; 0
 *   dirty.count      0; more than the region has bits; past the end of memory
 *                                                         EINVAL; ERANGE; ERANGE
 *
 *   A SET_BUFFER that fails in STOPPED or STOPPED|LOGGING ends the load: what it brought is
 *   dropped, the device is as it was, and every further SET_BUFFER fails with the same errno until
 *   the load is dropped. The device's errno is returned as it is; EPROTO if it is no errno.
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
#define MIGCOMPAT_STATE_BITMAP 32768u          /* bytes of the dirty-bitmap region */

/* device_state. LOGGING modifies the other two: memory is then about dirty pages, not all pages. */
enum migcompat_device_states {
	MIGCOMPAT_DEVICE_RUNNING = 0,
	MIGCOMPAT_DEVICE_STOPPED = 1,
	MIGCOMPAT_DEVICE_RUNNING_LOGGING = 2,
	MIGCOMPAT_DEVICE_STOPPED_LOGGING = 3,
	MIGCOMPAT_DEVICE_LOGGING = 2,
	MIGCOMPAT_DEVICE_STATE_MASK = 3,
};

enum migcompat_device_capability {
	/* The device has memory of its own. */
	MIGCOMPAT_CAP_DEVICE_MEMORY = 1,
	/* It writes to system memory and can tell which pages; needs CAP_LOGGING. */
	MIGCOMPAT_CAP_SYSTEM_MEMORY = 2,
	/* It can tell which pages have become dirty. */
	MIGCOMPAT_CAP_LOGGING = 4,
};

enum migcompat_buffer_action {
	MIGCOMPAT_GET_BUFFER = 1, /* before a region is read: the device fills it */
	MIGCOMPAT_SET_BUFFER = 2, /* after a region was written: the device takes it */
};

enum migcompat_region {
	MIGCOMPAT_REGION_CONTROL = 0,
	MIGCOMPAT_REGION_CONFIG = 1,
	MIGCOMPAT_REGION_MEMORY = 2, /* absent without CAP_DEVICE_MEMORY */
	MIGCOMPAT_REGION_DIRTY = 3,  /* absent without CAP_SYSTEM_MEMORY */
	MIGCOMPAT_REGION_ENUM_COUNT = 4,
};

/* Where a region is in the memfd, in bytes; size 0: the region is absent. */
struct migcompat_region_place {
	uint64_t offset;
	uint64_t size;
};

/*
 * The control region, in host byte order: rw fields are read and written, ro only read, wo only
 * written. The mapped copy shows the fields as they were after the last write; the library never
 * reads it.
 */
struct migcompat_control {
	uint32_t version;      /* rw: the newest known version; written first: the one to use */
	uint32_t device_state; /* rw: enum migcompat_device_states */
	uint32_t capabilities; /* ro: enum migcompat_device_capability */
	uint32_t page_size;    /* ro: MIGCOMPAT_STATE_PAGE */
	struct {
		uint32_t action; /* wo: enum migcompat_buffer_action */
		uint32_t reserved;
		uint64_t size; /* rw: bytes in the region, set by GET_BUFFER or for SET_BUFFER */
	} config;
	struct {
		uint32_t action; /* wo */
		uint32_t reserved;
		/* rw: bytes in the region. In LOGGING, GET_BUFFER sets it. */
		uint64_t size;
		/* rw: byte of device memory at which an action begins; afterwards, its end. */
		uint64_t position;
		/* ro: bytes of device memory. In LOGGING: of the records for all pages that are
		 * dirty at the time of the read. */
		uint64_t total;
	} memory;
	struct {
		uint64_t start; /* rw: first byte of system memory that is asked about */
		/* rw: pages. Writing it fills the region: a bit a page, lowest first, set if the
		 * page was written since the last time. */
		uint64_t count;
	} dirty;
	struct migcompat_region_place regions[MIGCOMPAT_REGION_ENUM_COUNT]; /* ro */
};

/* In LOGGING the device-memory region holds these. The number is little-endian. */
struct migcompat_dirty_record {
	uint8_t page_number[8];
	uint8_t page[MIGCOMPAT_STATE_PAGE];
};

struct migcompat_device_state;   /* <migcompat/backend.h> */
struct migcompat_regions;        /* the four regions of one device. One thread at a time */
struct migcompat_regions_server; /* one socket. In the thread that uses its regions */

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/*
 * Mount regions on a device. The table is copied. The session is passed to each of its operations
 * (open and close are not called) and stays the caller's. The device counts as RUNNING.
 *
 * -EPROTO: the table is too short, lacks an operation, or its info contradicts itself. -ENOMEM.
 * Otherwise the errno of memfd_create, ftruncate, mmap, or of the device's info.
 */
int migcompat_regions_new(const struct migcompat_device_state *table, void *session,
			  struct migcompat_regions **ret);
/* Drop a load that is under way, and unmount; the device keeps its state. Of regions of another
 * process: end the connection. Takes NULL, returns NULL. */
struct migcompat_regions *migcompat_regions_free(struct migcompat_regions *regions);

/* Write one field of the control region, size bytes wide. The table above has the errors. */
int migcompat_regions_write(struct migcompat_regions *regions, uint64_t offset, size_t size,
			    uint64_t value);
/* Read one. -EINVAL: no field has this offset and size. memory.total in LOGGING asks the device. */
int migcompat_regions_read(struct migcompat_regions *regions, uint64_t offset, size_t size,
			   uint64_t *ret_value);
/* The sentence of the last failure; "" before the first one. Valid until the next call. */
const char *migcompat_regions_message(const struct migcompat_regions *regions);

/* A region in this process, and its size; NULL and 0: it is absent. */
void *migcompat_regions_map(const struct migcompat_regions *regions, enum migcompat_region region,
			    size_t *ret_size);
/*
 * The memfd that holds all regions, for another process to map. It begins with the control region,
 * which has the places of the others. It is sealed: nobody can shrink or grow it. The descriptor
 * belongs to the regions.
 */
int migcompat_regions_fd(const struct migcompat_regions *regions);

/* ---------------------------------------------------------------- saving and loading */

enum migcompat_save_phase {
	MIGCOMPAT_SAVE_WHOLE = 0, /* all of memory, while the device runs */
	MIGCOMPAT_SAVE_ROUND = 1, /* dirty pages, while the device runs */
	MIGCOMPAT_SAVE_REST = 2,  /* dirty pages, while the device is stopped */
	MIGCOMPAT_SAVE_CONFIG = 3,
};

struct migcompat_save_progress {
	size_t struct_size;
	uint32_t phase; /* enum migcompat_save_phase */
	uint32_t round; /* of MIGCOMPAT_SAVE_ROUND, from 1 */
	uint64_t bytes; /* written so far, without the heads of records */
	uint64_t rest;  /* left in this phase, as far as is known */
};

/* Members may be appended: set struct_size to sizeof. */
struct migcompat_save_options {
	size_t struct_size;
	/* The device's migration version string, with which the state begins. NULL: that of the
	 * process that serves the device. */
	const char *version;
	const char *info;      /* "key=value\n" lines for people, or NULL */
	uint64_t rest_max;     /* bytes of dirty records that may be left when the device stops */
	uint32_t rounds_max;   /* 0: stop the device at once */
	uint32_t stay_stopped; /* 1: the device is stopped afterwards; 0: it is as before */
	/* Called after each record, or NULL. Another result than 0 ends the save: -ECANCELED. */
	int (*progress)(void *arg, const struct migcompat_save_progress *progress);
	void *arg;
};

struct migcompat_save_report {
	size_t struct_size;     /* set by the caller */
	uint64_t memory_bytes;  /* all of memory */
	uint64_t dirty_bytes;   /* dirty records of all rounds and of the rest */
	uint64_t stopped_bytes; /* what was moved while the device was stopped */
	uint64_t config_bytes;
	uint32_t rounds; /* while the device ran */
};

/*
 * Save the device into a blocking descriptor, in the format of migcompat-device-state(7). A save
 * that fails leaves the device in the state that it had. options and ret_report may be NULL.
 *
 * -ECANCELED; -EINVAL: the version string is missing or malformed; -E2BIG: the info is too long;
 * -EIO: memory changed while the device was stopped. Otherwise the errno of write(2) or of the
 * device.
 */
int migcompat_regions_save(struct migcompat_regions *regions, int fd,
			   const struct migcompat_save_options *options,
			   struct migcompat_save_report *ret_report);

struct migcompat_load_options {
	size_t struct_size;
	/*
	 * May a state with this version string be loaded? 0, or a negative errno. Called before
	 * anything else of the state is read. Required for a device of this process. A process that
	 * serves a device is always asked as well.
	 */
	int (*judge)(void *arg, const char *version);
	void *arg;
	uint32_t stay_stopped; /* 1: the device is stopped afterwards; 0: it runs */
};

/*
 * Load a state from a blocking descriptor. The device is as it was until the whole state was read
 * and checked, and after every failure but one: if set_state(RUNNING) fails in the end, the device
 * has the new state.
 *
 * -EBADMSG: the state is damaged or cut; -EPROTONOSUPPORT: its format is newer; -EINVAL: it is of
 * another size of memory, or holds no regions. Otherwise the errno of the judge, of read(2) or of
 * the device.
 */
int migcompat_regions_load(struct migcompat_regions *regions, int fd,
			   const struct migcompat_load_options *options);

/* ---------------------------------------------------------------- a device of another process */

struct migcompat_server_options {
	size_t struct_size;
	const char *version; /* the device's migration version string; copied */
	/*
	 * May a state with this version string be loaded? 0, or a negative errno with a sentence in
	 * text, which has size bytes. NULL: if it is equal to the device's own, except for the
	 * KIND.
	 */
	int (*judge)(void *arg, const char *version, char *text, size_t size);
	void *arg;
	int idle_ms; /* a client that is silent for longer is dropped; 0: 60,000 */
};

/*
 * Serve regions on a unix socket, whose file gets mode 0600. A socket that nobody listens on is
 * replaced, any other file is not. Only root and the user of this process may connect, one client
 * at a time. A client gets the memfd; its writes to the control region come as messages.
 *
 * If a client leaves, breaks the rules or is silent for too long, its load is dropped. The device
 * goes back to the state of before the client, or of its last migcompat_regions_keep.
 *
 * The regions must outlive the server. -EINVAL: the version string is missing or malformed;
 * -ENAMETOOLONG: the path; otherwise what the system says. The sentence is the regions' message.
 */
int migcompat_regions_server_new(struct migcompat_regions *regions, const char *path,
				 const struct migcompat_server_options *options,
				 struct migcompat_regions_server **ret);
/* Drop the client and remove the socket. Takes NULL, returns NULL. */
struct migcompat_regions_server *
migcompat_regions_server_free(struct migcompat_regions_server *server);
/* A descriptor that is readable while there is something to do, for the caller's event loop. */
int migcompat_regions_server_fd(const struct migcompat_regions_server *server);
/*
 * Wait until there is something to do, for at most timeout_ms (0: do not wait; -1: no limit), and
 * do it: at most one connection and one request. To be called at least once a second while a client
 * may be connected, so that a silent one is dropped. 0, or the errno of epoll_wait or accept4.
 */
int migcompat_regions_server_run(struct migcompat_regions_server *server, int timeout_ms);

/*
 * Connect to a device that another process of this host serves. timeout_ms limits the connection
 * and each reply, and is at least 1. The server must run as root or as the user of this process.
 *
 * -EPERM: it runs as another user, or its memory can be cut; -EBUSY: it has another client;
 * -ETIMEDOUT; -EBADMSG: it sent a malformed reply; -EINVAL: the path is empty, or there is no time
 * limit; otherwise what connect(2) says. The sentence is written to ret_text, which has size bytes
 * (0: none).
 */
int migcompat_regions_connect(const char *path, int timeout_ms, struct migcompat_regions **ret,
			      char *ret_text, size_t size);
/* The device's migration version string; "" for regions of this process. */
const char *migcompat_regions_version(const struct migcompat_regions *regions);
/* Would the device take a state with this version string? 0, or its errno. -EOPNOTSUPP: the regions
 * are of this process. */
int migcompat_regions_check(struct migcompat_regions *regions, const char *version);
/* The state that the device has now is to stay after the connection. A save and a load that succeed
 * do this. */
int migcompat_regions_keep(struct migcompat_regions *regions);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/*
 * Dirty marks for the implementation of a device: a bit a page, in MIGCOMPAT_DIRTY_WORDS(npages)
 * words. Any thread may set marks while another one takes them. The order keeps pages from being
 * lost: write to the page, then mark it; take the mark, then copy the page.
 */
#define MIGCOMPAT_DIRTY_WORDS(npages) (((uint64_t)(npages) + 63) / 64)

static inline void migcompat_dirty_mark(uint64_t *marks, uint64_t page)
{
	__atomic_fetch_or(&marks[page / 64], (uint64_t)1 << (page % 64), __ATOMIC_RELEASE);
}

/* Mark all pages that len bytes from position touch; len is not 0. */
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

/* Take the marks of at most max of the count pages from first, lowest first. Returns how many pages
 * are in ret_pages. */
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
