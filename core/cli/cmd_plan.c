/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat prepare: the writes that make a target ready. Writes nothing itself. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

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

/* Why nothing is written may stand beside what refuses the target. The mechanism is none of it. */
static void print_warnings(const struct migcompat_result *result)
{
	char text[MIGCOMPAT_STRING_MAX + 1];

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding->status != MIGCOMPAT_STATUS_WARN ||
		    strcmp(finding->field, "mechanism") == 0)
			continue;
		finding_render(finding, text, sizeof(text));
		output_line("# %s", text);
	}
}

static int prepare_print(const struct cli *cli, const struct migcompat_verdict *verdict, const struct plan *plan)
{
	int status = verdict_status(verdict);
	json_t *document;

	/* What refuses the target is what the writes change. */
	if (plan->sets_up)
		status = CLI_YES;
	if (cli->options.json)
		return output_json(cli, json_plan(plan, verdict), status);
	document = json_verdict(verdict);
	if (!document)
		return output_fail(cli, -ENOMEM, "out of memory");
	output_headline(cli, "# ", document);
	json_decref(document);
	if (plan->sets_up)
		output_line("# the target fits after these writes");
	if (status == CLI_YES)
		print_plan(plan);
	else
		print_warnings(&verdict->result);
	return status;
}

int command_prepare(struct cli *cli)
{
	struct migcompat_verdict verdict = {0};
	struct plan plan = {0};
	const struct device *target;
	struct error err = {0};
	struct cli_source source;
	int status = cli_read_source(cli, &source), r;

	if (!status)
		status = cli_question(cli, &source, &target);
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
