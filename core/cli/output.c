/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints sentences, lines and documents. Only this file, table.c and script.c print. */
#include "core/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/document.h"
#include "core/cli/script.h"
#include "core/facts/macros.h"
#include "core/policy/words.h"

#define LINE_MAX_BYTES 8192

void output_clean(char *text)
{
	for (char *at = text; (at = strpbrk(at, "\n\t")); at++)
		*at = ' ';
	utf8_mend(text, strlen(text));
}

static void make_line(char text[LINE_MAX_BYTES], const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void make_line(char text[LINE_MAX_BYTES], const char *format, va_list args)
{
	vsnprintf(text, LINE_MAX_BYTES, format, args);
	output_clean(text);
}

static void sentence(const char *text)
{
	/*
	 * Standard error must not overtake standard output if both are one terminal or
	 * file.
	 */
	fflush(stdout);
	fprintf(stderr, "migcompat: %s\n", text);
}

void output_sentence(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	make_line(text, format, args);
	va_end(args);
	sentence(text);
}

int output_fail(const struct cli *cli, int error, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	make_line(text, format, args);
	va_end(args);
	sentence(text);
	if (script_wanted(cli)) {
		printf("# error: %s\n", text);
		script_refuse(NULL, CLI_TROUBLE);
	}
	return cli->options.json ? output_json(cli, json_error(error, text), CLI_TROUBLE)
				 : CLI_TROUBLE;
}

void output_doubts(const json_t *findings)
{
	const json_t *finding;
	size_t i;

	json_array_foreach (findings, i, finding) {
		output_sentence("warning: %s", document_text(finding, "text"));
	}
}

const char *output_nearest(char buffer[NEAREST_BYTES], const char *word, const char *nearest)
{
	if (word_is_near(word, nearest))
		snprintf(buffer, NEAREST_BYTES, "; nearest is \"%s\"", nearest);
	else
		snprintf(buffer, NEAREST_BYTES, "; see migcompat --help");
	return buffer;
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
	/* With --json there is always one document. */
	puts("{\"format\":\"migcompat-error/1\",\"verdict\":\"error\",\"errno\":\"ENOMEM\","
	     "\"reason\":\"out of memory\",\"findings\":[]}");
	if (status != CLI_TROUBLE)
		sentence("out of memory");
	return CLI_TROUBLE;
}

void output_line(const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	make_line(text, format, args);
	va_end(args);
	puts(text);
}

void output_headline(const struct cli *cli, const char *before, const json_t *verdict)
{
	static const struct {
		const char *name;
		const char *words;
		const char *color;
		const char *more; /* another member to add */
	} heads[] = {
		{"compatible", "compatible", "\033[32m", "grade"},
		{"incompatible", "incompatible", "\033[31m", "limit"},
		{"not-migratable", "not migratable", "\033[31m", NULL},
		{"error", "error", "\033[31m", NULL},
	};
	char reason[ERROR_TEXT_MAX * 2];
	const char *more = NULL;
	size_t i = 0;

	while (i + 1 < COUNT(heads) && !document_is(verdict, "verdict", heads[i].name))
		i++;
	snprintf(reason, sizeof(reason), "%s", document_text(verdict, "reason"));
	output_clean(reason);
	if (heads[i].more)
		more = document_text(verdict, heads[i].more);
	if (i == 0 && json_is_true(json_object_get(verdict, "forced")))
		more = "forced";
	printf("%s%s%s%s%s%s%s%s%s\n", before, cli->color ? heads[i].color : "", heads[i].words,
	       cli->color ? "\033[0m" : "", more ? " (" : "", more ? more : "", more ? ")" : "",
	       *reason ? ": " : "", reason);
}

void output_drop(void)
{
	__fpurge(stdout);
	clearerr(stdout);
}

int output_lost(int error)
{
	output_sentence("standard output could not be written: %s", strerror(-error));
	/* Otherwise the rest would fail again at exit. */
	output_drop();
	return CLI_TROUBLE;
}

int output_finish(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return output_lost(errno ? -errno : -EIO);
}
