/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sentences, lines and documents. The one place, with table.c, that prints. */
#include "core/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"

#define LINE_MAX_BYTES 8192

void output_clean(char *text)
{
	size_t len = strlen(text), size;

	for (size_t at = 0; at < len; at += size) {
		size = utf8_sequence(text + at, len - at);
		if (text[at] == '\n' || text[at] == '\t')
			text[at] = ' ';
		else if (!size || utf8_control(text + at, size))
			memset(text + at, '?', size ? size : 1);
		if (!size)
			size = 1;
	}
}

static void sentence(const char *text)
{
	/* What was said before must not overtake it where both are one terminal or file. */
	fflush(stdout);
	fprintf(stderr, "migcompat: %s\n", text);
}

void output_sentence(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_clean(text);
	sentence(text);
}

int output_fail(const struct cli *cli, int error, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_clean(text);
	sentence(text);
	return cli->options.json ? output_json(cli, json_error(error, text), CLI_TROUBLE) : CLI_TROUBLE;
}

int output_json(const struct cli *cli, json_t *document, int status)
{
	char *text = json_text(document, cli->terminal ? JSON_INDENT(2) : JSON_COMPACT);

	json_decref(document);
	if (text) {
		puts(text);
		free(text);
		return status;
	}
	/* Even then there is one document, as promised. */
	puts("{\"format\":\"migcompat-error/1\",\"verdict\":\"error\",\"errno\":\"ENOMEM\",\"reason\":\"out of memory\"}");
	if (status != CLI_TROUBLE)
		sentence("out of memory");
	return CLI_TROUBLE;
}

void output_line(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_clean(text);
	puts(text);
}

void output_headline(const struct cli *cli, const char *before, const struct migcompat_verdict *verdict)
{
	static const struct {
		const char *words;
		const char *color;
	} heads[] = {
		[VERDICT_COMPATIBLE] = {"compatible", "\033[32m"},
		[VERDICT_INCOMPATIBLE] = {"incompatible", "\033[31m"},
		[VERDICT_NOT_MIGRATABLE] = {"not migratable", "\033[31m"},
		[VERDICT_ERROR] = {"error", "\033[31m"},
	};
	char buffer[ERROR_TEXT_MAX * 2], reason[ERROR_TEXT_MAX * 2];
	const char *more = NULL;

	snprintf(reason, sizeof(reason), "%s", verdict_reason(verdict, buffer, sizeof(buffer)));
	output_clean(reason);
	if (verdict->code == VERDICT_COMPATIBLE)
		more = verdict->forced ? "forced" : grade_name(verdict->grade);
	else if (verdict->code == VERDICT_INCOMPATIBLE)
		more = limit_name(verdict->limit);
	printf("%s%s%s%s%s%s%s%s%s\n", before, cli->color ? heads[verdict->code].color : "", heads[verdict->code].words,
	       cli->color ? "\033[0m" : "", more ? " (" : "", more ? more : "", more ? ")" : "", *reason ? ": " : "", reason);
}

int output_lost(int error)
{
	output_sentence("standard output could not be written: %s", strerror(-error));
	/* What is left of it would be met once more at the end. */
	__fpurge(stdout);
	clearerr(stdout);
	return CLI_TROUBLE;
}

int output_finish(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return output_lost(errno ? -errno : -EIO);
}
