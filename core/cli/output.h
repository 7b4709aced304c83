/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reaches the user: sentences, lines, tables and documents. Text of others is made harmless
 * for a terminal here. */
#ifndef CORE_CLI_OUTPUT_H
#define CORE_CLI_OUTPUT_H

#include <jansson.h>

#include "core/cli/cli.h"

/* One sentence on standard error, and with --json the document of an error on standard output.
 * Returns CLI_TROUBLE. */
int output_fail(const struct cli *cli, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The sentence alone. */
void output_sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The sentences of a document's findings that belong to no device, for people. NULL: there are
 * none. */
void output_doubts(const json_t *findings);
/* Print and release a document; NULL: out of memory. Returns status, or CLI_TROUBLE where it could
 * not be made. */
int output_json(const struct cli *cli, json_t *document, int status);
/* A line on standard output. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "compatible (identical)", "incompatible (type): …", of a verdict's document; before: what the
 * line begins with. */
void output_headline(const struct cli *cli, const char *before, const json_t *verdict);
/* What is left of standard output is not to be met again: nobody reads it. */
void output_drop(void);
/* Say that standard output could not be written. Returns CLI_TROUBLE. */
int output_lost(int error);
/* Nothing may be lost at the end: CLI_TROUBLE after a sentence where standard output could not be
 * written, else status. */
int output_finish(int status);

#define NEAREST_BYTES 96u
/* What an unknown word was meant to be, if that is near: the end of a sentence. Returns buffer. */
const char *output_nearest(char buffer[NEAREST_BYTES], const char *word, const char *nearest);

/* Newlines and tabs become blanks; other control characters and what is no UTF-8, question marks.
 */
void output_clean(char *text);

enum table_flags {
	TABLE_RIGHT = 1, /* numbers */
	TABLE_WRAP = 2,	 /* goes on in the next line where the terminal is too narrow */
};

/* A table for people. Out of memory is kept until it is printed. */
struct table;
/* Goes if the terminal is too narrow for a row: the one of the least number first, 1 to 15. */
#define TABLE_DROP(order) ((unsigned)(order) << 4)

struct table *table_new(const struct cli *cli);
void table_column(struct table *table, const char *name, unsigned flags);
/* Do not print the column of that number. */
void table_hide(struct table *table, size_t column);
void table_line(struct table *table);
/* The next cell of the line. NULL is empty; color: a name ("red"), or NULL. */
void table_cell(struct table *table, const char *text, const char *color);
/* Does it hold all that was put in? Then it can be printed. */
bool table_whole(const struct table *table);
/* Prints and frees. Returns status, or CLI_TROUBLE. */
int table_print(struct table *table, int status);
void table_free(struct table *table);

#endif
