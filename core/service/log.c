/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending to the journal with fields of its own, so that "journalctl MIGCOMPAT_DEVICE=…" finds what was said of a device. */
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
#define ANSWERS_BYTES 16384 /* of lines that are written at once */

#define JOURNAL "/run/systemd/journal/socket"

/* Set once, before there are threads; a program has one log. */
static bool to_stderr;
static int least_important;

void log_open(bool foreground, int level)
{
	/* What is sent to a journal that is not there is lost without an error. */
	to_stderr = foreground || access(JOURNAL, F_OK) < 0;
	least_important = level;
}

int log_level(const char *name, int *ret)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"err", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret = levels[i].level;
			return 0;
		}
	}
	return -EINVAL;
}

/* Names and sentences hold what others wrote: nothing of it may move a terminal or begin a second line. */
static void clean(char *text)
{
	size_t len = strlen(text), size;

	for (size_t at = 0; at < len; at += size) {
		size = 1;
		if (text[at] >= ' ' && text[at] <= '~')
			continue;
		size = utf8_sequence(text + at, len - at);
		if (!size || utf8_control(text + at, size))
			memset(text + at, '?', size ? size : 1);
		if (!size)
			size = 1;
	}
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
	clean(text);
	if (!to_stderr && sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, NULL) == 0)
		return;
	fprintf(stderr, "migcompatd: %s\n", text);
}

static const char *or_none(const char *text)
{
	return text && *text ? text : "-";
}

/* As much of a part as fits; returns where the next one begins. */
static char *put(char *at, const char *end, const char *part)
{
	size_t len = strlen(part), room = (size_t)(end - at);

	if (len > room)
		len = room;
	memcpy(at, part, len);
	return at + len;
}

/* Put together by hand: with many writers of migration_version, formatting was a good part of an answer. */
static void answer_describe(const struct log_answer *answer, char *text, size_t size)
{
	char numbers[64], uid[32] = "";
	const char *parts[] = {
		answer->method, ": ", or_none(answer->source), answer->target ? " to " : "", answer->target ? answer->target : "", ": ",
		or_none(answer->verdict), answer->limit ? ", limit " : "", answer->limit ? answer->limit : "", " (hash ", or_none(answer->hash),
		numbers, uid, ")",
	};
	const char *end = text + size - 1;

	snprintf(numbers, sizeof(numbers), ", %" PRIu64 " us", answer->duration_us);
	if (answer->uid != LOG_UID_UNKNOWN)
		snprintf(uid, sizeof(uid), ", uid %u", answer->uid);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		text = put(text, end, parts[i]);
	*text = '\0';
}

static bool answer_send(const struct log_answer *answer, const char *text)
{
	const char *device = answer->target ? answer->target : answer->source;

	return sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", LOG_INFO, "MIGCOMPAT_METHOD=%s", answer->method, "MIGCOMPAT_DEVICE=%s",
			       or_none(device), "MIGCOMPAT_SOURCE=%s", or_none(answer->source), "MIGCOMPAT_HASH=%s", or_none(answer->hash),
			       "MIGCOMPAT_VERDICT=%s", or_none(answer->verdict), "MIGCOMPAT_LIMIT=%s", or_none(answer->limit), "MIGCOMPAT_ERRNO=%s",
			       or_none(answer->error), "MIGCOMPAT_DURATION_USEC=%" PRIu64, answer->duration_us, NULL) == 0;
}

void log_answers(const struct log_answer *answers, size_t count)
{
	char lines[ANSWERS_BYTES], text[LINE_BYTES], *at;
	size_t len = 0;

	if (least_important < LOG_INFO)
		return;
	for (size_t i = 0; i < count; i++) {
		answer_describe(&answers[i], text, sizeof(text));
		clean(text);
		if (!to_stderr && answer_send(&answers[i], text))
			continue;
		if (len + sizeof(text) + 16 > sizeof(lines)) {
			fwrite(lines, 1, len, stderr);
			len = 0;
		}
		at = put(put(put(lines + len, lines + sizeof(lines), "migcompatd: "), lines + sizeof(lines), text), lines + sizeof(lines), "\n");
		len = (size_t)(at - lines);
	}
	if (len)
		fwrite(lines, 1, len, stderr);
}

void log_answered(const struct log_answer *answer)
{
	log_answers(answer, 1);
}
