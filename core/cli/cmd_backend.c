/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat backend list and dump: what backends declare. They are loaded in children, as everywhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

#define DUMP_TIMEOUT_MS 5000u /* the policy, which has another one perhaps, is not asked about a file */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int list_json(const struct cli *cli)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cli->engine.nproviders && list; i++) {
		if (json_array_append_new(list, json_backend(cli->engine.infos[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return output_json(cli, list ? json_pack("{s:s,s:o}", "format", "migcompat-backends/1", "backends", list) : NULL, CLI_YES);
}

/* "MODULE vfio_pci:MODALIAS-GLOB" */
static void join_keys(const struct backend_info *info, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < info->nkeys && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? " " : "", info->keys[i]);
}

int command_backend_list(struct cli *cli)
{
	static const char *const names[] = {"NAME", "VERSION", "STATUS", "FILE", "KEYS", "REASON"};
	char keys[INFO_KEYS_MAX * (INFO_TEXT_MAX + 1)];
	struct table *table;
	struct error err = {0};
	int status = cli_start(cli), r;

	if (status)
		return status;
	r = engine_backends(&cli->engine, &err);
	if (r)
		return output_fail(cli, r, "%s", err.text);
	if (cli->options.json)
		return list_json(cli);
	if (!cli->engine.nproviders && cli->terminal)
		output_line("no backends here");
	table = table_new(cli);
	for (size_t i = 0; i < COUNT(names); i++)
		table_column(table, names[i], 0);
	for (size_t i = 0; i < cli->engine.nproviders; i++) {
		const struct backend_info *info = cli->engine.infos[i];

		join_keys(info, keys, info->error ? 0 : sizeof(keys));
		table_line(table);
		table_cell(table, info->error ? NULL : info->name, NULL);
		table_cell(table, info->error ? NULL : info->version, NULL);
		table_cell(table, info->error ? "failed" : "loaded", info->error ? "red" : "green");
		table_cell(table, info->path, NULL);
		table_cell(table, info->error ? NULL : keys, NULL);
		table_cell(table, info->error, NULL);
	}
	return table_print(table, CLI_YES);
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
