/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict for people: the headline, what stands beside it, and a line a finding that is worth one. */
#include "core/cli/verdict_table.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *color;
	bool always; /* else with --verbose only */
} shown[] = {
	[MIGCOMPAT_STATUS_OK] = {"green", false},
	[MIGCOMPAT_STATUS_BAD] = {"red", true},
	[MIGCOMPAT_STATUS_WARN] = {"yellow", true},
	[MIGCOMPAT_STATUS_UNKNOWN] = {"yellow", true},
};

static void print_state(const char *name, uint32_t state, const char *text)
{
	output_line("%s: %s%s%s%s", name, state_name(state), text && *text ? " (" : "", text && *text ? text : "",
		    text && *text ? ")" : "");
}

static bool has_finding(const struct migcompat_result *result, const char *field)
{
	for (size_t i = 0; i < result->count; i++)
		if (strcmp(result->findings[i].field, field) == 0)
			return true;
	return false;
}

static void print_notes(const struct cli *cli, const struct migcompat_verdict *verdict)
{
	const struct migcompat_result *result = &verdict->result;
	const char *text = NULL;
	uint32_t mechanism = verdict_mechanism(verdict, &text);

	for (size_t i = 0; i < verdict->nrules; i++)
		output_line("policy: rule \"%s\"", verdict->rules[i]);
	if (verdict->forced)
		output_line("forced: the policy accepts what the backend refused");
	/* A missing mechanism is a finding in most verdicts: once is enough. */
	if (cli->options.verbose || (mechanism != MIGCOMPAT_YES && text && !has_finding(result, "mechanism")))
		print_state("mechanism", mechanism, text);
	if (cli->options.verbose || result->availability == MIGCOMPAT_NO)
		print_state("availability", result->availability, result->availability_text);
	if (result->truncated)
		output_line("findings: %zu more were counted and are not shown", result->truncated);
}

static bool worth_a_line(const struct cli *cli, const struct finding *finding)
{
	return cli->options.verbose || (finding->status < sizeof(shown) / sizeof(shown[0]) && shown[finding->status].always);
}

static void add_finding(struct table *table, const struct finding *finding)
{
	char sentence[ERROR_TEXT_MAX * 2], text[ERROR_TEXT_MAX * 3];

	finding_render(finding, sentence, sizeof(sentence));
	snprintf(text, sizeof(text), "%s: %s", finding->field, sentence);
	table_line(table);
	table_cell(table, status_name(finding->status),
		   finding->status < sizeof(shown) / sizeof(shown[0]) ? shown[finding->status].color : NULL);
	table_cell(table, limit_name(finding->limit), NULL);
	table_cell(table, text, NULL);
}

int verdict_print(const struct cli *cli, const struct migcompat_verdict *verdict, int status)
{
	const struct migcompat_result *result = &verdict->result;
	struct table *table = NULL;

	if (verdict->code == VERDICT_ERROR && !cli->options.verbose)
		return status;
	if (verdict->code != VERDICT_ERROR)
		output_headline(cli, "", verdict);
	print_notes(cli, verdict);
	for (size_t i = 0; i < result->count; i++) {
		if (!worth_a_line(cli, &result->findings[i]))
			continue;
		if (!table) {
			table = table_new(cli);
			table_column(table, "STATUS", 0);
			table_column(table, "LIMIT", 0);
			table_column(table, "FINDING", TABLE_WRAP);
		}
		add_finding(table, &result->findings[i]);
	}
	return table ? table_print(table, status) : status;
}
