/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat backend dump: everything that a backend declares, as lines or as a document.
 * It is loaded in a worker, like all backends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/cli.h"
#include "core/cli/output.h"
#include "core/facts/macros.h"
#include "core/worker_client/provider_worker.h"

#define DUMP_TIMEOUT_MS \
	5000u /* the policy, which has another one perhaps, is not asked about a file */

static const char *model_name(uint32_t model)
{
	static const char *const models[] = {[MIGCOMPAT_THREAD_SERIAL] = "serial",
					     [MIGCOMPAT_THREAD_DEVICE] = "device",
					     [MIGCOMPAT_THREAD_PARALLEL] = "parallel"};

	return model < COUNT(models) ? models[model] : "unknown";
}

static const char *type_name(uint32_t type)
{
	static const char *const types[] = {[MIGCOMPAT_SETTING_BOOL] = "bool",
					    [MIGCOMPAT_SETTING_INT] = "int",
					    [MIGCOMPAT_SETTING_STRING] = "string"};

	return type < COUNT(types) ? types[type] : "unknown";
}

static const char *want_scope(const struct migcompat_want *want)
{
	return want->flags & MIGCOMPAT_WANT_HOST ? "host" : "device";
}

static const char *want_use(const struct migcompat_want *want)
{
	return want->flags & MIGCOMPAT_WANT_AVAILABILITY ? "availability" : "compared";
}

/* ---------------------------------------------------------------- the document */

static json_t *json_wants(const struct backend_info *info)
{
	json_t *wants = json_array();

	for (size_t i = 0; i < info->nwants; i++)
		json_append(&wants, json_pack("{s:o,s:s,s:s,s:b,s:b}", "fact",
					      json_clean(info->wants[i].glob), "scope",
					      want_scope(&info->wants[i]), "use",
					      want_use(&info->wants[i]), "sensitive",
					      !!(info->wants[i].flags & MIGCOMPAT_WANT_SENSITIVE),
					      "announced",
					      !!(info->wants[i].flags & MIGCOMPAT_WANT_ANNOUNCED)));
	return wants;
}

static json_t *json_settings(const struct backend_info *info)
{
	json_t *settings = json_array();

	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting = &info->settings[i];

		json_append(&settings,
			    json_pack("{s:o,s:s,s:o,s:o,s:o}", "name", json_clean(setting->name),
				      "type", type_name(setting->type), "allowed_values",
				      json_clean(setting->allowed), "init_value",
				      json_clean(setting->init), "description",
				      json_clean(setting->description)));
	}
	return settings;
}

/* The members of a list's row, and the rest. */
static json_t *dump_document(const struct backend_info *info)
{
	json_t *document = json_backend(info), *wants = json_wants(info),
	       *settings = json_settings(info);

	json_set(&document, "format", json_string("migcompat-backend/1"));
	json_set(&document, "api_version", json_integer(info->api_version));
	json_set(&document, "struct_size", json_integer((json_int_t)info->struct_size));
	json_set(&document, "thread_model", json_string(model_name(info->thread_model)));
	json_set(&document, "operations", json_clean(info->operations));
	json_set(&document, "wants", wants);
	json_set(&document, "settings", settings);
	return document;
}

/* ---------------------------------------------------------------- lines */

static void dump_line(const char *key, const char *value)
{
	output_line("%s=%s", key, value ? value : "");
}

static void dump_lists(const struct backend_info *info)
{
	for (size_t i = 0; i < info->nkeys; i++)
		dump_line("key", info->keys[i]);
	for (size_t i = 0; i < info->nwants; i++) {
		const struct migcompat_want *want = &info->wants[i];

		output_line("want=%s %s %s%s%s", want->glob, want_scope(want), want_use(want),
			    want->flags & MIGCOMPAT_WANT_SENSITIVE ? " sensitive" : "",
			    want->flags & MIGCOMPAT_WANT_ANNOUNCED ? " announced" : "");
	}
	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting = &info->settings[i];

		output_line("setting=%s %s init=%s allowed=%s %s", setting->name,
			    type_name(setting->type), setting->init ? setting->init : "",
			    setting->allowed ? setting->allowed : "any",
			    setting->description ? setting->description : "");
	}
}

static void dump(const struct backend_info *info)
{
	dump_line("file", info->path);
	dump_line("name", info->name);
	dump_line("version", info->version);
	dump_line("description", info->description);
	output_line("api_version=%u", info->api_version);
	output_line("struct_size=%zu", info->struct_size);
	dump_line("thread_model", model_name(info->thread_model));
	dump_line("operations", info->operations);
	dump_line("fallback", info->fallback ? "yes" : "no");
	dump_lists(info);
}

static int dump_provider(const struct cli *cli, struct provider *provider, const char *file)
{
	struct error err = {0};
	int r = provider_worker_ready(provider, &err);

	if (r)
		return output_fail(cli, r, "%s: %s", file, err.text);
	if (provider->info.error)
		return output_fail(
			cli, -ENOEXEC, "%s%s%s", strstr(provider->info.error, file) ? "" : file,
			strstr(provider->info.error, file) ? "" : ": ", provider->info.error);
	if (cli->options.json)
		return output_json(cli, dump_document(&provider->info), CLI_YES);
	dump(&provider->info);
	return CLI_YES;
}

int command_backend_dump(struct cli *cli)
{
	struct worker_options options = {.timeout_ms = DUMP_TIMEOUT_MS,
					 .keep_stderr = cli->options.debug};
	const char *file = cli->arguments[0];
	char *path = realpath(file, NULL); /* the loader takes no relative one */
	struct provider *provider = NULL;
	struct arena arena = {0};
	struct error err = {0};
	int status, r;

	if (!path)
		return output_fail(cli, -errno, "%s: %s", file, strerror(errno));
	options.program = engine_worker_program(&arena);
	r = options.program ? provider_worker_new(path, &options, &provider, &err)
			    : error_set(&err, -ENOMEM, "out of memory");
	status = r || !provider ? output_fail(cli, r, "%s: %s", file, err.text)
				: dump_provider(cli, provider, file);
	provider_free(provider);
	arena_free(&arena);
	free(path);
	return status;
}
