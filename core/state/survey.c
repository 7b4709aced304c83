/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading all records without keeping any. */
#include "core/state/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/sum.h"

#define HEAD_MAX MIGCOMPAT_STREAM_HEAD

const char *record_name(uint32_t type)
{
	static const char *const names[RECORD_TYPE_COUNT] = {
		[RECORD_HEAD] = "head",     [RECORD_MEMORY] = "memory", [RECORD_DIRTY] = "dirty",
		[RECORD_CONFIG] = "config", [RECORD_STREAM] = "stream", [RECORD_INFO] = "info",
		[RECORD_END] = "end",       [RECORD_ZEROS] = "zeros",
	};

	return type < RECORD_TYPE_COUNT ? names[type] : NULL;
}

/* ---------------------------------------------------------------- what is kept */

static void keep_head(struct survey *survey, const uint8_t *bytes, size_t len)
{
	size_t room = HEAD_MAX - survey->head_len;

	len = len < room ? len : room;
	memcpy(survey->head + survey->head_len, bytes, len);
	survey->head_len += len;
}

/* Keep whole lines that fit. Their text is untrusted. */
static void keep_info(struct survey *survey, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t line = end ? (size_t)(end - bytes) + 1 : len;

		if (!end || memchr(bytes, '\0', line) || line > SURVEY_INFO_MAX - survey->info_len)
			return;
		memcpy(survey->info + survey->info_len, bytes, line);
		survey->info_len += line;
		bytes += line;
		len -= line;
	}
}

/* ---------------------------------------------------------------- records */

static int take_record(struct survey *survey, const struct format_record *record, uint8_t *window,
		       struct state_sums *sums, struct error *err)
{
	struct survey_count *count =
		record_name(record->type) ? &survey->counts[record->type] : &survey->unknown;
	struct state_reader *reader = &survey->reader;
	uint64_t zeros = 0;
	int r;

	if (record->type == RECORD_ZEROS)
		r = reader_zeros(reader, record, &zeros, err);
	else
		r = reader_payload(reader, record, window, err);
	if (r)
		return r;
	count->records++;
	count->bytes += record->size;
	if (record->type == RECORD_STREAM) {
		keep_head(survey, window, record->size);
		state_sums_add(sums, window, record->size);
	} else if (record->type == RECORD_INFO) {
		keep_info(survey, (const char *)window, record->size);
	}
	return 0;
}

static int take_records(struct survey *survey, struct error *err)
{
	uint8_t *window = malloc(FORMAT_PAYLOAD_MAX);
	struct format_record record;
	struct state_sums sums;
	int r;

	if (!window)
		return error_set(err, -ENOMEM, "out of memory");
	state_sums_begin(&sums);
	while ((r = reader_next(&survey->reader, &record, err)) > 0 &&
	       (r = take_record(survey, &record, window, &sums, err)) == 0)
		;
	survey->stream_sum = state_sums_end(&sums);
	free(window);
	return r;
}

/* ---------------------------------------------------------------- the beginning */

/* Until it is known that this is a state file, keep what is read: it may begin a stream. */
static ssize_t record_read(void *arg, void *buffer, size_t len)
{
	struct survey *survey = arg;
	ssize_t n = survey->from->read(survey->from->arg, buffer, len);

	if (n > 0 && !survey->is_state)
		keep_head(survey, buffer, (size_t)n);
	return n;
}

/* It is no state file: read the rest of a stream's beginning. */
static int take_bare(struct survey *survey, struct error *err)
{
	char part[4096];
	bool more = false;
	ssize_t n = 1;

	/* One byte beyond the beginning shows whether there are more. */
	while (n && !more) {
		size_t left = HEAD_MAX - survey->head_len;

		size_t want = left < sizeof(part) ? left : sizeof(part);

		n = record_read(survey, part, want ? want : 1);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return error_set(err, (int)n, "%s: could not be read: %s",
					 survey->from->name, strerror((int)-n));
		more = n && !left;
	}
	survey->stream_summed = !more;
	if (!more) {
		survey->stream_size = survey->head_len;
		survey->stream_sum = state_sum(survey->head, survey->head_len, 0);
	} else if (survey->from->size > survey->head_len) {
		survey->stream_size = survey->from->size;
	}
	return 0;
}

static int take_state(struct survey *survey, struct error *err)
{
	int r;

	survey->head_len = 0;
	r = reader_head(&survey->reader, err);
	if (r)
		return r;
	survey->counts[RECORD_HEAD] = (struct survey_count){1, survey->reader.bytes};
	return take_records(survey, err);
}

int survey_run(struct survey *survey, const struct state_transport *from, struct error *err)
{
	struct error text = {0};
	int r;

	*survey = (struct survey){.from = from, .head = malloc(HEAD_MAX)};
	if (!survey->head)
		return error_set(err, -ENOMEM, "out of memory");
	survey->recorder =
		(struct state_transport){.read = record_read, .arg = survey, .name = from->name};
	r = reader_begin(&survey->reader, &survey->recorder, &text);
	survey->is_state = !r;
	if (r == -EBADMSG)
		r = take_bare(survey, &text);
	else if (!r)
		r = take_state(survey, &text);
	if (survey->is_state) {
		survey->stream_size = survey->reader.stream;
		survey->stream_summed = survey->stream_size != 0;
	}
	survey->sound = survey->reader.ended;
	if (!survey->sound) {
		survey->refused = survey->reader.refused;
		survey->reason = survey->reader.reason;
	}
	/* An unsound file is an answer; a read error is not. */
	if (r && r != -EBADMSG && r != -EPROTONOSUPPORT)
		return error_set(err, r, "%s", text.text);
	return 0;
}

void survey_free(struct survey *survey)
{
	free(survey->head);
	*survey = (struct survey){0};
}
