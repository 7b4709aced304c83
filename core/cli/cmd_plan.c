/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat params and prepare: what can be set, and the writes that make a target ready. Writes nothing itself. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

static int parameters_table(const struct cli *cli, const struct migcompat_sink *sink)
{
	static const char *const names[] = {"NAME", "TYPE", "VALUE", "ALLOWED", "INIT", "OFF", "ATTRIBUTE", "RUNTIME", "DESCRIPTION"};
	static const char *const types[] = {"bool", "int", "str"};
	struct table *table = table_new(cli);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		table_column(table, names[i], 0);
	for (size_t i = 0; i < sink->nparameters; i++) {
		const struct migcompat_parameter *parameter = &sink->parameters[i];

		table_line(table);
		table_cell(table, parameter->name, NULL);
		table_cell(table, types[parameter->type], NULL);
		table_cell(table, parameter->value, NULL);
		table_cell(table, parameter->allowed ? parameter->allowed : "any", NULL);
		table_cell(table, parameter->init, NULL);
		table_cell(table, parameter->off, NULL);
		table_cell(table, parameter->attribute, NULL);
		table_cell(table, parameter->runtime ? "yes" : "no", NULL);
		table_cell(table, parameter->description, NULL);
	}
	return table_print(table, CLI_YES);
}

int command_params(struct cli *cli)
{
	struct migcompat_sink sink = {0};
	const struct device *device;
	struct error err = {0};
	int status = cli_one_device(cli, &device), r;

	if (status)
		return status;
	r = plan_parameters(&cli->engine, device, &sink, &err);
	if (r == -ENODEV) {
		output_sentence("%s: %s", device->id, err.text);
		status = cli->options.json ? output_json(cli, json_parameters(device, &sink), CLI_NO) : CLI_NO;
	} else if (r) {
		status = output_fail(cli, r, "%s: %s", device->id, err.text);
	} else if (cli->options.json) {
		status = output_json(cli, json_parameters(device, &sink), CLI_YES);
	} else if (sink.nparameters) {
		status = parameters_table(cli, &sink);
	} else {
		output_line("%s has no parameters", device->id);
	}
	sink_free(&sink);
	return status;
}

/* A word for the shell: as it is where nothing in it means something to the shell, else quoted. */
static void print_word(const char *word)
{
	if (*word && *word != '-' && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:/@%+=-")]) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

static void print_plan(const struct plan *plan)
{
	if (!plan->nwrites)
		output_line("# nothing is to be written: the target is ready");
	for (size_t i = 0; i < plan->nwrites; i++) {
		fputs("printf '%s\\n' ", stdout);
		print_word(plan->writes[i].value);
		fputs(" > ", stdout);
		print_word(plan->writes[i].path);
		puts(plan->writes[i].runtime ? " # also while it is open" : "");
	}
}

static int prepare_print(const struct cli *cli, const struct migcompat_verdict *verdict, const struct plan *plan)
{
	int status = verdict_status(verdict);

	if (cli->options.json)
		return output_json(cli, json_plan(plan, verdict), status);
	output_headline(cli, "# ", verdict);
	if (status == CLI_YES)
		print_plan(plan);
	return status;
}

int command_prepare(struct cli *cli)
{
	struct migcompat_verdict verdict = {0};
	struct plan plan = {0};
	const struct device *target;
	struct error err = {0};
	struct cli_source source;
	int status = cli_question(cli, &source, &target), r;

	if (status)
		return status;
	r = plan_make(&cli->engine, source.device, source.text, source.len, target, cli->options.uuid, &verdict, &plan, &err);
	if (r)
		status = output_fail(cli, r, "%s: %s", target->id, err.text);
	else if (verdict.code == VERDICT_ERROR)
		status = output_fail(cli, verdict.error, "%s", verdict.text.text);
	else
		status = prepare_print(cli, &verdict, &plan);
	plan_free(&plan);
	verdict_clear(&verdict);
	return status;
}
