/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads policy, backends and devices for questions. */
#include "core/check/engine.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/backend/loader.h"
#include "core/backend/registry.h"
#include "core/config/parser.h"
#include "core/discovery/discovery.h"
#include "core/facts/json_seed.h"
#include "core/facts/text.h"

#define SERVICE_PATIENCE 6u /* times the longest time-out of a policy is no overflow */

static const char *setting(void *arg, const char *namespace, const char *name)
{
	const struct engine *engine = arg;

	return policy_setting(engine->policy, namespace, name);
}

/* The given worker program, or the installed one. */
static const char *worker_program(const struct engine_options *options, struct arena *arena)
{
	return options->worker ? arena_copy(arena, options->worker, strlen(options->worker))
			       : engine_worker_program(arena);
}

static int start_backends(struct engine *engine, const char *const *paths, size_t count,
			  struct error *err)
{
	struct worker_options options = {
		.timeout_ms = policy_timeout_ms(engine->policy),
		.keep_stderr = engine->options.keep_stderr,
		.restart = engine->options.restart,
		.memory_kib = engine->options.memory_kib,
		/*
		 * The service starts while the host boots. A backend that fails to load
		 * then would be missing until a reload.
		 */
		.first_ms = engine->options.restart
				    ? policy_timeout_ms(engine->policy) * SERVICE_PATIENCE
				    : 0,
	};
	int r = 0;

	if (!engine->options.in_process) {
		options.program = worker_program(&engine->options, &engine->arena);
		if (!options.program)
			return error_set(err, -ENOMEM, "out of memory");
		r = provider_workers_new(paths, count, &options,
					 engine->providers + engine->nproviders, err);
		engine->nproviders += r ? 0 : count;
		return r;
	}
	for (size_t i = 0; i < count && !r; i++) {
		r = provider_local_new(paths[i], &engine->providers[engine->nproviders], err);
		engine->nproviders += !r;
	}
	return r;
}

/* The name of a backend that did not load: that of its file. */
static const char *file_stem(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return arena_copy(arena, name, strcspn(name, "."));
}

/* list NULL: the first error ends the check. */
static int check_sections(struct engine *engine, const struct error_list *list, struct error *err)
{
	struct policy_backend *backends =
		arena_alloc(&engine->arena, (engine->nproviders + 1) * sizeof(*backends), 8);
	size_t count = 0;

	if (!backends)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < engine->nproviders; i++) {
		const struct backend_info *info = engine->infos[i];

		backends[count++] = (struct policy_backend){
			.name = info->error ? file_stem(info->path, &engine->arena) : info->name,
			.settings = info->settings,
			.nsettings = info->nsettings,
			.failed = info->error != NULL,
		};
		if (!backends[count - 1].name)
			return error_set(err, -ENOMEM, "out of memory");
	}
	return policy_check_sections(engine->policy, backends, count, list, err);
}

/* The folder "streams" may be missing. */
static int list_streams(struct engine *engine, const char *dir, const char ***ret,
			size_t *ret_count, struct error *err)
{
	char folder[PATH_MAX];
	int r = text_format(folder, sizeof(folder), "%s/streams", dir);

	if (r < 0)
		return error_set(err, r, "the path of the backends' folder is longer than %u bytes",
				 PATH_MAX - 1);
	return access(folder, F_OK) == 0 ? loader_list(folder, &engine->arena, ret, ret_count, err)
					 : 0;
}

static int load_backends(struct engine *engine, struct error *err)
{
	const char *dir = engine->options.backend_dir;
	const char **paths, **more = NULL;
	size_t count, nmore = 0;
	int r;

	if (!dir)
		dir = policy_backend_dir(engine->policy);
	if (!dir)
		dir = engine_default_backend_dir(&engine->arena);
	if (!dir)
		return error_set(err, -ENOMEM, "out of memory");
	r = loader_list(dir, &engine->arena, &paths, &count, err);
	if (!r && engine->options.streams)
		r = list_streams(engine, dir, &more, &nmore, err);
	if (r)
		return r;
	engine->providers = calloc(count + nmore + 1, sizeof(*engine->providers));
	if (!engine->providers)
		return error_set(err, -ENOMEM, "out of memory");
	r = start_backends(engine, paths, count, err);
	return r ? r : start_backends(engine, more, nmore, err);
}

/* Wait until each backend has said what it is. */
static int wait_infos(struct engine *engine, struct error *err)
{
	struct backend_info **infos;
	int r = 0;

	infos = arena_alloc(&engine->arena, (engine->nproviders + 1) * sizeof(*infos), 8);
	if (!infos)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < engine->nproviders && !r; i++) {
		r = engine->options.in_process ? 0
					       : provider_worker_ready(engine->providers[i], err);
		infos[i] = &engine->providers[i]->info;
	}
	if (r)
		return r;
	engine->infos = (const struct backend_info **)infos;
	if (registry_check_names(infos, engine->nproviders, &engine->arena))
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

int engine_backends(struct engine *engine, struct error *err)
{
	int r;

	if (engine->settled)
		return 0;
	r = wait_infos(engine, err);
	if (!r)
		r = check_sections(engine, NULL, err);
	for (size_t i = 0; i < engine->nproviders && !r; i++)
		if (provider_settle(engine->providers[i], setting, engine))
			r = error_set(err, -ENOMEM, "out of memory");
	engine->settled = r == 0;
	return r;
}

static int set_mode(struct policy *policy, const char *word, struct error *err)
{
	enum policy_mechanism mode;

	if (policy_mechanism_word(word, &mode, err)) {
		policy_free(policy);
		return -EINVAL;
	}
	policy_set_mechanism(policy, mode);
	return 0;
}

int engine_policy(const struct engine_options *options, struct policy **ret, struct error *err)
{
	struct arena arena = {0};
	struct conf_parser parser = {.program = worker_program(options, &arena)};
	int r = parser.program ? policy_load(options->config, &parser, ret, err)
			       : error_set(err, -ENOMEM, "out of memory");

	conf_parser_end(&parser);
	arena_free(&arena);
	return r || !options->mechanism ? r : set_mode(*ret, options->mechanism, err);
}

int engine_start(struct engine *engine, const struct engine_options *options, struct error *err)
{
	int r;

	*engine = (struct engine){.options = *options};
	inventory_init(&engine->inventory);
	json_seed();
	r = engine_policy(options, &engine->policy, err);
	if (!r) {
		engine->mode = policy_mechanism(engine->policy);
		r = load_backends(engine, err);
	}
	if (r)
		engine_stop(engine);
	return r;
}

void engine_finish(struct engine *engine)
{
	for (size_t i = 0; i < engine->nproviders; i++)
		provider_stop(engine->providers[i]);
}

void engine_stop(struct engine *engine)
{
	engine_finish(engine);
	for (size_t i = 0; i < engine->nproviders; i++)
		provider_free(engine->providers[i]);
	free(engine->providers);
	stated_free(engine->stated);
	policy_free(engine->policy);
	inventory_free(&engine->inventory);
	arena_free(&engine->arena);
	*engine = (struct engine){0};
}

int engine_add_file(struct engine *engine, const char *path, struct error *err)
{
	return inventory_read(&engine->inventory, path, err);
}

static bool served(void *arg, const char *module, const char *modalias)
{
	const struct engine *engine = arg;
	const struct registry registry = {.infos = engine->infos, .count = engine->nproviders};

	/* A device that two backends claim counts too: its row shows the conflict. */
	return registry_knows(&registry, module, modalias);
}

/* A policy that is one file has no folder for stated facts. */
static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISDIR(st.st_mode);
}

/* The folder of stated facts. "": there is none. */
static int stated_folder(const struct engine_options *options, char folder[PATH_MAX],
			 struct error *err)
{
	const char *config = options->config;
	int r;

	*folder = '\0';
	if (options->facts_dir)
		r = text_format(folder, PATH_MAX, "%s", options->facts_dir);
	else if (config && !is_folder(config))
		return 0;
	else
		r = text_format(folder, PATH_MAX, "%s/facts.d",
				config ? config : MIGCOMPAT_SYSCONFDIR "/migcompat");
	return r < 0 ? error_set(err, r,
				 "the path of the folder of stated facts is longer than %u bytes",
				 PATH_MAX - 1)
		     : 0;
}

static int load_stated(const struct engine *engine, struct stated **ret, struct error *err)
{
	char folder[PATH_MAX];
	int r = stated_folder(&engine->options, folder, err);

	return r || !*folder ? r : stated_load(folder, ret, err);
}

/* A check that runs: tells each error, and keeps the first one. */
struct checking {
	const struct engine_check *check;
	struct error_list errors; /* calls check_tell with this */
	int code;                 /* of the first error */
	struct error err;
};

static void check_tell(void *arg, const char *file, int code, const char *text)
{
	struct checking *checking = arg;

	if (!checking->code)
		checking->code = error_set(&checking->err, code, "%s", text);
	checking->check->errors.tell(checking->check->errors.arg, file, code, text);
}

/* Report an error that was not reported yet. */
static void check_untold(struct checking *checking, int r, const struct error *err)
{
	if (r)
		check_tell(checking, NULL, r, err->text);
}

static void check_backends(struct engine *engine, struct checking *checking)
{
	struct error err = {0};
	int r = load_backends(engine, &err);

	if (!r)
		r = wait_infos(engine, &err);
	if (!r) {
		r = check_sections(engine, &checking->errors, &err);
		r = r == -ENOMEM ? r : 0; /* the others were reported */
	}
	check_untold(checking, r, &err);
}

static void check_stated(const struct engine_options *options, struct checking *checking)
{
	char folder[PATH_MAX];
	struct error err = {0};
	int r = stated_folder(options, folder, &err);

	if (!r && *folder) {
		r = stated_check(folder, &checking->errors, &err);
		r = r == -ENOMEM ? r : 0; /* the others were reported */
	}
	check_untold(checking, r, &err);
}

int engine_check_policy(const struct engine_options *options, const struct engine_check *check,
			struct error *err)
{
	struct engine engine = {.options = *options};
	struct conf_parser parser = {.program = worker_program(options, &engine.arena)};
	struct checking checking = {.check = check, .errors = {check_tell, &checking}};
	struct error why = {0};
	int r;

	inventory_init(&engine.inventory);
	json_seed();
	if (parser.program)
		r = policy_check(options->config, &parser, &checking.errors, &engine.policy, &why);
	else
		r = error_set(&why, -ENOMEM, "out of memory");
	conf_parser_end(&parser);
	if (!engine.policy || !checking.code)
		check_untold(&checking, r, &why);
	if (engine.policy) {
		check_backends(&engine, &checking);
		check_stated(options, &checking);
	}
	for (size_t i = 0; engine.policy && policy_file(engine.policy, i); i++)
		check->right(check->errors.arg, policy_file(engine.policy, i));
	engine_stop(&engine);
	return checking.code ? error_set(err, checking.code, "%s", checking.err.text) : 0;
}

int engine_keep_stated(struct engine *engine, struct error *err)
{
	return load_stated(engine, &engine->stated, err);
}

int engine_add_live(struct engine *engine, const char *only, struct error *err)
{
	struct discovery_options options = {.served = served, .arg = engine, .only = only};
	struct discovery_want *wants;
	struct stated *stated = NULL;
	size_t count = 0;
	const char *key;
	bool of_host;
	int r = engine_backends(engine, err);

	if (r)
		return r;
	for (size_t i = 0; i < engine->nproviders; i++)
		count += engine->infos[i]->nwants;
	for (size_t i = 0; policy_fact(engine->policy, i, &key, &of_host); i++)
		count++;
	wants = calloc(count + 1, sizeof(*wants));
	if (!wants)
		return error_set(err, -ENOMEM, "out of memory");
	options.wants = wants;
	for (size_t i = 0; i < engine->nproviders; i++) {
		const struct backend_info *info = engine->infos[i];

		for (size_t w = 0; w < info->nwants && !info->error; w++)
			wants[options.nwants++] = (struct discovery_want){
				.glob = info->wants[w].glob, .flags = info->wants[w].flags};
	}
	/* A fact that a rule names must be collected too, otherwise it is unknown. */
	for (size_t i = 0; policy_fact(engine->policy, i, &key, &of_host); i++)
		wants[options.nwants++] = (struct discovery_want){
			.glob = key, .flags = of_host ? MIGCOMPAT_WANT_HOST : 0};
	if (!engine->stated)
		r = load_stated(engine, &stated, err);
	options.stated = engine->stated ? engine->stated : stated;
	if (!r)
		r = discovery_run(&engine->inventory, &options, err);
	stated_free(stated);
	free(wants);
	return r;
}

int engine_take_holds(struct engine *engine, struct holds *holds, const char *dir,
		      struct error *err)
{
	struct error why = {0};
	char text[ERROR_TEXT_MAX + 64];
	int r = holds_load(holds, dir, &why);

	if (r == -EACCES) {
		snprintf(text, sizeof(text), "operators' holds could not be read: %s", why.text);
		engine->holds_unread = arena_copy(&engine->arena, text, strlen(text));
		return engine->holds_unread ? 0 : error_set(err, -ENOMEM, "out of memory");
	}
	if (r)
		return error_set(err, r, "%s", why.text);
	holds->of_this_host = true;
	engine->hold = holds_ask;
	engine->hold_arg = holds;
	return 0;
}

int engine_ready(struct engine *engine, struct error *err)
{
	int r = engine_backends(engine, err);

	return r ? r : inventory_finish(&engine->inventory, err);
}

int engine_open(const struct engine *engine, const struct device *device, struct opened **ret,
		struct error *err)
{
	struct provider *provider = NULL;
	int r = engine_provider(engine, device, &provider, err);

	return r ? r : provider_open(provider, device, ret, err);
}
