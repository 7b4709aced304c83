/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat backend list and dump: what backends declare. They are loaded in children, as everywhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"

#define DUMP_TIMEOUT_MS 5000u /* the policy, which has another one perhaps, is not asked about a file */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* "MODULE vfio_pci:MODALIAS-GLOB" */
static void join_keys(const json_t *keys, char *buffer, size_t size)
{
	const json_t *key;
	size_t used = 0, i;

	*buffer = '\0';
	json_array_foreach (keys, i, key) {
		if (used < size)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? " " : "", json_string_value(key));
	}
}

/* "loaded" and "failed"; of a worker that ended, what comes next. */
static const char *backend_status(const json_t *backend)
{
	bool waits = document_is(backend, "state", "restarting") || document_is(backend, "state", "parked");

	return document_text(backend, waits ? "state" : "status");
}

static const char *status_color(const char *status)
{
	return strcmp(status, "loaded") == 0 ? "green" : strcmp(status, "restarting") == 0 ? "yellow" : "red";
}

/* Why it could not be loaded, or why its worker is not there. */
static const char *backend_reason(const json_t *backend)
{
	const char *reason = document_text(backend, "reason"), *ended = document_text(backend, "ended");
	bool away = strcmp(backend_status(backend), "loaded") != 0;

	return !*reason && away && ended ? ended : reason;
}

static int backends_table(const struct cli *cli, const json_t *backends)
{
	static const struct {
		const char *name;
		unsigned flags;
	} columns[] = {
		{"NAME", 0}, {"VERSION", 0}, {"STATUS", 0}, {"RESTARTS", TABLE_RIGHT}, {"FILE", 0}, {"KEYS", TABLE_WRAP}, {"REASON", TABLE_WRAP},
	};
	const size_t of_restarts = 3, of_reason = 6;
	char keys[INFO_KEYS_MAX * (INFO_TEXT_MAX + 1)], restarts[32];
	struct table *table = table_new(cli);
	bool restarted = false, reasons = false;
	const json_t *backend;
	size_t i;

	for (i = 0; i < COUNT(columns); i++)
		table_column(table, columns[i].name, columns[i].flags);
	json_array_foreach (backends, i, backend) {
		const char *status = backend_status(backend), *reason = backend_reason(backend);

		join_keys(json_object_get(backend, "keys"), keys, sizeof(keys));
		snprintf(restarts, sizeof(restarts), "%zu", document_count(backend, "restarts"));
		restarted |= document_count(backend, "restarts") > 0;
		reasons |= *reason != '\0';
		table_line(table);
		table_cell(table, document_text(backend, "name"), NULL);
		table_cell(table, document_text(backend, "version"), NULL);
		table_cell(table, status, status_color(status));
		table_cell(table, restarts, NULL);
		table_cell(table, document_text(backend, "file"), NULL);
		table_cell(table, keys, NULL);
		table_cell(table, reason, NULL);
	}
	if (!restarted)
		table_hide(table, of_restarts);
	if (!reasons)
		table_hide(table, of_reason);
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

static void dump_line(const char *key, const char *value)
{
	output_line("%s=%s", key, value ? value : "");
}

static void dump_lists(const struct backend_info *info)
{
	static const char *const types[] = {
		[MIGCOMPAT_SETTING_BOOL] = "bool", [MIGCOMPAT_SETTING_INT] = "int", [MIGCOMPAT_SETTING_STRING] = "string"};

	for (size_t i = 0; i < info->nkeys; i++)
		dump_line("key", info->keys[i]);
	for (size_t i = 0; i < info->nwants; i++) {
		uint32_t flags = info->wants[i].flags;

		output_line("want=%s %s %s%s", info->wants[i].glob, flags & MIGCOMPAT_WANT_HOST ? "host" : "device",
			    flags & MIGCOMPAT_WANT_AVAILABILITY ? "availability" : "compared",
			    flags & MIGCOMPAT_WANT_SENSITIVE ? " sensitive" : "");
	}
	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting = &info->settings[i];

		output_line("setting=%s %s init=%s allowed=%s %s", setting->name,
			    setting->type < COUNT(types) ? types[setting->type] : "unknown", setting->init ? setting->init : "",
			    setting->allowed ? setting->allowed : "any", setting->description ? setting->description : "");
	}
}

static void dump(const struct backend_info *info)
{
	static const char *const models[] = {
		[MIGCOMPAT_THREAD_SERIAL] = "serial", [MIGCOMPAT_THREAD_DEVICE] = "device", [MIGCOMPAT_THREAD_PARALLEL] = "parallel"};

	dump_line("file", info->path);
	dump_line("name", info->name);
	dump_line("version", info->version);
	dump_line("description", info->description);
	output_line("api_version=%u", info->api_version);
	output_line("struct_size=%zu", info->struct_size);
	dump_line("thread_model", info->thread_model < COUNT(models) ? models[info->thread_model] : "unknown");
	dump_line("operations", info->operations);
	dump_lists(info);
}

static int dump_provider(const struct cli *cli, struct provider *provider, const char *file)
{
	struct error err = {0};
	int r = provider_worker_ready(provider, &err);

	if (r)
		return output_fail(cli, r, "%s: %s", file, err.text);
	if (provider->info.error)
		return output_fail(cli, -ENOEXEC, "%s%s%s", strstr(provider->info.error, file) ? "" : file,
				   strstr(provider->info.error, file) ? "" : ": ", provider->info.error);
	if (cli->options.json)
		return output_json(cli, json_backend(&provider->info), CLI_YES);
	dump(&provider->info);
	return CLI_YES;
}

int command_backend_dump(struct cli *cli)
{
	struct worker_options options = {.timeout_ms = DUMP_TIMEOUT_MS, .keep_stderr = cli->options.debug};
	const char *file = cli->arguments[0];
	char *path = realpath(file, NULL); /* the loader takes no relative one */
	struct provider *provider = NULL;
	struct arena arena = {0};
	struct error err = {0};
	int status, r;

	if (!path)
		return output_fail(cli, -errno, "%s: %s", file, strerror(errno));
	options.program = engine_worker_program(&arena);
	r = options.program ? provider_worker_new(path, &options, &provider, &err) : error_set(&err, -ENOMEM, "out of memory");
	status = r || !provider ? output_fail(cli, r, "%s: %s", file, err.text) : dump_provider(cli, provider, file);
	provider_free(provider);
	arena_free(&arena);
	free(path);
	return status;
}
