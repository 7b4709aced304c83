/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state file, migcompat-device-state(7): the migration version string and a newline, then
 * records. Numbers are little-endian. The string is the first line, so that "head -n 1" is enough
 * for an early check.
 *
 * A record is a head and a payload of at most FORMAT_PAYLOAD_MAX bytes. The sum of a head (XXH3, 64
 * bits) is seeded with the sum of the head before; the first one with that of the version string
 * and its newline. This chain finds records that are missing, repeated or moved. The head has the
 * sum of its payload, and is checked before the payload is read.
 */
#ifndef CORE_STATE_FORMAT_H
#define CORE_STATE_FORMAT_H

#include <stdint.h>

#include "migcompat/device-state.h"

#define FORMAT_VERSION 1u
#define FORMAT_MAGIC "MIGSTATE"
#define FORMAT_PAYLOAD_MAX MIGCOMPAT_STATE_WINDOW
#define FORMAT_MEMORY_MAX ((uint64_t)1 << 40) /* bytes of device memory */

enum record_type {
	/* Once, first: struct format_head. */
	RECORD_HEAD = 1,
	/* Whole pages of device memory at a position; all of it, in ascending order. */
	RECORD_MEMORY = 2,
	/* struct migcompat_dirty_record; position is the round. After all of memory. */
	RECORD_DIRTY = 3,
	/* Bytes of the config at a position, in ascending order; after memory. */
	RECORD_CONFIG = 4,
	/* Bytes of a kernel driver's own stream at a position, in ascending order. */
	RECORD_STREAM = 5,
	/* Optional: "key=value\n" lines for people, UTF-8. */
	RECORD_INFO = 6,
	/* Once, last: struct format_end; nothing follows. */
	RECORD_END = 7,
	/* Instead of memory: struct format_zeros, the bytes of zeros at a position. */
	RECORD_ZEROS = 8,
	RECORD_TYPE_COUNT,
};

enum record_flags {
	RECORD_OPTIONAL = 1, /* a reader that does not know the type skips it; otherwise it
				refuses the file */
};

struct format_record {
	uint32_t type;
	uint32_t flags;
	uint64_t number; /* from 0 */
	uint64_t size;   /* bytes of the payload */
	uint64_t position;
	uint64_t payload_sum;
	uint64_t sum; /* of the members above */
};

enum format_content {
	FORMAT_REGIONS = 1, /* memory, dirty, config */
	FORMAT_STREAM = 2,  /* stream */
};

struct format_head {
	char magic[8];
	uint32_t version;
	uint32_t content; /* enum format_content */
	uint64_t memory_size;
	uint32_t page_size;
	uint32_t migration_flags; /* of a stream: VFIO_MIGRATION_STOP_COPY, and perhaps
				     VFIO_MIGRATION_PRE_COPY; otherwise 0 */
};

struct format_zeros {
	uint64_t len; /* whole pages */
};

struct format_end {
	uint64_t records; /* before this one */
	uint64_t bytes;   /* of all their payloads */
};

#endif
