/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat backend list: which backends there are, what they serve, and how they fare. */
#include <stdio.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/facts/macros.h"

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

/* "loaded" and "failed"; of a worker that ended, what comes next. */
static const char *backend_status(const json_t *backend)
{
	bool waits = document_is(backend, "state", "restarting") ||
		     document_is(backend, "state", "parked");

	return document_text(backend, waits ? "state" : "status");
}

static const char *status_color(const char *status)
{
	return strcmp(status, "loaded") == 0	   ? "green"
	       : strcmp(status, "restarting") == 0 ? "yellow"
						   : "red";
}

/* Why it could not be loaded, or why its worker is not there. */
static const char *backend_reason(const json_t *backend)
{
	const char *reason = document_text(backend, "reason"),
		   *ended = document_text(backend, "ended");
	bool away = strcmp(backend_status(backend), "loaded") != 0;

	return !*reason && away && ended ? ended : reason;
}

static int backends_table(const struct cli *cli, const json_t *backends)
{
	static const struct {
		const char *name;
		unsigned flags;
	} columns[] = {
		{"NAME", 0},
		{"VERSION", TABLE_DROP(4)},
		{"STATUS", 0},
		{"RESTARTS", TABLE_RIGHT},
		{"FALLBACK", TABLE_DROP(5)},
		{"FILE", TABLE_DROP(1)},
		{"KEYS", TABLE_WRAP | TABLE_DROP(2)},
		{"REASON", TABLE_WRAP},
		{"UNCONFINED", TABLE_WRAP | TABLE_DROP(3)},
	};
	const size_t of_restarts = 3, of_fallback = 4, of_reason = 7, of_unconfined = 8;
	char keys[INFO_KEYS_MAX * (INFO_TEXT_MAX + 1)], restarts[32];
	struct table *table = table_new(cli);
	bool restarted = false, fallbacks = false, reasons = false, unconfined = false;
	const json_t *backend;
	size_t i;

	for (i = 0; i < COUNT(columns); i++)
		table_column(table, columns[i].name, columns[i].flags);
	json_array_foreach (backends, i, backend) {
		const char *status = backend_status(backend), *reason = backend_reason(backend);
		const char *missing = document_text(backend, "unconfined");
		bool fallback = json_is_true(json_object_get(backend, "fallback"));

		join_keys(json_object_get(backend, "keys"), keys, sizeof(keys));
		snprintf(restarts, sizeof(restarts), "%zu", document_count(backend, "restarts"));
		restarted |= document_count(backend, "restarts") > 0;
		fallbacks |= fallback;
		reasons |= *reason != '\0';
		unconfined |= missing != NULL;
		table_line(table);
		table_cell(table, document_text(backend, "name"), NULL);
		table_cell(table, document_text(backend, "version"), NULL);
		table_cell(table, status, status_color(status));
		table_cell(table, restarts, NULL);
		table_cell(table, fallback ? "yes" : NULL, NULL);
		table_cell(table, document_text(backend, "file"), NULL);
		table_cell(table, keys, NULL);
		table_cell(table, reason, NULL);
		table_cell(table, missing, NULL);
	}
	if (!restarted)
		table_hide(table, of_restarts);
	if (!fallbacks)
		table_hide(table, of_fallback);
	if (!reasons)
		table_hide(table, of_reason);
	if (!unconfined)
		table_hide(table, of_unconfined);
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
