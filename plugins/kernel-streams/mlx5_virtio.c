/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mlx5_vfio_pci and virtio_vfio_pci: records, each with a little-endian head (size of the
 * data, flags, tag) and its data. There is no magic, and both drivers write the same
 * heads. Each judges the records by the tags that it knows.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "streams.h"

#define HEAD 16u    /* bytes */
#define OPTIONAL 1u /* the only flag that a driver looks at */
#define SHOWN 32u   /* of each driver */
#define LARGEST UINT32_MAX
#define PLAUSIBLE ((uint64_t)1 << 40) /* bytes of a first record, at most */

enum tag {
	TAG_DATA = 0,           /* of the firmware or the device */
	TAG_STOP_COPY_SIZE = 1, /* how much follows when the device is stopped */
	TAG_COUNT,
};

static const struct driver {
	const char *name;
	uint32_t tags; /* that the driver knows; 0 to tags - 1 */
} drivers[] = {
	{"mlx5_vfio_pci", TAG_COUNT},
	{"virtio_vfio_pci", TAG_DATA + 1},
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

struct record {
	uint64_t at;
	uint64_t size;
	uint32_t flags;
	uint32_t tag;
};

static struct record record_at(const struct stream *stream, uint64_t at)
{
	return (struct record){
		.at = at,
		.size = le64toh(number_at(stream, at, 8)),
		.flags = le32toh((uint32_t)number_at(stream, at + 8, 4)),
		.tag = le32toh((uint32_t)number_at(stream, at + 12, 4)),
	};
}

static bool knows(const struct driver *driver, const struct record *record)
{
	return record->tag < driver->tags;
}

static bool takes(const struct driver *driver, const struct record *record)
{
	return record->size <= LARGEST && (knows(driver, record) || (record->flags & OPTIONAL));
}

/* All heads are here, the last record ends the stream, the driver accepts each, and one
 * has data. */
static bool takes_all(const struct stream *stream, const struct driver *driver)
{
	bool data = false;
	uint64_t at = 0;

	while (at + HEAD <= stream->len) {
		struct record record = record_at(stream, at);

		if (!takes(driver, &record))
			return false;
		data |= record.tag == TAG_DATA && record.size;
		at += HEAD + record.size;
	}
	return data && at == stream->size;
}

/* Is the first record one that a driver writes? Without this check any bytes could be a
 * stream. */
static bool is_written(const struct stream *stream)
{
	struct record first = record_at(stream, 0);

	return first.size && first.size <= PLAUSIBLE && first.flags <= OPTIONAL &&
	       first.tag < TAG_COUNT;
}

static void show(const struct stream *stream, const struct driver *driver, uint64_t number,
		 const struct record *record)
{
	static const char *const names[TAG_COUNT] = {"data", "size of the rest"};
	bool optional = record->flags & OPTIONAL;
	char name[40], remark[120];

	snprintf(name, sizeof(name), "stream_record_%" PRIu64, number);
	snprintf(remark, sizeof(remark), "tag %u (%s, %s%s), %" PRIu64 " bytes", record->tag,
		 record->tag < TAG_COUNT ? names[record->tag] : "unknown",
		 optional ? "optional" : "mandatory",
		 knows(driver, record) ? "" : ": it is skipped", record->size);
	add_value(stream, (struct field){name, record->at}, MIGCOMPAT_RULE_INFO, record->tag, false,
		  remark);
}

static void refuse(const struct stream *stream, const struct driver *driver, uint64_t number,
		   const struct record *record)
{
	char name[40];

	snprintf(name, sizeof(name), "stream_record_%" PRIu64, number);
	if (record->size > LARGEST)
		add_wrong(stream, (struct field){name, record->at},
			  "%" PRIu64 " bytes, expected at most %u", record->size, LARGEST);
	else
		add_wrong(stream, (struct field){name, record->at},
			  "tag %u is mandatory, and %s does not know it", record->tag,
			  driver->name);
}

/* A driver stops at the first record that it refuses. */
static void read_as(const struct stream *stream, const struct driver *driver)
{
	uint64_t at = 0, number = 0;
	bool data = false;

	add_driver(stream, driver->name);
	while (at + HEAD <= stream->len) {
		struct record record = record_at(stream, at);

		number++;
		if (!takes(driver, &record)) {
			refuse(stream, driver, number, &record);
			return;
		}
		if (number <= SHOWN)
			show(stream, driver, number, &record);
		data |= record.tag == TAG_DATA && record.size;
		at += HEAD + record.size;
	}
	if (stream->size && at > stream->size)
		add_wrong(stream, (struct field){"stream_length", stream->size},
			  "it ends in the data of record %" PRIu64, number);
	else if (stream->size == stream->len && at < stream->size)
		add_wrong(stream, (struct field){"stream_length", stream->size},
			  "it ends in the head of record %" PRIu64, number + 1);
	else if (at != stream->size)
		add_unseen(stream, at);
	else if (!data)
		add_warning(stream, (struct field){"stream_length", stream->size},
			    "no record has data: the driver takes it and restores nothing");
}

bool mlx5_virtio_read(const struct stream *stream, bool only_whole)
{
	bool found = stream->len >= HEAD && !only_whole && is_written(stream);

	for (size_t i = 0; i < DRIVERS && !found; i++)
		found = takes_all(stream, &drivers[i]);
	for (size_t i = 0; i < DRIVERS && found; i++)
		read_as(stream, &drivers[i]);
	return found;
}
