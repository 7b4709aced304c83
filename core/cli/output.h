/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the program prints: sentences, lines, tables and documents. Text from outside is
 * made harmless for a terminal here.
 */
#ifndef CORE_CLI_OUTPUT_H
#define CORE_CLI_OUTPUT_H

#include <jansson.h>

#include "core/cli/cli.h"

/*
 * Print a sentence on standard error and, with --json, an error document on standard
 * output. Returns CLI_TROUBLE.
 */
int output_fail(const struct cli *cli, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Print a sentence on standard error. */
void output_sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Print the sentences of findings that belong to no device. NULL: there are none. */
void output_doubts(const json_t *findings);
/*
 * Print and release a document. NULL: out of memory. Returns status, or CLI_TROUBLE if it
 * could not be printed.
 */
int output_json(const struct cli *cli, json_t *document, int status);
/* Print a line on standard output. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * Print the headline of a verdict, "compatible (identical)" or "incompatible (type): …".
 * before is the start of the line.
 */
void output_headline(const struct cli *cli, const char *before, const json_t *verdict);
/* Discard buffered output, because nobody reads it. */
void output_drop(void);
/* Report that standard output cannot be written. Returns CLI_TROUBLE. */
int output_lost(int error);
/*
 * Write buffered output. Returns status, or CLI_TROUBLE after a message if that failed.
 */
int output_finish(int status);

#define NEAREST_BYTES 96u
/*
 * The word that an unknown one was probably meant to be, as the end of a sentence; "" if
 * none is near. Returns buffer.
 */
const char *output_nearest(char buffer[NEAREST_BYTES], const char *word, const char *nearest);

/*
 * Replace newlines and tabs with blanks, and other control characters and invalid UTF-8
 * with '?'.
 */
void output_clean(char *text);

enum table_flags {
	TABLE_RIGHT = 1, /* numbers, aligned to the right */
	TABLE_WRAP = 2,  /* continue on the next line if the terminal is too narrow */
};

/* A table for people. If memory runs out, the table remembers it until it is printed. */
struct table;
/*
 * The column is dropped if the terminal is too narrow. Lower numbers are dropped first, 1
 * to 15.
 */
#define TABLE_DROP(order) ((unsigned)(order) << 4)

struct table *table_new(const struct cli *cli);
void table_column(struct table *table, const char *name, unsigned flags);
/* Hide a column. */
void table_hide(struct table *table, size_t column);
void table_line(struct table *table);
/*
 * Add the next cell of the line. NULL is empty. color is a name such as "red", or NULL.
 */
void table_cell(struct table *table, const char *text, const char *color);
/* false: memory ran out, and it cannot be printed. */
bool table_whole(const struct table *table);
/* Print and free. Returns status, or CLI_TROUBLE. */
int table_print(struct table *table, int status);
void table_free(struct table *table);

#endif
