/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mlx5_vfio_pci and virtio_vfio_pci: records of a little-endian head (size of the data, flags, tag) and their data. There is no magic, so
 * what is here must be records from the first byte on.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "streams.h"

#define HEAD 16u           /* bytes */
#define OPTIONAL 1u        /* of the flags */
#define SHOWN 32u          /* records */
#define RECORD_MAX ((uint64_t)1 << 40)

enum tag {
	TAG_DATA = 0,           /* of the firmware or the device */
	TAG_STOP_COPY_SIZE = 1, /* mlx5: how much will come when the device is stopped; 8 bytes */
	TAG_COUNT,
};

struct record {
	uint64_t size;
	uint32_t flags;
	uint32_t tag;
};

static struct record record_at(const unsigned char *bytes)
{
	return (struct record){
		.size = le64toh(number_at(bytes, 8)),
		.flags = le32toh((uint32_t)number_at(bytes + 8, 4)),
		.tag = le32toh((uint32_t)number_at(bytes + 12, 4)),
	};
}

static bool plausible(const struct record *record)
{
	return record->size > 0 && record->size <= RECORD_MAX && record->flags <= OPTIONAL;
}

static void show(const struct stream *stream, size_t number, const struct record *record)
{
	static const char *const names[TAG_COUNT] = {"data", "size of the rest"};
	bool known = record->tag < TAG_COUNT, optional = record->flags & OPTIONAL;
	char field[40], text[120];

	snprintf(field, sizeof(field), "stream_record_%zu", number);
	snprintf(text, sizeof(text), "tag %u (%s, %s), %" PRIu64 " bytes", record->tag, known ? names[record->tag] : "unknown",
		 known ? optional ? "optional" : "mandatory" : optional ? "optional: it is skipped" : "mandatory: it is refused", record->size);
	if (known || optional)
		add_value(stream, field, MIGCOMPAT_RULE_INFO, record->tag, false, text);
	else
		add_wrong(stream, "record %zu is of %s", number, text);
}

bool records_read(const struct stream *stream)
{
	struct record first = {0};
	uint64_t at = 0;
	size_t number = 0;

	if (stream->len >= HEAD)
		first = record_at(stream->bytes);
	/* The first one is mandatory data or an optional size in all there is; with less to go by, anything could be a stream. */
	if (!plausible(&first) || first.tag >= TAG_COUNT || (first.tag == TAG_STOP_COPY_SIZE) != (first.size == 8) ||
	    (stream->size && first.size > stream->size - HEAD))
		return false;
	for (; at + HEAD <= stream->len; at += HEAD + first.size) {
		first = record_at(stream->bytes + at);
		if (!plausible(&first))
			return false;
		number++;
	}
	/* What ends behind its last record is whole; what goes on beyond the bytes that are here cannot be judged further. */
	add_driver(stream, "mlx5_vfio_pci or virtio_vfio_pci");
	if (stream->size && stream->len == stream->size && at != stream->size)
		add_wrong(stream, "it ends in record %zu", at < stream->size ? number + 1 : number);
	at = 0;
	for (size_t i = 0; i < number && i < SHOWN; i++) {
		first = record_at(stream->bytes + at);
		show(stream, i + 1, &first);
		at += HEAD + first.size;
	}
	return true;
}
