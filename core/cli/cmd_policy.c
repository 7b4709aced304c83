/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat policy check, show and explain: what the administrator said, and what comes of it. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

/* ---------------------------------------------------------------- check */

/* Load one file, or with NULL what --config or the installation says, together with the backends that its sections belong to. */
static int check_one(struct cli *cli, const char *file, json_t **list, struct error *ret_err)
{
	struct engine_options options = {
		.backend_dir = cli->options.plugin_dir,
		.config = file ? file : cli->options.config,
		.keep_stderr = cli->options.debug,
	};
	const char *read = file;
	struct error err = {0};
	int r = engine_start(&cli->engine, &options, &err);

	if (!r && (r = engine_backends(&cli->engine, &err)) != 0)
		engine_stop(&cli->engine);
	if (r)
		output_sentence("%s", err.text);
	for (size_t i = 0; !r && (file ? i == 0 : (read = policy_file(cli->engine.policy, i)) != NULL); i++) {
		if (cli->options.json)
			json_append(list, json_pack("{s:o,s:s,s:s}", "file", json_clean(read),
						    "status", "ok", "reason", ""));
		else
			output_line("%s: ok", read);
	}
	if (!r && !file && !cli->options.json && !policy_file(cli->engine.policy, 0))
		output_line("no policy file here: ok, all defaults");
	if (r && cli->options.json)
		json_append(list, json_pack("{s:o,s:s,s:o}", "file", json_clean(options.config),
					    "status", "error", "reason", json_clean(err.text)));
	if (!r)
		engine_stop(&cli->engine);
	else
		*ret_err = err;
	return r;
}

static int check_json(const struct cli *cli, json_t *list, int error, const struct error *err)
{
	json_t *object = json_pack("{s:s,s:s,s:o}", "format", "migcompat-policy-check/1", "verdict", "ok", "files", list);

	if (error)
		json_refuse(&object, "error", error, err->text);
	return output_json(cli, object, error ? CLI_TROUBLE : CLI_YES);
}

int command_policy_check(struct cli *cli)
{
	json_t *list = json_array();
	struct error err = {0};
	int error = 0;

	if (!cli->narguments)
		error = check_one(cli, NULL, &list, &err);
	for (size_t i = 0; i < cli->narguments; i++) {
		int r = check_one(cli, cli->arguments[i], &list, &err);

		error = r ? r : error;
	}
	if (cli->options.json)
		return check_json(cli, list, error, &err);
	json_decref(list);
	return error ? CLI_TROUBLE : CLI_YES;
}

/* ---------------------------------------------------------------- show */

int command_policy_show(struct cli *cli)
{
	struct policy *policy = NULL;
	struct engine_options options = {
		.config = cli->options.config,
		.mechanism = cli->options.mechanism,
	};
	struct error err = {0};
	int r = engine_policy(&options, &policy, &err), status = CLI_YES;

	if (r)
		return output_fail(cli, r, "%s", err.text);
	if (cli->options.json)
		status = output_json(cli, policy_json(policy), CLI_YES);
	else if ((r = policy_show(policy, stdout)))
		status = output_lost(r);
	policy_free(policy);
	return status;
}

/* ---------------------------------------------------------------- explain */

struct explain {
	struct table *table; /* or NULL, and */
	json_t *rules;	     /* NULL at last: out of memory */
	size_t count;
};

static void trace(void *arg, const char *rule, const char *where, const char *action, bool matched, const char *text)
{
	struct explain *explain = arg;

	explain->count++;
	if (!explain->table) {
		json_append(&explain->rules,
			    json_pack("{s:o,s:o,s:o,s:b,s:o}", "rule", json_clean(rule), "where",
				      json_clean(where), "action", json_clean(action), "matched",
				      matched, "text", json_clean(text)));
		return;
	}
	table_line(explain->table);
	table_cell(explain->table, rule, NULL);
	table_cell(explain->table, action, NULL);
	table_cell(explain->table, matched ? "yes" : "no", matched ? "yellow" : NULL);
	table_cell(explain->table, text, NULL);
	table_cell(explain->table, where, NULL);
}

static int explain_json(const struct cli *cli, json_t *rules, const struct migcompat_verdict *verdict)
{
	return output_json(cli,
			   json_pack("{s:s,s:o,s:o}", "format", "migcompat-explain/1", "rules", rules, "verdict", json_verdict(verdict)),
			   verdict_status(verdict));
}

static int explain_print(const struct cli *cli, struct explain *explain, const struct migcompat_verdict *verdict)
{
	int status = verdict_status(verdict);
	json_t *document = json_verdict(verdict);

	if (!document) {
		table_free(explain->table);
		return output_fail(cli, -ENOMEM, "out of memory");
	}
	if (explain->count)
		status = table_print(explain->table, status);
	else
		table_free(explain->table);
	if (!explain->count)
		output_line("the policy was not asked");
	if (status != CLI_TROUBLE)
		output_headline(cli, "outcome: ", document);
	json_decref(document);
	return status;
}

int command_policy_explain(struct cli *cli)
{
	static const char *const names[] = {"RULE", "ACTION", "MATCHED", "WHY", "WHERE"};
	struct migcompat_verdict verdict = {0};
	struct explain explain = {0};
	const struct device *target;
	struct cli_source source;
	int status = cli_read_source(cli, &source), r;

	if (!status)
		status = cli_question(cli, &source, &target);
	if (status)
		return status;
	if (cli->options.json)
		explain.rules = json_array();
	else
		explain.table = table_new(cli);
	if (!explain.rules && !explain.table)
		return output_fail(cli, -ENOMEM, "out of memory");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		table_column(explain.table, names[i], i == 3 ? TABLE_WRAP : i == 4 ? TABLE_SPARE : 0);
	cli->engine.trace = trace;
	cli->engine.trace_arg = &explain;
	r = source.device ? check_devices(&cli->engine, source.device, target, &verdict)
			  : check_text(&cli->engine, source.text, source.len, target, &verdict);
	if (r || verdict.code == VERDICT_ERROR) {
		table_free(explain.table);
		json_decref(explain.rules);
		status = output_fail(cli, r ? r : verdict.error, "%s", r ? "out of memory" : verdict.text.text);
	} else {
		status = cli->options.json ? explain_json(cli, explain.rules, &verdict) : explain_print(cli, &explain, &verdict);
	}
	verdict_clear(&verdict);
	return status;
}
