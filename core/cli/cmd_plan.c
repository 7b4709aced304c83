/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat prepare: a script of the writes that make a target ready. It writes nothing
 * itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/script.h"

/* The target must fit now or after the writes, and must not be in use. */
static bool possible(const struct migcompat_verdict *verdict, const struct plan *plan)
{
	return (verdict->code == MIGCOMPAT_COMPATIBLE || plan->sets_up) &&
	       verdict->result.availability != MIGCOMPAT_NO;
}

/* Print why nothing can be done, for the person who runs the script. */
static void print_refusal(const struct migcompat_verdict *verdict, int status)
{
	char reason[ERROR_TEXT_MAX * 2], text[ERROR_TEXT_MAX * 2 + 64];
	const char *why = verdict->result.availability_text;

	if (verdict->code == MIGCOMPAT_COMPATIBLE)
		snprintf(text, sizeof(text), "migcompat: the target is not available now%s%s",
			 why ? ": " : "", why ? why : "");
	else
		snprintf(text, sizeof(text), "migcompat: %s: %s", verdict_name(verdict->code),
			 verdict_reason(verdict, reason, sizeof(reason)));
	output_clean(text);
	script_refuse(text, status);
}

/* Findings can say why nothing is written. The mechanism's finding does not. */
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

static int prepare_print(const struct cli *cli, const struct migcompat_verdict *verdict,
			 struct plan *plan)
{
	int status = possible(verdict, plan) ? CLI_YES : CLI_NO;
	json_t *document;

	if (status == CLI_NO)
		plan_free(plan);
	if (cli->options.json)
		return output_json(cli, json_plan(plan, verdict), status);
	document = json_verdict(verdict);
	if (!document)
		return output_fail(cli, -ENOMEM, "out of memory");
	output_headline(cli, "# ", document);
	json_decref(document);
	if (status == CLI_YES && plan->sets_up)
		output_line("# the target fits after these writes");
	if (status == CLI_YES) {
		script_plan(plan, verdict->target.device->host->name);
	} else {
		print_warnings(&verdict->result);
		print_refusal(verdict, status);
	}
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
	r = plan_make(&cli->engine,
		      &(struct plan_question){
			      .source = source.device,
			      .text = source.text,
			      .len = source.len,
			      .target = target,
			      .uuid = cli->options.uuid,
		      },
		      &verdict, &plan, &err);
	if (r)
		status = output_fail(cli, r, "%s: %s", target->id, err.text);
	else if (verdict.code == MIGCOMPAT_ERROR)
		status = output_fail(cli, verdict.error, "%s", verdict.text.text);
	else
		status = prepare_print(cli, &verdict, &plan);
	plan_free(&plan);
	verdict_clear(&verdict);
	return status;
}
