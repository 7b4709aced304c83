/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat list: one row per device. If a device has an error, its row says so. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/policy/words.h"

enum column {
	COLUMN_DEVICE,
	COLUMN_HOST,
	COLUMN_KIND,
	COLUMN_DRIVER,
	COLUMN_TYPE,
	COLUMN_BACKEND,
	COLUMN_MIGRATABLE,
	COLUMN_MECHANISM,
	COLUMN_HOLD,
	COLUMN_PARENT,
	COLUMN_MODEL,
	COLUMN_LABEL,
	COLUMN_AVAILABLE,
	COLUMN_REASON,
	COLUMN_CLASS,
	COLUMN_VERSION,
	COLUMN_PATH,
	COLUMN_COUNT,
};

static const struct column_info {
	const char *name;   /* first, so that nearest_word finds it */
	const char *member; /* its member in the document of a row */
	unsigned flags;     /* enum table_flags and TABLE_DROP */
} infos[COLUMN_COUNT] = {
	[COLUMN_DEVICE] = {"DEVICE", "device", 0},
	[COLUMN_HOST] = {"HOST", "host", 0},
	[COLUMN_KIND] = {"KIND", "kind", TABLE_DROP(3)},
	[COLUMN_DRIVER] = {"DRIVER", "driver", TABLE_DROP(1)},
	[COLUMN_TYPE] = {"TYPE", "type", TABLE_DROP(5)},
	[COLUMN_BACKEND] = {"BACKEND", "backend", TABLE_DROP(2)},
	[COLUMN_MIGRATABLE] = {"MIGRATABLE", "migratable", 0},
	[COLUMN_MECHANISM] = {"MECHANISM", "mechanism", TABLE_DROP(4)},
	[COLUMN_HOLD] = {"HOLD", "hold", TABLE_WRAP},
	[COLUMN_PARENT] = {"PARENT", "parent", 0},
	[COLUMN_MODEL] = {"MODEL", "model", 0},
	[COLUMN_LABEL] = {"LABEL", "label", 0},
	[COLUMN_AVAILABLE] = {"AVAILABLE", "availability", 0},
	[COLUMN_REASON] = {"REASON", "reason", TABLE_WRAP},
	[COLUMN_CLASS] = {"CLASS", "class", 0},
	[COLUMN_VERSION] = {"VERSION", "version", 0},
	[COLUMN_PATH] = {"PATH", "path", 0},
};

struct columns {
	enum column list[COLUMN_COUNT];
	size_t count;
	/* was asked for by name; others are hidden if no row has a value */
	bool asked[COLUMN_COUNT];
};

static void columns_add(struct columns *columns, enum column column)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->list[i] == column)
			return;
	columns->list[columns->count++] = column;
}

static int column_find(const struct cli *cli, const char *name, size_t len, enum column *ret)
{
	char text[32] = "", upper[32], nearest[NEAREST_BYTES];

	snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) ? len : sizeof(text) - 1),
		 name);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (strlen(infos[i].name) == len && strncasecmp(infos[i].name, name, len) == 0) {
			*ret = (enum column)i;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(upper); i++)
		upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
	return output_fail(
		cli, -EINVAL, "unknown column \"%s\"%s", text,
		output_nearest(nearest, upper,
			       nearest_word(upper, infos, COLUMN_COUNT, sizeof(infos[0]))));
}

/* "A,B" replaces the default columns, "+A,B" adds to them. */
static int columns_parse(const struct cli *cli, const char *text, struct columns *ret)
{
	for (enum column i = COLUMN_DEVICE; i <= COLUMN_HOLD && (!text || *text == '+'); i++)
		columns_add(ret, i);
	while (text) {
		size_t len = strcspn(text, ",");
		bool plus = *text == '+';
		enum column column = COLUMN_DEVICE;
		int status = column_find(cli, text + plus, len - plus, &column);

		if (status)
			return status;
		columns_add(ret, column);
		ret->asked[column] = true;
		text = text[len] ? text + len + 1 : NULL;
	}
	return 0;
}

/* ---------------------------------------------------------------- rows */

struct list {
	const struct columns *columns;
	struct table *table; /* NULL if devices is used */
	json_t *devices;     /* NULL if table is used, or after memory ran out */
	json_t *first_host;
	size_t count;
	bool hosts; /* devices are of several hosts */
	bool held;  /* some device is held */
};

static const char *cell_text(const json_t *row, enum column column)
{
	bool state = column == COLUMN_MECHANISM || column == COLUMN_AVAILABLE;
	const char *member = infos[column].member;
	const char *text = state ? document_state(row, member) : document_text(row, member);

	/* Unknown is left blank, because it is common. */
	return column == COLUMN_AVAILABLE && text && strcmp(text, "unknown") == 0 ? NULL : text;
}

static const char *cell_color(const json_t *row, enum column column)
{
	if (column == COLUMN_HOLD)
		return "yellow";
	if (column != COLUMN_MIGRATABLE || document_is(row, "migratable", "unknown"))
		return NULL;
	return document_is(row, "migratable", "error") || document_is(row, "migratable", "no")
		       ? "red"
		       : "green";
}

static void list_row(void *arg, json_t *row)
{
	struct list *list = arg;
	json_t *host = json_object_get(row, "host");

	list->count++;
	if (!list->table) {
		if (list->devices && json_array_append(list->devices, row)) {
			json_decref(list->devices);
			list->devices = NULL;
		}
		return;
	}
	if (!list->first_host)
		list->first_host = json_incref(host);
	list->hosts |= !json_equal(host, list->first_host);
	list->held |= document_text(row, "hold") != NULL;
	table_line(list->table);
	for (size_t i = 0; i < list->columns->count; i++)
		table_cell(list->table, cell_text(row, list->columns->list[i]),
			   cell_color(row, list->columns->list[i]));
}

static int list_json(struct cli *cli, const struct answers *answers)
{
	struct list list = {.devices = json_array()};
	json_t *findings = NULL, *document = json_object();
	int status = answers->list(cli, list_row, &list, &findings);

	json_set(&document, "format", json_string("migcompat-list/1"));
	json_set(&document, "devices", list.devices);
	json_set(&document, "findings", findings);
	if (!status)
		return output_json(cli, document, CLI_YES);
	json_decref(document);
	return status;
}

static int list_table(struct cli *cli, const struct answers *answers, const struct columns *columns)
{
	struct list list = {.columns = columns, .table = table_new(cli)};
	json_t *findings = NULL;
	int status;

	if (!list.table)
		return output_fail(cli, -ENOMEM, "out of memory");
	for (size_t i = 0; i < columns->count; i++)
		table_column(
			list.table, infos[columns->list[i]].name,
			infos[columns->list[i]].flags &
				(columns->asked[columns->list[i]] ? TABLE_DROP(1) - 1 : UINT_MAX));
	status = answers->list(cli, list_row, &list, &findings);
	for (size_t i = 0; i < columns->count; i++) {
		enum column column = columns->list[i];

		if (!columns->asked[column] && ((column == COLUMN_HOST && !list.hosts) ||
						(column == COLUMN_HOLD && !list.held)))
			table_hide(list.table, i);
	}
	json_decref(list.first_host);
	/* A person may wonder why nothing is printed; a script does not. */
	if (!status && !list.count && !cli->options.raw)
		output_sentence(
			cli->options.types
				? "no VFIO devices here"
				: "no VFIO devices here; list --types shows what could be created");
	output_doubts(findings);
	json_decref(findings);
	if (!status)
		return table_print(list.table, CLI_YES);
	table_free(list.table);
	return status;
}

int command_list(struct cli *cli)
{
	struct columns columns = {.count = 0};
	const struct answers *answers = &answers_own;
	int status;

	if (cli->options.raw && cli->options.json)
		return output_fail(cli, -EINVAL, "--raw and --json exclude each other");
	/* Wrong columns are reported before anything is loaded. */
	status = columns_parse(cli, cli->options.columns, &columns);
	if (!status)
		status = answer_choose(cli, &answers);
	if (status)
		return status;
	return cli->options.json ? list_json(cli, answers) : list_table(cli, answers, &columns);
}
