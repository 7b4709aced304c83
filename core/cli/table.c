/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables by libsmartcols, as the tools of util-linux print them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols.h>

#include "core/cli/output.h"

struct table {
	const struct cli *cli;
	struct libscols_table *inside;
	struct libscols_line *line;
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
		/* A pipe gets whole lines, however long they are. */
		if (!cli->terminal)
			scols_table_set_termforce(table->inside, SCOLS_TERMFORCE_NEVER);
	}
	return table;
}

void table_column(struct table *table, const char *name, unsigned flags)
{
	int inside = flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0;

	if (!table || table->failed)
		return;
	if (flags & TABLE_WRAP && table->cli->terminal && !table->cli->options.raw)
		inside |= SCOLS_FL_WRAP;
	table->failed = !scols_table_new_column(table->inside, name, 0, inside);
}

void table_hide(struct table *table, size_t column)
{
	struct libscols_column *inside;

	if (!table || table->failed)
		return;
	inside = scols_table_get_column(table->inside, column);
	scols_column_set_flags(inside, scols_column_get_flags(inside) | SCOLS_FL_HIDDEN);
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
	char *copy;

	if (!table || table->failed)
		return;
	copy = strdup(text ? text : "");
	if (!copy) {
		table->failed = true;
		return;
	}
	output_clean(copy);
	if (scols_line_refer_data(table->line, table->column, copy) != 0) {
		free(copy);
		table->failed = true;
	} else if (color && table->cli->color) {
		table->failed = scols_cell_set_color(scols_line_get_cell(table->line, table->column), color) != 0;
	}
	table->column++;
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

	/* What it returns for standard output is found at the end of the program as well. */
	if (!failed)
		failed = scols_print_table(table->inside) == -ENOMEM;
	table_free(table);
	if (!failed)
		return status;
	output_sentence("out of memory");
	return CLI_TROUBLE;
}
