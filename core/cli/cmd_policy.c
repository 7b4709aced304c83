/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat policy check, show and explain: errors, settings and effects of the policy.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/service.h"
#include "core/facts/macros.h"
#include "core/facts/utf8.h"

/* ---------------------------------------------------------------- check */

#define ERRORS_SHOWN_MAX 1000u /* more than a person reads */

struct checking {
	const struct cli *cli;
	/* the file or folder that is checked; NULL: the installed policy */
	const char *config;
	json_t *wrong; /* {FILE: [TEXT…]}; NULL after memory ran out */
	json_t *files; /* the document's list; NULL after memory ran out */
	size_t errors;
	size_t right; /* correct files of this config */
};

/* A path may have any bytes, but the name of a member must be UTF-8. */
static const char *member_name(char name[PATH_MAX], const char *file)
{
	snprintf(name, PATH_MAX, "%s", file);
	output_clean(name);
	return name;
}

static void tell_error(void *arg, const char *file, int code, const char *text)
{
	struct checking *checking = arg;
	char buffer[PATH_MAX];
	const char *name = member_name(buffer, file               ? file
					       : checking->config ? checking->config
								  : "");
	json_t *texts = json_object_get(checking->wrong, name);

	(void)code;
	if (checking->errors++ < ERRORS_SHOWN_MAX)
		output_sentence("%s", text);
	if (!texts) {
		texts = json_array();
		json_set(&checking->wrong, name, texts);
	}
	if (checking->wrong && checking->errors <= ERRORS_SHOWN_MAX &&
	    json_array_append_new(texts, json_clean(text))) {
		json_decref(checking->wrong);
		checking->wrong = NULL;
	}
}

static void tell_right(void *arg, const char *file)
{
	struct checking *checking = arg;
	char name[PATH_MAX];

	/* The file can be parsed, but a section of it can be wrong. */
	if (json_object_get(checking->wrong, member_name(name, file)))
		return;
	checking->right++;
	if (checking->cli->options.json)
		json_append(&checking->files,
			    json_pack("{s:o,s:s,s:s,s:[]}", "file", json_clean(file), "status",
				      "ok", "reason", "", "errors"));
	else
		output_line("%s: ok", file);
}

/* Append the errors of one config after its correct files. */
static void add_wrong(struct checking *checking)
{
	const char *file;
	json_t *texts;

	json_object_foreach (checking->wrong, file, texts) {
		json_append(&checking->files,
			    json_pack("{s:o,s:s,s:O,s:O}", "file", json_clean(*file ? file : NULL),
				      "status", "error", "reason", json_array_get(texts, 0),
				      "errors", texts));
	}
	json_object_clear(checking->wrong);
}

/* Check a file or folder. config NULL: the installed policy. Returns the first error. */
static int check_one(struct checking *checking, const char *config, struct error *err)
{
	const struct options *given = &checking->cli->options;
	struct engine_options options = {
		.backend_dir = given->plugin_dir, .config = config, .keep_stderr = given->debug};
	struct engine_check check = {{tell_error, checking}, tell_right};
	int r;

	checking->config = config;
	checking->right = 0;
	r = engine_check_policy(&options, &check, err);
	if (!r && !checking->right && !given->json)
		output_line("no policy file here: ok, all defaults");
	add_wrong(checking);
	return r;
}

static int check_json(const struct cli *cli, json_t *list, int error, const struct error *err)
{
	json_t *object = json_pack("{s:s,s:s,s:o}", "format", "migcompat-policy-check/1", "verdict",
				   "ok", "files", list);

	if (error)
		json_refuse(&object, "error", error, err->text);
	return output_json(cli, object, error ? CLI_TROUBLE : CLI_YES);
}

int command_policy_check(struct cli *cli)
{
	struct checking checking = {.cli = cli, .wrong = json_object(), .files = json_array()};
	struct error err = {0};
	int error = 0;

	if (!cli->narguments)
		error = check_one(&checking, cli->options.config, &err);
	for (size_t i = 0; i < cli->narguments; i++) {
		struct error why = {0};
		int r = check_one(&checking, cli->arguments[i], &why);

		if (r && !error)
			error = error_set(&err, r, "%s", why.text);
	}
	if (checking.errors > ERRORS_SHOWN_MAX)
		output_sentence("%zu more errors are not shown",
				checking.errors - ERRORS_SHOWN_MAX);
	if (!checking.wrong) {
		json_decref(checking.files);
		checking.files = NULL;
	}
	json_decref(checking.wrong);
	if (cli->options.json)
		return check_json(cli, checking.files, error, &err);
	json_decref(checking.files);
	return error ? CLI_TROUBLE : CLI_YES;
}

/* ---------------------------------------------------------------- show */

/* May a terminal print it unchanged? */
static bool is_text(const char *text)
{
	for (size_t len; *text; text += len) {
		len = utf8_sequence(text, strnlen(text, 4));
		if (!len || (utf8_control(text, len) && *text != '\n' && *text != '\t'))
			return false;
	}
	return true;
}

/* The policy of the service. */
static int show_service(struct cli *cli)
{
	struct error err = {0};
	json_t *answer = NULL;
	int status, r;

	if (cli->options.mechanism)
		return output_fail(cli, -EINVAL,
				   "--mechanism does not apply to the service's policy");
	r = service_connect(cli, &err);
	if (r)
		return output_fail(cli, r, "%s", err.text);
	status = service_ask(cli, "Policy", json_object(), shape_policy, &answer, NULL);
	if (status)
		return status;
	if (!is_text(document_text(answer, "text")))
		status = service_invalid(cli, "a policy with control characters");
	else if (cli->options.json)
		status = output_json(cli, json_incref(json_object_get(answer, "policy")), CLI_YES);
	else
		fputs(document_text(answer, "text"), stdout);
	json_decref(answer);
	return status;
}

static int show_own(struct cli *cli)
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

int command_policy_show(struct cli *cli)
{
	if (cli->options.service)
		return show_service(cli);
	return show_own(cli);
}

/* ---------------------------------------------------------------- explain */

struct explain {
	struct table *table; /* NULL if rules is used */
	json_t *rules;       /* NULL if table is used, or after memory ran out */
	size_t count;
};

static void trace(void *arg, const char *rule, const char *where, const char *action, bool matched,
		  const char *text)
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

static int explain_json(const struct cli *cli, json_t *rules,
			const struct migcompat_verdict *verdict)
{
	return output_json(cli,
			   json_pack("{s:s,s:o,s:o}", "format", "migcompat-explain/1", "rules",
				     rules, "verdict", json_verdict(verdict)),
			   verdict_status(verdict));
}

static int explain_print(const struct cli *cli, struct explain *explain,
			 const struct migcompat_verdict *verdict)
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
		output_line("the policy was not evaluated");
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
	for (size_t i = 0; i < COUNT(names); i++)
		table_column(explain.table, names[i],
			     i == 3   ? TABLE_WRAP
			     : i == 4 ? TABLE_DROP(1)
				      : 0);
	cli->engine.trace = trace;
	cli->engine.trace_arg = &explain;
	r = source.device ? check_devices(&cli->engine, source.device, target, &verdict)
			  : check_text(&cli->engine, source.text, source.len, target, &verdict);
	if (r || verdict.code == MIGCOMPAT_ERROR) {
		table_free(explain.table);
		json_decref(explain.rules);
		status = output_fail(cli, r ? r : verdict.error, "%s",
				     r ? "out of memory" : verdict.text.text);
	} else {
		status = cli->options.json ? explain_json(cli, explain.rules, &verdict)
					   : explain_print(cli, &explain, &verdict);
	}
	verdict_clear(&verdict);
	return status;
}
