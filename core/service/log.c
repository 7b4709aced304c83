/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journal messages have fields of their own, so that "journalctl MIGCOMPAT_DEVICE=…"
 * finds the answers about a device.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "core/service/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "core/facts/utf8.h"

#define LINE_BYTES 4096
#define ANSWERS_BYTES 16384 /* lines per write */
#define NUMBER_BYTES 21     /* 64 bits in decimal, with the final zero */
#define PREFIX "migcompatd: "

#define JOURNAL "/run/systemd/journal/socket"

/* Set once, before there are threads. */
static bool to_stderr;
static int least_important;

void log_open(bool foreground, int level)
{
	/* Without a journal, sd_journal_send drops messages and reports no error. */
	to_stderr = foreground || access(JOURNAL, F_OK) < 0;
	least_important = level;
}

int log_level(const char *name, int *ret)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"err", LOG_ERR},
		      {"warning", LOG_WARNING},
		      {"notice", LOG_NOTICE},
		      {"info", LOG_INFO},
		      {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret = levels[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

void log_say(int priority, const char *format, ...)
{
	char text[LINE_BYTES];
	va_list args;

	if (priority > least_important)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/*
	 * Messages contain text from others, which must not control a terminal or start a
	 * second line.
	 */
	utf8_mend(text, strlen(text));
	if (!to_stderr && sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, NULL) == 0)
		return;
	fprintf(stderr, PREFIX "%s\n", text);
}

static const char *or_none(const char *text)
{
	return text && *text ? text : "-";
}

/* Copy as much of a part as fits. Returns its end. */
static char *put(char *at, const char *end, const char *part)
{
	size_t len = strlen(part), room = (size_t)(end - at);

	if (len > room)
		len = room;
	memcpy(at, part, len);
	return at + len;
}

/* Decimal digits, right-aligned in room. */
static const char *number_text(uint64_t number, char room[static NUMBER_BYTES])
{
	size_t at = NUMBER_BYTES - 1;

	room[at] = '\0';
	do
		room[--at] = (char)('0' + number % 10);
	while (number /= 10);
	return room + at;
}

/*
 * A line without its newline, of at most LINE_BYTES with the final zero. Returns its end.
 * It avoids printf, which took a noticeable part of the time per answer with many writers
 * of migration_version.
 */
static char *answer_describe(const struct log_answer *answer, char *text)
{
	bool known = answer->uid != LOG_UID_UNKNOWN;
	bool once = answer->again == 0;
	char duration[NUMBER_BYTES], again[NUMBER_BYTES], uid[NUMBER_BYTES];
	const char *const parts[] = {
		answer->method,
		": ",
		or_none(answer->source),
		answer->target ? " to " : "",
		answer->target ? answer->target : "",
		": ",
		or_none(answer->verdict),
		answer->limit ? ", limit " : "",
		answer->limit ? answer->limit : "",
		answer->forced ? ", forced" : "",
		once ? "" : ", asked again ",
		once ? "" : number_text(answer->again, again),
		once                 ? ""
		: answer->again == 1 ? " time"
				     : " times",
		" (hash ",
		or_none(answer->hash),
		once ? ", " : "",
		once ? number_text(answer->duration_us, duration) : "",
		once ? " us" : "",
		known ? ", uid " : "",
		known ? number_text(answer->uid, uid) : "",
		")",
	};
	const char *end = text + LINE_BYTES - 1;
	char *at = text;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		at = put(at, end, parts[i]);
	*at = '\0';
	utf8_mend(text, (size_t)(at - text));
	return at;
}

static bool answer_send(const struct log_answer *answer, const char *text)
{
	const char *device = answer->target ? answer->target : answer->source;

	return sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", LOG_INFO, "MIGCOMPAT_METHOD=%s",
			       answer->method, "MIGCOMPAT_DEVICE=%s", or_none(device),
			       "MIGCOMPAT_SOURCE=%s", or_none(answer->source), "MIGCOMPAT_HASH=%s",
			       or_none(answer->hash), "MIGCOMPAT_VERDICT=%s",
			       or_none(answer->verdict), "MIGCOMPAT_LIMIT=%s",
			       or_none(answer->limit), "MIGCOMPAT_ERRNO=%s", or_none(answer->error),
			       "MIGCOMPAT_DURATION_USEC=%" PRIu64, answer->duration_us,
			       "MIGCOMPAT_FORCED=%i", answer->forced, "MIGCOMPAT_AGAIN=%" PRIu32,
			       answer->again, NULL) == 0;
}

void log_answers(const struct log_answer *answers, size_t count)
{
	char lines[ANSWERS_BYTES], *at = lines, *end;

	if (least_important < LOG_INFO)
		return;
	for (size_t i = 0; i < count; i++) {
		if (sizeof(lines) - (size_t)(at - lines) < sizeof(PREFIX) + LINE_BYTES) {
			fwrite(lines, 1, (size_t)(at - lines), stderr);
			at = lines;
		}
		memcpy(at, PREFIX, sizeof(PREFIX) - 1);
		end = answer_describe(&answers[i], at + sizeof(PREFIX) - 1);
		if (!to_stderr && answer_send(&answers[i], at + sizeof(PREFIX) - 1))
			continue;
		*end = '\n';
		at = end + 1;
	}
	if (at != lines)
		fwrite(lines, 1, (size_t)(at - lines), stderr);
}

void log_answered(const struct log_answer *answer)
{
	log_answers(answer, 1);
}
