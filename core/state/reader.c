/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking records. The sum of a head is checked before its fields are used, the sum of a payload
 * before the caller gets it. */
#include "core/state/reader.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/state/sum.h"

#define PAGE MIGCOMPAT_STATE_PAGE

int reader_refuse(struct state_reader *reader, int r, const struct error *err)
{
	reader->refused = r;
	reader->reason = *err;
	return r;
}

static int refuse(struct state_reader *reader, int code, struct error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A sentence that begins with the file's name. */
static int refuse(struct state_reader *reader, int code, struct error *err, const char *format, ...)
{
	char text[ERROR_TEXT_MAX / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(&reader->reason, code, "%s: %s", reader->from->name, text);
	reader->refused = code;
	error_set(err, code, "%s", reader->reason.text);
	return code;
}

static int latched(const struct state_reader *reader, struct error *err)
{
	return error_set(err, reader->refused, "%s", reader->reason.text);
}

/* ---------------------------------------------------------------- bytes */

/* A file that ends too early is damaged, wherever it ends. */
static int take(struct state_reader *reader, void *buffer, size_t len, struct error *err)
{
	int r = transport_read(reader->from, buffer, len, &reader->reason);

	if (!r)
		return 0;
	if (r == -ENODATA || r == -EBADMSG)
		return refuse(reader, -EBADMSG, err, "it ends in the middle of record %llu",
			      (unsigned long long)reader->number);
	reader->refused = r;
	return latched(reader, err);
}

static int no_state_file(struct state_reader *reader, struct error *err)
{
	return refuse(reader, -EBADMSG, err,
		      "it does not begin with a version string and a newline: no state file");
}

int reader_begin(struct state_reader *reader, const struct state_transport *from, struct error *err)
{
	size_t len = 0, colons = 0;
	int r;

	*reader = (struct state_reader){.from = from};
	/* A byte at a time: the bytes after the newline must not be read yet. */
	for (;;) {
		char byte = 0;

		r = transport_read(from, &byte, 1, err);
		if (r == -ENODATA)
			return refuse(reader, -EBADMSG, err, "%s",
				      len ? "it ends in the version string" : "it is empty");
		if (r)
			return reader_refuse(reader, r, err);
		if (byte == '\n')
			break;
		if (byte < 0x21 || byte > 0x7e || len == MIGCOMPAT_STRING_MAX)
			return no_state_file(reader, err);
		colons += byte == ':';
		reader->version[len++] = byte;
	}
	/* NAMESPACE:KIND:TYPE:PAYLOAD. The parts are checked elsewhere; without them it is any
	 * text. */
	if (colons < 3)
		return no_state_file(reader, err);
	reader->version_len = len;
	reader->version[len] = '\n';
	reader->chain = state_sum(reader->version, len + 1, 0);
	reader->version[len] = '\0';
	return 0;
}

/* ---------------------------------------------------------------- heads */

static void to_host(struct format_record *record)
{
	record->type = le32toh(record->type);
	record->flags = le32toh(record->flags);
	record->number = le64toh(record->number);
	record->size = le64toh(record->size);
	record->position = le64toh(record->position);
	record->payload_sum = le64toh(record->payload_sum);
	record->sum = le64toh(record->sum);
}

static int take_record(struct state_reader *reader, struct format_record *ret, struct error *err)
{
	struct format_record record;
	uint64_t sum;
	int r = take(reader, &record, sizeof(record), err);

	if (r)
		return r;
	sum = state_sum(&record, offsetof(struct format_record, sum), reader->chain);
	to_host(&record);
	if (record.sum != sum && record.number != reader->number)
		return refuse(reader, -EBADMSG, err,
			      "record %llu stands where %llu is expected: it is damaged, moved, "
			      "repeated or one is missing",
			      (unsigned long long)record.number,
			      (unsigned long long)reader->number);
	if (record.sum != sum)
		return refuse(reader, -EBADMSG, err,
			      "the head of record %llu is damaged, or the version string is",
			      (unsigned long long)reader->number);
	if (record.number != reader->number || record.size > FORMAT_PAYLOAD_MAX ||
	    record.flags & ~(uint32_t)RECORD_OPTIONAL)
		return refuse(reader, -EBADMSG, err,
			      "record %llu has a number, size or flags that no record has",
			      (unsigned long long)reader->number);
	reader->chain = sum;
	reader->number++;
	*ret = record;
	return 0;
}

static int payload_check(struct state_reader *reader, const struct format_record *record,
			 uint64_t sum, struct error *err)
{
	if (sum != record->payload_sum)
		return refuse(reader, -EBADMSG, err, "record %llu is damaged",
			      (unsigned long long)record->number);
	reader->bytes += record->size;
	return 0;
}

int reader_payload(struct state_reader *reader, const struct format_record *record, void *buffer,
		   struct error *err)
{
	int r;

	if (reader->refused)
		return latched(reader, err);
	r = take(reader, buffer, record->size, err);
	return r ? r : payload_check(reader, record, state_sum(buffer, record->size, 0), err);
}

int reader_skip(struct state_reader *reader, const struct format_record *record, struct error *err)
{
	struct state_sums sums;
	char part[PAGE];
	int r = 0;

	if (reader->refused)
		return latched(reader, err);
	state_sums_begin(&sums);
	for (uint64_t left = record->size, size; left && !r; left -= size) {
		size = left < sizeof(part) ? left : sizeof(part);
		r = take(reader, part, size, err);
		if (!r)
			state_sums_add(&sums, part, size);
	}
	return r ? r : payload_check(reader, record, state_sums_end(&sums), err);
}

int reader_head(struct state_reader *reader, struct error *err)
{
	struct format_record record = {0};
	char payload[PAGE];
	struct format_head *head = &reader->head;
	int r;

	if (reader->refused)
		return latched(reader, err);
	r = take_record(reader, &record, err);
	if (r)
		return r;
	if (record.type != RECORD_HEAD || record.flags || record.size < sizeof(*head) ||
	    record.size > sizeof(payload))
		return refuse(reader, -EBADMSG, err,
			      "its first record is none that a state file begins with");
	r = reader_payload(reader, &record, payload, err);
	if (r)
		return r;
	memcpy(head, payload, sizeof(*head)); /* a later format may have more */
	head->version = le32toh(head->version);
	head->content = le32toh(head->content);
	head->memory_size = le64toh(head->memory_size);
	head->page_size = le32toh(head->page_size);
	head->migration_flags = le32toh(head->migration_flags);
	if (memcmp(head->magic, FORMAT_MAGIC, sizeof(head->magic)) != 0)
		return refuse(reader, -EBADMSG, err,
			      "its first record is none that a state file begins with");
	if (head->version != FORMAT_VERSION ||
	    (head->content != FORMAT_REGIONS && head->content != FORMAT_STREAM))
		return refuse(reader, -EPROTONOSUPPORT, err,
			      "it is of format %u with content %u, expected format %u",
			      head->version, head->content, FORMAT_VERSION);
	if (head->page_size != PAGE || head->memory_size % PAGE ||
	    head->memory_size > FORMAT_MEMORY_MAX ||
	    (head->content == FORMAT_STREAM && head->memory_size))
		return refuse(
			reader, -EBADMSG, err,
			"it tells of %llu bytes of memory in pages of %u, which makes no sense",
			(unsigned long long)head->memory_size, head->page_size);
	return 0;
}

/* ---------------------------------------------------------------- the order of records */

/* Each returns NULL, or what is wrong. Sizes are small, so no sum can wrap. */
static const char *memory_fits(struct state_reader *reader, const struct format_record *record)
{
	if (reader->head.content != FORMAT_REGIONS || record->position != reader->memory)
		return "is not the part of memory that is next";
	if (record->size == 0 || record->size % PAGE ||
	    record->size > reader->head.memory_size - reader->memory)
		return "has no whole pages, or goes beyond the end of memory";
	reader->memory += record->size;
	return NULL;
}

/* How far they go is in the payload: see reader_zeros. */
static const char *zeros_fit(struct state_reader *reader, const struct format_record *record)
{
	if (reader->head.content != FORMAT_REGIONS || record->position != reader->memory)
		return "is not the part of memory that is next";
	return record->size == sizeof(struct format_zeros) ? NULL : "does not tell how many zeros";
}

static const char *dirty_fits(struct state_reader *reader, const struct format_record *record)
{
	if (reader->head.content != FORMAT_REGIONS || reader->memory < reader->head.memory_size ||
	    reader->config)
		return "holds dirty pages, which come after all of memory and before the config";
	if (record->size == 0 || record->size % sizeof(struct migcompat_dirty_record) ||
	    record->position < reader->round)
		return "has no whole dirty pages, or is of a round that is over";
	reader->round = record->position;
	return NULL;
}

static const char *config_fits(struct state_reader *reader, const struct format_record *record)
{
	if (reader->head.content != FORMAT_REGIONS || reader->memory < reader->head.memory_size ||
	    record->position != reader->config)
		return "is not the part of the config that is next";
	if (record->size == 0 || record->size > MIGCOMPAT_STATE_CONFIG_MAX - reader->config)
		return "makes the config longer than any";
	reader->config += record->size;
	return NULL;
}

static const char *stream_fits(struct state_reader *reader, const struct format_record *record)
{
	if (reader->head.content != FORMAT_STREAM || record->position != reader->stream)
		return "is not the part of the stream that is next";
	if (record->size == 0)
		return "is empty";
	reader->stream += record->size;
	return NULL;
}

static const char *info_fits(struct state_reader *reader, const struct format_record *record)
{
	(void)reader;
	(void)record;
	return NULL; /* anywhere */
}

static const char *end_fits(struct state_reader *reader, const struct format_record *record)
{
	if (reader->memory < reader->head.memory_size || !(reader->config || reader->stream))
		return "ends a state that is not whole";
	return record->size < sizeof(struct format_end) || record->size > PAGE ? "is no end" : NULL;
}

static const struct {
	const char *(*fits)(struct state_reader *reader, const struct format_record *record);
	uint32_t flags;
} rules[] = {
	[RECORD_MEMORY] = {memory_fits, 0},
	[RECORD_DIRTY] = {dirty_fits, 0},
	[RECORD_CONFIG] = {config_fits, 0},
	[RECORD_STREAM] = {stream_fits, 0},
	[RECORD_INFO] = {info_fits, RECORD_OPTIONAL},
	[RECORD_END] = {end_fits, 0},
	[RECORD_ZEROS] = {zeros_fit, 0},
};

static int rule_check(struct state_reader *reader, const struct format_record *record,
		      struct error *err)
{
	unsigned long long number = record->number;
	const char *wrong;

	if (record->type >= sizeof(rules) / sizeof(rules[0]) || !rules[record->type].fits) {
		if (record->flags & RECORD_OPTIONAL && record->type != RECORD_HEAD)
			return 0;
		return refuse(reader, record->type == RECORD_HEAD ? -EBADMSG : -EPROTONOSUPPORT,
			      err,
			      "record %llu is of type %u, which is not known here and may not be "
			      "passed over",
			      number, record->type);
	}
	wrong = record->flags == rules[record->type].flags
			? rules[record->type].fits(reader, record)
			: "has flags that its type has not";
	return wrong ? refuse(reader, -EBADMSG, err, "record %llu %s", number, wrong) : 0;
}

int reader_zeros(struct state_reader *reader, const struct format_record *record, uint64_t *ret_len,
		 struct error *err)
{
	struct format_zeros zeros = {0};
	int r = reader_payload(reader, record, &zeros, err);
	uint64_t len = le64toh(zeros.len);

	if (r)
		return r;
	if (len == 0 || len % PAGE || len > reader->head.memory_size - reader->memory)
		return refuse(reader, -EBADMSG, err,
			      "record %llu has no whole pages, or goes beyond the end of memory",
			      (unsigned long long)record->number);
	reader->memory += len;
	*ret_len = len;
	return 0;
}

/* The end record must count what came, and nothing may follow it. */
static int end_check(struct state_reader *reader, const struct format_record *record,
		     struct error *err)
{
	uint64_t bytes = reader->bytes;
	char payload[PAGE], more;
	struct format_end end;
	int r = reader_payload(reader, record, payload, err);

	if (r)
		return r;
	memcpy(&end, payload, sizeof(end));
	if (le64toh(end.records) != record->number || le64toh(end.bytes) != bytes)
		return refuse(reader, -EBADMSG, err, "its end counts %llu records, and %llu came",
			      (unsigned long long)le64toh(end.records),
			      (unsigned long long)record->number);
	r = transport_read(reader->from, &more, 1, &reader->reason);
	if (r == -ENODATA) {
		reader->ended = true;
		return 0;
	}
	if (!r)
		return refuse(reader, -EBADMSG, err, "something follows its end");
	reader->refused = r;
	return latched(reader, err);
}

int reader_next(struct state_reader *reader, struct format_record *ret, struct error *err)
{
	int r;

	if (reader->refused)
		return latched(reader, err);
	if (reader->ended)
		return 0;
	r = take_record(reader, ret, err);
	if (!r)
		r = rule_check(reader, ret, err);
	if (r)
		return r;
	if (ret->type != RECORD_END)
		return 1;
	return end_check(reader, ret, err);
}
