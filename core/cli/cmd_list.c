/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat list: a row a device. What is wrong with one stands in its row. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/policy/schema.h"

enum column {
	COLUMN_DEVICE,
	COLUMN_HOST,
	COLUMN_KIND,
	COLUMN_DRIVER,
	COLUMN_TYPE,
	COLUMN_BACKEND,
	COLUMN_MIGRATABLE,
	COLUMN_MECHANISM,
	COLUMN_PARENT,
	COLUMN_MODEL,
	COLUMN_LABEL,
	COLUMN_AVAILABLE,
	COLUMN_REASON,
	COLUMN_VERSION,
	COLUMN_PATH,
	COLUMN_COUNT,
};

static const char *const names[COLUMN_COUNT] = {
	"DEVICE", "HOST", "KIND", "DRIVER", "TYPE", "BACKEND", "MIGRATABLE", "MECHANISM", "PARENT", "MODEL", "LABEL", "AVAILABLE", "REASON",
	"VERSION", "PATH",
};

struct columns {
	enum column list[COLUMN_COUNT];
	size_t count;
};

static void columns_add(struct columns *columns, enum column column)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->list[i] == column)
			return;
	columns->list[columns->count++] = column;
}

static void columns_default(struct columns *columns, bool hosts)
{
	for (enum column i = COLUMN_DEVICE; i <= COLUMN_MECHANISM; i++)
		if (i != COLUMN_HOST || hosts)
			columns_add(columns, i);
}

static int column_find(const struct cli *cli, const char *name, size_t len, enum column *ret)
{
	char text[32] = "", upper[32];

	snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) ? len : sizeof(text) - 1), name);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) {
			*ret = (enum column)i;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(upper); i++)
		upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
	return output_fail(cli, -EINVAL, "unknown column \"%s\"; nearest is \"%s\"", text,
			   nearest_word(upper, names, COLUMN_COUNT, sizeof(names[0])));
}

/* "A,B" instead of the default ones, "+A,B" behind them. */
static int columns_parse(const struct cli *cli, const char *text, bool hosts, struct columns *ret)
{
	if (!text || *text == '+')
		columns_default(ret, hosts);
	while (text) {
		size_t len = strcspn(text, ",");
		bool plus = *text == '+';
		enum column column = COLUMN_DEVICE;
		int status = column_find(cli, text + plus, len - plus, &column);

		if (status)
			return status;
		columns_add(ret, column);
		text = text[len] ? text + len + 1 : NULL;
	}
	return 0;
}

/* A doubt is left blank: most rows have many. */
static const char *state_text(uint32_t state)
{
	return state == MIGCOMPAT_UNKNOWN ? NULL : state_name(state);
}

static const char *cell_text(const struct row *row, enum column column)
{
	switch (column) {
	case COLUMN_DEVICE:
		return row->device->id;
	case COLUMN_HOST:
		return row->device->host->name;
	case COLUMN_KIND:
		return kind_name(row->device->kind);
	case COLUMN_DRIVER:
		return row->driver;
	case COLUMN_TYPE:
		return row->type;
	case COLUMN_BACKEND:
		return row->backend;
	case COLUMN_MIGRATABLE:
		return row_migratable(row);
	case COLUMN_PARENT:
		return row->device->parent;
	case COLUMN_MODEL:
		return row->model;
	case COLUMN_LABEL:
		return row->label;
	case COLUMN_MECHANISM:
		return state_name(row->mechanism);
	case COLUMN_AVAILABLE:
		return state_text(row->available);
	case COLUMN_REASON:
		return row->reason;
	case COLUMN_VERSION:
		return row->version;
	case COLUMN_PATH:
		return row->device->path;
	case COLUMN_COUNT:
		break;
	}
	return NULL;
}

static const char *cell_color(const struct row *row, enum column column)
{
	if (column != COLUMN_MIGRATABLE || row->error == -ENOTCONN)
		return NULL;
	return row->error || (row->source == MIGCOMPAT_NO && row->target == MIGCOMPAT_NO) ? "red" : "green";
}

static bool shown(const struct cli *cli, const struct device *device)
{
	return cli->options.types || device->kind != MIGCOMPAT_KIND_MDEV_TYPE;
}

static int list_json(struct cli *cli)
{
	const struct inventory *inventory = &cli->engine.inventory;
	json_t *devices = json_array();
	struct arena arena = {0};
	struct row row;
	int r = 0;

	for (size_t i = 0; i < inventory->ndevices && !r; i++) {
		if (!shown(cli, &inventory->devices[i]))
			continue;
		r = row_make(&cli->engine, &inventory->devices[i], &arena, &row);
		if (!r)
			r = json_array_append_new(devices, json_row(&row)) ? -ENOMEM : 0;
		arena_free(&arena);
	}
	if (r) {
		json_decref(devices);
		devices = NULL;
	}
	return output_json(cli, devices ? json_pack("{s:s,s:o}", "format", "migcompat-list/1", "devices", devices) : NULL, CLI_YES);
}

static int list_table(struct cli *cli, const struct columns *columns)
{
	const struct inventory *inventory = &cli->engine.inventory;
	struct table *table = table_new(cli);
	struct arena arena = {0};
	size_t count = 0;
	struct row row;
	int r = 0;

	for (size_t i = 0; i < columns->count; i++)
		table_column(table, names[columns->list[i]], columns->list[i] == COLUMN_REASON ? TABLE_WRAP : 0);
	for (size_t i = 0; i < inventory->ndevices && !r; i++) {
		if (!shown(cli, &inventory->devices[i]))
			continue;
		r = row_make(&cli->engine, &inventory->devices[i], &arena, &row);
		if (r)
			break;
		table_line(table);
		for (size_t c = 0; c < columns->count; c++)
			table_cell(table, cell_text(&row, columns->list[c]), cell_color(&row, columns->list[c]));
		arena_free(&arena);
		count++;
	}
	arena_free(&arena);
	/* People wonder about silence, scripts do not. */
	if (!r && !count && cli->terminal)
		output_line("no VFIO devices here");
	if (!r)
		return table_print(table, CLI_YES);
	table_free(table);
	return output_fail(cli, r, "out of memory");
}

int command_list(struct cli *cli)
{
	struct columns columns = {.count = 0};
	int status = 0;

	if (cli->options.raw && cli->options.json)
		return output_fail(cli, -EINVAL, "--raw and --json exclude each other");
	/* What was asked for wrongly is said before anything is loaded. */
	if (cli->options.columns)
		status = columns_parse(cli, cli->options.columns, false, &columns);
	if (!status)
		status = cli_start(cli);
	if (!status)
		status = cli_devices(cli, NULL);
	if (status)
		return status;
	columns.count = 0;
	columns_parse(cli, cli->options.columns, cli->engine.inventory.nhosts > 1, &columns);
	return cli->options.json ? list_json(cli) : list_table(cli, &columns);
}
