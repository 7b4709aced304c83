/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heads with their sums. A payload is summed and written from where it is, without a copy. */
#include "core/state/writer.h"

#include <endian.h>
#include <string.h>

#include "core/state/sum.h"
#include "migcompat/backend.h"

static uint32_t flags_of(enum record_type type)
{
	return type == RECORD_INFO ? RECORD_OPTIONAL : 0;
}

int writer_record(struct state_writer *writer, enum record_type type, uint64_t position,
		  const void *payload, size_t size, struct error *err)
{
	struct format_record record = {
		.type = htole32(type),
		.flags = htole32(flags_of(type)),
		.number = htole64(writer->number),
		.size = htole64(size),
		.position = htole64(position),
		.payload_sum = htole64(state_sum(payload, size, 0)),
	};
	int r;

	writer->chain = state_sum(&record, offsetof(struct format_record, sum), writer->chain);
	record.sum = htole64(writer->chain);
	r = transport_write(writer->to, &record, sizeof(record), err);
	if (!r)
		r = transport_write(writer->to, payload, size, err);
	writer->number++;
	writer->bytes += size;
	return r;
}

int writer_begin(struct state_writer *writer, const struct state_transport *to, const char *version,
		 size_t len, const struct format_head *head, struct error *err)
{
	struct format_head payload = {
		.version = htole32(FORMAT_VERSION),
		.content = htole32(head->content),
		.memory_size = htole64(head->memory_size),
		.page_size = htole32(MIGCOMPAT_STATE_PAGE),
		.migration_flags = htole32(head->migration_flags),
	};
	char line[MIGCOMPAT_STRING_MAX + 1];
	int r;

	memcpy(payload.magic, FORMAT_MAGIC, sizeof(payload.magic));
	memcpy(line, version, len);
	line[len] = '\n';
	*writer = (struct state_writer){.to = to, .chain = state_sum(line, len + 1, 0)};
	r = transport_write(to, line, len + 1, err);
	return r ? r : writer_record(writer, RECORD_HEAD, 0, &payload, sizeof(payload), err);
}

int writer_end(struct state_writer *writer, struct error *err)
{
	struct format_end end = {htole64(writer->number), htole64(writer->bytes)};

	return writer_record(writer, RECORD_END, 0, &end, sizeof(end), err);
}
