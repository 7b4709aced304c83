/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat backend list: the backends, the devices that they serve, and their state. */
#include <stdio.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"

/* "MODULE vfio_pci:MODALIAS-GLOB" */
static void join_keys(const json_t *keys, char *buffer, size_t size)
{
	const json_t *key;
	size_t used = 0, i;

	*buffer = '\0';
	json_array_foreach (keys, i, key) {
		if (used < size)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? " " : "",
						 json_string_value(key));
	}
}

/* "loaded" or "failed". If the worker ended, what happens next. */
static const char *backend_status(const json_t *backend)
{
	bool waits = document_is(backend, "state", "restarting") ||
		     document_is(backend, "state", "parked");

	return document_text(backend, waits ? "state" : "status");
}

static const char *status_color(const char *status)
{
	return strcmp(status, "loaded") == 0       ? "green"
	       : strcmp(status, "restarting") == 0 ? "yellow"
						   : "red";
}

/* Why it could not be loaded, or why its worker ended. */
static const char *backend_reason(const json_t *backend)
{
	const char *reason = document_text(backend, "reason"),
		   *ended = document_text(backend, "ended");
	bool away = strcmp(backend_status(backend), "loaded") != 0;

	return !*reason && away && ended ? ended : reason;
}

enum column {
	COLUMN_NAME,
	COLUMN_VERSION,
	COLUMN_STATUS,
	COLUMN_RESTARTS,
	COLUMN_FALLBACK,
	COLUMN_FILE,
	COLUMN_KEYS,
	COLUMN_REASON,
	COLUMN_UNCONFINED,
	COLUMN_COUNT,
};

static const struct {
	const char *name;
	unsigned flags;
	bool optional; /* hidden if no row has a value */
} columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = {"NAME", 0, false},
	[COLUMN_VERSION] = {"VERSION", TABLE_DROP(4), false},
	[COLUMN_STATUS] = {"STATUS", 0, false},
	[COLUMN_RESTARTS] = {"RESTARTS", TABLE_RIGHT, true},
	[COLUMN_FALLBACK] = {"FALLBACK", TABLE_DROP(5), true},
	[COLUMN_FILE] = {"FILE", TABLE_DROP(1), false},
	[COLUMN_KEYS] = {"KEYS", TABLE_WRAP | TABLE_DROP(2), false},
	[COLUMN_REASON] = {"REASON", TABLE_WRAP, true},
	[COLUMN_UNCONFINED] = {"UNCONFINED", TABLE_WRAP | TABLE_DROP(3), true},
};

static void add_row(struct table *table, const json_t *backend, bool used[COLUMN_COUNT])
{
	char keys[INFO_KEYS_MAX * (INFO_TEXT_MAX + 1)], restarts[32];
	const char *status = backend_status(backend);
	const char *const cells[COLUMN_COUNT] = {
		[COLUMN_NAME] = document_text(backend, "name"),
		[COLUMN_VERSION] = document_text(backend, "version"),
		[COLUMN_STATUS] = status,
		[COLUMN_RESTARTS] = restarts,
		[COLUMN_FALLBACK] =
			json_is_true(json_object_get(backend, "fallback")) ? "yes" : NULL,
		[COLUMN_FILE] = document_text(backend, "file"),
		[COLUMN_KEYS] = keys,
		[COLUMN_REASON] = backend_reason(backend),
		[COLUMN_UNCONFINED] = document_text(backend, "unconfined"),
	};

	join_keys(json_object_get(backend, "keys"), keys, sizeof(keys));
	snprintf(restarts, sizeof(restarts), "%zu", document_count(backend, "restarts"));
	table_line(table);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		table_cell(table, cells[i], i == COLUMN_STATUS ? status_color(status) : NULL);
		used[i] |= cells[i] && *cells[i] && strcmp(cells[i], "0") != 0;
	}
}

static int backends_table(const struct cli *cli, const json_t *backends)
{
	struct table *table = table_new(cli);
	bool used[COLUMN_COUNT] = {false};
	const json_t *backend;
	size_t i;

	for (i = 0; i < COLUMN_COUNT; i++)
		table_column(table, columns[i].name, columns[i].flags);
	json_array_foreach (backends, i, backend) {
		add_row(table, backend, used);
	}
	for (i = 0; i < COLUMN_COUNT; i++)
		if (columns[i].optional && !used[i])
			table_hide(table, i);
	return table_print(table, CLI_YES);
}

int command_backend_list(struct cli *cli)
{
	const struct answers *answers = &answers_own;
	json_t *answer = NULL, *backends;
	int status = answer_choose(cli, &answers);

	if (!status)
		status = answers->backends(cli, &answer);
	if (status)
		return status;
	if (cli->options.json)
		return output_json(cli, answer, CLI_YES);
	backends = json_object_get(answer, "backends");
	if (!json_array_size(backends) && cli->terminal)
		output_line("no backends here");
	status = backends_table(cli, backends);
	json_decref(answer);
	return status;
}
