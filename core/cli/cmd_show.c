/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat show, type and version: one device, and whether it can move at all. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

static int row_status(const struct row *row)
{
	if (row->error)
		return CLI_TROUBLE;
	return row->source == MIGCOMPAT_NO && row->target == MIGCOMPAT_NO ? CLI_NO : CLI_YES;
}

static int show_json(const struct cli *cli, const struct row *row)
{
	json_t *object = json_row(row);
	int failed = json_object_set_new(object, "format", json_string("migcompat-device/1"));

	if (row->error) {
		failed |= json_object_set_new(object, "verdict", json_string("error"));
		failed |= json_object_set_new(object, "errno", json_string(error_name(row->error)));
	}
	if (failed) {
		json_decref(object);
		object = NULL;
	}
	return output_json(cli, object, row_status(row));
}

static void show_table(const struct row *row)
{
	const struct device *device = row->device;
	const struct {
		const char *name;
		const char *text;
	} lines[] = {
		{"device", device->id},
		{"host", device->host->name},
		{"kind", kind_name(device->kind)},
		{"driver", row->driver},
		{"parent", device->parent},
		{"path", device->path},
		{"backend", row->backend},
		{"type", row->type},
		{"model", row->model},
		{"label", row->label},
		{"migratable", row_migratable(row)},
		{"reason", row->reason},
		{"mechanism", row->backend ? state_name(row->mechanism) : NULL},
		{"", row->mechanism_text},
		{"available", row->available == MIGCOMPAT_UNKNOWN ? NULL : state_name(row->available)},
		{"version", row->version},
		{"fingerprint", row->fingerprint},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].text)
			output_line("%-12s %s", lines[i].name, lines[i].text);
}

int command_show(struct cli *cli)
{
	const struct device *device;
	struct arena arena = {0};
	struct row row;
	int status = cli_one_device(cli, &device);

	if (status)
		return status;
	if (row_make(&cli->engine, device, &arena, &row)) {
		status = output_fail(cli, -ENOMEM, "out of memory");
	} else {
		if (row.error)
			output_sentence("%s: %s", device->id, row.reason);
		if (cli->options.json)
			status = show_json(cli, &row);
		else
			show_table(&row);
		if (!cli->options.json)
			status = row_status(&row);
	}
	arena_free(&arena);
	return status;
}

/* What a device cannot have is an answer, not an error; the reason goes beside the output that scripts read. */
static int say_none(const struct cli *cli, const struct device *device, const char *what, const char *reason)
{
	char format[64];

	output_sentence("%s: %s", device->id, reason);
	if (!cli->options.json)
		return CLI_NO;
	snprintf(format, sizeof(format), "migcompat-%s/1", what);
	return output_json(cli,
			   json_pack("{s:s,s:o,s:o,s:n,s:s,s:s,s:o}", "format", format, "device", json_clean(device->id), "host",
				     json_clean(device->host->name), what, "verdict", "not-migratable", "errno", "ENODEV", "reason",
				     json_clean(reason)),
			   CLI_NO);
}

static int say_text(const struct cli *cli, const struct device *device, const char *what, const char *text)
{
	char format[64];

	if (!cli->options.json) {
		puts(text);
		return CLI_YES;
	}
	snprintf(format, sizeof(format), "migcompat-%s/1", what);
	return output_json(cli,
			   json_pack("{s:s,s:o,s:o,s:o}", "format", format, "device", json_clean(device->id), "host",
				     json_clean(device->host->name), what, json_clean(text)),
			   CLI_YES);
}

/* Open the first argument. *ret_opened NULL: everything is said, the status is returned. */
static int open_device(struct cli *cli, const char *what, const struct device **ret_device, struct opened **ret_opened)
{
	struct error err = {0};
	int status = cli_one_device(cli, ret_device), r;

	*ret_opened = NULL;
	if (status)
		return status;
	r = engine_open(&cli->engine, *ret_device, ret_opened, &err);
	if (r == -ENODEV)
		return say_none(cli, *ret_device, what, err.text);
	return r ? output_fail(cli, r, "%s: %s", (*ret_device)->id, err.text) : 0;
}

int command_type(struct cli *cli)
{
	const struct device *device;
	struct opened *opened;
	char text[MIGCOMPAT_PREFIX_MAX + 2];
	int status = open_device(cli, "type", &device, &opened);

	if (!opened)
		return status;
	snprintf(text, sizeof(text), "%s:%s", opened->provider->info.name, opened->type);
	status = say_text(cli, device, "type", text);
	opened_close(opened);
	return status;
}

int command_version(struct cli *cli)
{
	const struct device *device;
	struct opened *opened;
	char text[MIGCOMPAT_STRING_MAX + 1];
	struct error err = {0};
	int status = open_device(cli, "version", &device, &opened), r;

	if (!opened)
		return status;
	r = check_version(opened, text, sizeof(text), &err);
	if (r == -ENODEV)
		status = say_none(cli, device, "version", err.text);
	else
		status = r < 0 ? output_fail(cli, r, "%s: %s", device->id, err.text) : say_text(cli, device, "version", text);
	opened_close(opened);
	return status;
}
