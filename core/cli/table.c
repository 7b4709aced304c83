/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables in the style of util-linux. Lines break between words only. If a row is wider
 * than the terminal, columns are dropped in their order; columns that were asked for by
 * name stay. Printing allocates nothing, so a table that could be filled is printed
 * whole. libsmartcols would leave a cell blank if memory runs out.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "core/cli/output.h"

#define COLUMNS_MAX 24u
#define WRAP_MIN 20u /* in narrower columns text is hard to read */
#define WIDTH_DEFAULT 80u

struct column {
	const char *name;
	unsigned flags; /* enum table_flags and TABLE_DROP */
	size_t width;   /* of the widest cell or the name, in terminal columns */
	size_t least;   /* the least width that it can have */
	bool hidden;
};

struct cell {
	char *text;        /* NULL: empty */
	const char *color; /* escape sequence, or NULL */
	char *rest;        /* during printing: the text for the next line */
};

struct line {
	struct line *next;
	struct cell cells[COLUMNS_MAX];
};

struct table {
	const struct cli *cli;
	struct line *lines;
	struct line **end;
	struct line *line; /* the last one */
	struct column columns[COLUMNS_MAX];
	size_t ncolumns;
	size_t column; /* of the next cell */
	bool failed;   /* memory ran out */
};

struct table *table_new(const struct cli *cli)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->cli = cli;
	table->end = &table->lines;
	return table;
}

/* The width of a text in terminal columns, or in bytes if the locale does not know. */
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
	if (!table || table->failed)
		return;
	table->failed = table->ncolumns == COLUMNS_MAX;
	if (!table->failed)
		table->columns[table->ncolumns++] =
			(struct column){.name = name, .flags = flags, .width = text_width(name)};
}

void table_hide(struct table *table, size_t column)
{
	if (table && !table->failed)
		table->columns[column].hidden = true;
}

void table_line(struct table *table)
{
	if (!table || table->failed)
		return;
	table->line = calloc(1, sizeof(*table->line));
	table->failed = !table->line;
	table->column = 0;
	if (table->failed)
		return;
	*table->end = table->line;
	table->end = &table->line->next;
}

static const char *color_sequence(const char *name)
{
	return strcmp(name, "red") == 0     ? "\033[31m"
	       : strcmp(name, "green") == 0 ? "\033[32m"
					    : "\033[33m";
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
	table->line->cells[table->column++] = (struct cell){
		.text = copy,
		.color = color && table->cli->color ? color_sequence(color) : NULL,
	};
}

/* ---------------------------------------------------------------- layout for a terminal */

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	long width = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width <= 0 && columns)
		width = strtol(columns, NULL, 10);
	return width > 0 ? (size_t)width : WIDTH_DEFAULT;
}

/* The width of a line in terminal columns, with the widths or the least widths. */
static size_t line_width(const struct table *table, bool least)
{
	size_t width = 0, count = 0;

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (table->columns[i].hidden)
			continue;
		width += least ? table->columns[i].least : table->columns[i].width;
		count++;
	}
	return width + (count ? count - 1 : 0);
}

/* Replaces blanks by newlines, so that only single words are wider. */
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

/* The width of the widest part between separators. text is unchanged at the end. */
static size_t widest_part(char *text, char separator)
{
	size_t widest = 0;

	while (*text) {
		char *end = strchrnul(text, separator), kept = *end;
		size_t width;

		*end = '\0';
		width = text_width(text);
		*end = kept;
		if (width > widest)
			widest = width;
		text = end + (kept != '\0');
	}
	return widest;
}

static void column_wrap(struct table *table, size_t number, size_t width)
{
	struct column *column = &table->columns[number];

	column->width = text_width(column->name);
	for (struct line *line = table->lines; line; line = line->next) {
		char *text = line->cells[number].text;
		size_t wrapped;

		if (!text)
			continue;
		text_wrap(text, width);
		wrapped = widest_part(text, '\n');
		if (wrapped > column->width)
			column->width = wrapped;
	}
}

/* Texts break only between words, and are never narrower than WRAP_MIN. */
static size_t column_least(const struct table *table, size_t number)
{
	const struct column *column = &table->columns[number];
	size_t least = text_width(column->name);

	if (!(column->flags & TABLE_WRAP))
		return column->width;
	if (least < WRAP_MIN)
		least = WRAP_MIN;
	for (const struct line *line = table->lines; line; line = line->next) {
		size_t width =
			line->cells[number].text ? widest_part(line->cells[number].text, ' ') : 0;

		if (width > least)
			least = width;
	}
	return least < column->width ? least : column->width;
}

/* The column to drop next. ncolumns: none is left. */
static size_t next_dropped(const struct table *table)
{
	size_t next = table->ncolumns;

	for (size_t i = 0; i < table->ncolumns; i++) {
		unsigned order = table->columns[i].flags / TABLE_DROP(1);

		if (order && !table->columns[i].hidden &&
		    (next == table->ncolumns || order < table->columns[next].flags / TABLE_DROP(1)))
			next = i;
	}
	return next;
}

/*
 * Drop columns until a row fits if texts are wrapped. Wrapped texts then share the
 * remaining width.
 */
static void table_fit(struct table *table, size_t room)
{
	size_t next;

	if (line_width(table, false) <= room)
		return;
	for (size_t i = 0; i < table->ncolumns; i++)
		table->columns[i].least = column_least(table, i);
	while (line_width(table, true) > room && (next = next_dropped(table)) < table->ncolumns)
		table_hide(table, next);
	for (size_t i = 0; i < table->ncolumns; i++) {
		struct column *column = &table->columns[i];
		size_t others = line_width(table, true) - column->least;
		size_t share = room > others + column->least ? room - others : column->least;

		if (column->hidden)
			continue;
		if (column->width > share)
			column_wrap(table, i, share);
		column->least = column->width;
	}
}

/* ---------------------------------------------------------------- printing */

static void print_blanks(size_t count)
{
	while (count--)
		putchar(' ');
}

/* A word for scripts. Separators and control characters become \xNN. */
static void print_word(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c > 0x20 && *c < 0x7f && *c != '\\')
			putchar(*c);
		else
			printf("\\x%02x", (unsigned char)*c);
	}
}

static void print_cell(const struct column *column, const char *text, const char *color, bool last)
{
	size_t width = text_width(text), left = width < column->width ? column->width - width : 0;

	if (!*text)
		color = NULL;
	fputs(color ? color : "", stdout);
	if (column->flags & TABLE_RIGHT)
		print_blanks(left);
	fputs(text, stdout);
	if (!(column->flags & TABLE_RIGHT) && !last)
		print_blanks(left);
	fputs(color ? "\033[0m" : "", stdout);
}

/* Ends text at its first newline. *rest: the text after it, or NULL. */
static const char *first_line(char *text, char **rest)
{
	char *end = text ? strchr(text, '\n') : NULL;

	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return text ? text : "";
}

static size_t last_column(const struct table *table)
{
	size_t last = 0;

	for (size_t i = 0; i < table->ncolumns; i++)
		if (!table->columns[i].hidden)
			last = i;
	return last;
}

/* Prints one line of each cell. true: some cells have more. */
static bool print_cells(const struct table *table, struct line *line, bool again)
{
	size_t last = last_column(table);
	bool more = false;

	for (size_t i = 0; i < table->ncolumns; i++) {
		struct cell *cell = &line->cells[i];
		const char *text = first_line(again ? cell->rest : cell->text, &cell->rest);

		if (table->columns[i].hidden)
			continue;
		if (table->cli->options.raw)
			print_word(text);
		else
			print_cell(&table->columns[i], text, cell->color, i == last);
		putchar(i == last ? '\n' : ' ');
		more |= cell->rest != NULL;
	}
	return more;
}

static void print_head(const struct table *table)
{
	size_t last = last_column(table);

	for (size_t i = 0; i < table->ncolumns; i++) {
		if (table->columns[i].hidden)
			continue;
		if (table->cli->options.raw)
			print_word(table->columns[i].name);
		else
			print_cell(&table->columns[i], table->columns[i].name, NULL, i == last);
		putchar(i == last ? '\n' : ' ');
	}
}

void table_free(struct table *table)
{
	while (table && table->lines) {
		struct line *line = table->lines;

		table->lines = line->next;
		for (size_t i = 0; i < COLUMNS_MAX; i++)
			free(line->cells[i].text);
		free(line);
	}
	free(table);
}

bool table_whole(const struct table *table)
{
	return table && !table->failed;
}

int table_print(struct table *table, int status)
{
	bool whole = table_whole(table);

	if (whole && table->cli->terminal && !table->cli->options.raw)
		table_fit(table, terminal_width());
	if (whole && table->lines)
		print_head(table);
	for (struct line *line = whole ? table->lines : NULL; line; line = line->next)
		for (bool more = print_cells(table, line, false); more;)
			more = print_cells(table, line, true);
	table_free(table);
	if (whole)
		return status;
	output_sentence("out of memory");
	return CLI_TROUBLE;
}
