/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables by libsmartcols, as the tools of util-linux print them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <libsmartcols.h>

#include "core/cli/output.h"

#define COLUMNS_MAX 24u
#define WRAP_MIN 20u /* a narrower column of text is harder to read than lines that the terminal breaks */

struct column {
	struct libscols_column *inside;
	unsigned flags; /* enum table_flags */
	size_t width;   /* of the widest cell or the name, in places of a terminal */
	bool hidden;
};

struct table {
	const struct cli *cli;
	struct libscols_table *inside;
	struct libscols_line *line;
	struct column columns[COLUMNS_MAX];
	size_t ncolumns;
	size_t column; /* of the next cell */
	bool failed;   /* out of memory */
};

struct table *table_new(const struct cli *cli)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->cli = cli;
	table->inside = scols_new_table();
	table->failed = !table->inside;
	if (!table->failed) {
		scols_table_enable_raw(table->inside, cli->options.raw);
		scols_table_enable_colors(table->inside, cli->color);
		/* A pipe gets whole lines, however long they are; what a terminal gets is laid out here. */
		scols_table_set_termforce(table->inside, SCOLS_TERMFORCE_NEVER);
	}
	return table;
}

/* Places that a text takes; bytes where the locale cannot tell. */
static size_t text_width(const char *text)
{
	size_t len = strlen(text), width = 0;
	mbstate_t state = {0};

	for (size_t at = 0; at < len;) {
		wchar_t wide;
		size_t size = mbrtowc(&wide, text + at, len - at, &state);
		int places = size && size <= len - at ? wcwidth(wide) : -1;

		if (places < 0)
			return len;
		width += (size_t)places;
		at += size;
	}
	return width;
}

void table_column(struct table *table, const char *name, unsigned flags)
{
	struct libscols_column *inside;

	if (!table || table->failed)
		return;
	inside = scols_table_new_column(table->inside, name, 0, flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0);
	table->failed = !inside || table->ncolumns == COLUMNS_MAX;
	if (!table->failed)
		table->columns[table->ncolumns++] = (struct column){.inside = inside, .flags = flags, .width = text_width(name)};
}

void table_hide(struct table *table, size_t column)
{
	struct column *hidden;

	if (!table || table->failed)
		return;
	hidden = &table->columns[column];
	hidden->hidden = true;
	scols_column_set_flags(hidden->inside, scols_column_get_flags(hidden->inside) | SCOLS_FL_HIDDEN);
}

void table_line(struct table *table)
{
	if (!table || table->failed)
		return;
	table->line = scols_table_new_line(table->inside, NULL);
	table->failed = !table->line;
	table->column = 0;
}

void table_cell(struct table *table, const char *text, const char *color)
{
	struct column *column;
	size_t width;
	char *copy;

	if (!table || table->failed)
		return;
	column = &table->columns[table->column];
	copy = strdup(text ? text : "");
	if (!copy) {
		table->failed = true;
		return;
	}
	output_clean(copy);
	width = text_width(copy);
	if (width > column->width)
		column->width = width;
	if (scols_line_refer_data(table->line, table->column, copy) != 0) {
		free(copy);
		table->failed = true;
	} else if (color && table->cli->color) {
		table->failed = scols_cell_set_color(scols_line_get_cell(table->line, table->column), color) != 0;
	}
	table->column++;
}

/* ---------------------------------------------------------------- layout for a terminal */

/* Places of a line with these columns. */
static size_t width_without(const struct table *table, unsigned flags)
{
	size_t width = 0, count = 0;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (table->columns[i].hidden || table->columns[i].flags & flags)
			continue;
		width += table->columns[i].width;
		count++;
	}
	return width + (count ? count - 1 : 0);
}

/* Blanks become ends of lines, so that no line but one of a single word is longer. */
static void text_wrap(char *text, size_t width)
{
	char *start = text, *last = NULL;

	for (char *c = text; *c; c++) {
		char kept;

		if (*c != ' ' && c[1])
			continue;
		kept = c[1] ? *c : '\0';
		if (kept)
			*c = '\0';
		if (text_width(start) > width && last) {
			*last = '\n';
			start = last + 1;
		}
		if (kept) {
			*c = kept;
			last = c;
		}
	}
}

static void column_wrap(struct table *table, size_t number, size_t width)
{
	struct column *column = &table->columns[number];

	scols_column_set_flags(column->inside, scols_column_get_flags(column->inside) | SCOLS_FL_WRAP);
	scols_column_set_wrapfunc(column->inside, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	scols_column_set_safechars(column->inside, "\n");
	for (size_t i = 0; i < scols_table_get_nlines(table->inside); i++) {
		struct libscols_cell *cell = scols_line_get_cell(scols_table_get_line(table->inside, i), number);

		text_wrap((char *)(uintptr_t)scols_cell_get_data(cell), width);
	}
}

/* What does not fit is left out where that makes the rest fit; then long texts share the room that is left for them. */
static void table_fit(struct table *table, size_t room)
{
	size_t whole = width_without(table, 0), fixed, wraps = 0;

	for (size_t i = 0; i < table->ncolumns; i++)
		wraps += !table->columns[i].hidden && table->columns[i].flags & TABLE_WRAP;
	if (whole > room && width_without(table, TABLE_SPARE | TABLE_WRAP) + wraps * (WRAP_MIN + 1) <= room) {
		for (size_t i = 0; i < table->ncolumns; i++)
			if (table->columns[i].flags & TABLE_SPARE)
				table_hide(table, i);
		whole = width_without(table, 0);
	}
	fixed = width_without(table, TABLE_WRAP) + wraps;
	for (size_t i = 0; whole > room && i < table->ncolumns; i++) {
		const struct column *column = &table->columns[i];
		size_t share = wraps && room > fixed ? (room - fixed) / wraps : 0;

		if (column->hidden || !(column->flags & TABLE_WRAP))
			continue;
		if (share >= WRAP_MIN && column->width > share)
			column_wrap(table, i, share);
		fixed += column->width < share ? column->width : share;
		wraps--;
	}
}

void table_free(struct table *table)
{
	if (table)
		scols_unref_table(table->inside);
	free(table);
}

int table_print(struct table *table, int status)
{
	bool failed = !table || table->failed;

	if (!failed && table->cli->terminal && !table->cli->options.raw)
		table_fit(table, scols_table_get_termwidth(table->inside));
	/* What it returns for standard output is found at the end of the program as well. */
	if (!failed)
		failed = scols_print_table(table->inside) == -ENOMEM;
	table_free(table);
	if (!failed)
		return status;
	output_sentence("out of memory");
	return CLI_TROUBLE;
}
