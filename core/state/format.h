/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state file, migcompat-device-state(7): the migration version string and a newline, then
 * records. Numbers are little-endian.
 *
 * A record is a head and a payload of the size that the head tells, at most FORMAT_PAYLOAD_MAX. The
 * head's sum (XXH3, 64 bits) is seeded with the sum of the head before, the first one with that of
 * the version string and its newline: no record can be left out, repeated or moved. The head holds
 * the sum of its payload, and is checked before the payload is read.
 */
#ifndef CORE_STATE_FORMAT_H
#define CORE_STATE_FORMAT_H

#include <stdint.h>

#include "migcompat/device-state.h"

#define FORMAT_VERSION 1u
#define FORMAT_MAGIC "MIGSTATE"
#define FORMAT_PAYLOAD_MAX MIGCOMPAT_STATE_WINDOW
#define FORMAT_MEMORY_MAX                                                      \
	((uint64_t)1 << 40) /* bytes of device memory, in regions and in files \
			     */

enum record_type {
	RECORD_HEAD = 1, /* once, first: struct format_head */
	RECORD_MEMORY =
		2, /* whole pages of device memory at a position; all of it, in ascending order */
	RECORD_DIRTY = 3,  /* struct migcompat_dirty_record, of the round that position tells; after
			      all of memory */
	RECORD_CONFIG = 4, /* bytes of the config at a position, in ascending order; after memory */
	RECORD_STREAM =
		5, /* bytes of a kernel driver's own stream at a position, in ascending order */
	RECORD_INFO = 6,  /* optional: "key=value\n" lines for people, UTF-8 */
	RECORD_END = 7,	  /* once, last: struct format_end; nothing follows */
	RECORD_ZEROS = 8, /* in the place of memory: struct format_zeros, so many bytes of zeros at
			     a position */
	RECORD_TYPE_COUNT,
};

enum record_flags {
	RECORD_OPTIONAL =
		1, /* whoever does not know the type passes it over; else refuses the file */
};

struct format_record {
	uint32_t type;
	uint32_t flags;
	uint64_t number; /* from 0 */
	uint64_t size;	 /* bytes of the payload */
	uint64_t position;
	uint64_t payload_sum;
	uint64_t sum; /* of all before it in this head */
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
	uint32_t migration_flags; /* of a stream: how it was saved, VFIO_MIGRATION_STOP_COPY and
				     perhaps VFIO_MIGRATION_PRE_COPY; else 0 */
};

struct format_zeros {
	uint64_t len; /* whole pages */
};

struct format_end {
	uint64_t records; /* before this one */
	uint64_t bytes;	  /* of all their payloads */
};

#endif
