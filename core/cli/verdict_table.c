/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict for people: a headline, remarks, and one line per finding that matters. */
#include "core/cli/verdict_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/cli/document.h"
#include "core/facts/macros.h"

static const struct shown {
	const char *status;
	const char *color;
	bool always; /* otherwise only with --verbose */
} shown[] = {
	{"ok", "green", false},
	{"bad", "red", true},
	{"warn", "yellow", true},
	{"unknown", "yellow", true},
};

int verdict_document_status(const json_t *verdict)
{
	if (document_is(verdict, "verdict", "compatible"))
		return CLI_YES;
	return document_is(verdict, "verdict", "incompatible") ||
			       document_is(verdict, "verdict", "not-migratable")
		       ? CLI_NO
		       : CLI_TROUBLE;
}

static void print_state(const char *name, const json_t *state)
{
	const char *text = document_text(state, "text");

	output_line("%s: %s%s%s%s", name, document_text(state, "state"), text && *text ? " (" : "",
		    text && *text ? text : "", text && *text ? ")" : "");
}

static bool has_finding(const json_t *findings, const char *field)
{
	const json_t *finding;
	size_t i;

	json_array_foreach (findings, i, finding) {
		if (document_is(finding, "field", field))
			return true;
	}
	return false;
}

static void print_notes(const struct cli *cli, const json_t *verdict)
{
	const json_t *mechanism = json_object_get(verdict, "mechanism"),
		     *availability = json_object_get(verdict, "availability"), *rule;
	size_t i;

	json_array_foreach (json_object_get(verdict, "policy"), i, rule) {
		output_line("policy: rule \"%s\"", json_string_value(rule));
	}
	if (json_is_true(json_object_get(verdict, "forced")))
		output_line("forced: the policy accepts what the backend refused");
	/*
	 * Most verdicts have the missing mechanism as a finding, so it is not repeated.
	 */
	if (cli->options.verbose ||
	    (!document_is(mechanism, "state", "yes") && !document_is(mechanism, "text", "") &&
	     !has_finding(json_object_get(verdict, "findings"), "mechanism")))
		print_state("mechanism", mechanism);
	if (cli->options.verbose || document_is(availability, "state", "no"))
		print_state("availability", availability);
	if (document_count(verdict, "truncated"))
		output_line("findings: %zu more were counted and are not shown",
			    document_count(verdict, "truncated"));
}

static const struct shown *how(const json_t *finding)
{
	for (size_t i = 0; i < COUNT(shown); i++)
		if (document_is(finding, "status", shown[i].status))
			return &shown[i];
	return &shown[1]; /* an unknown status is treated as bad */
}

static void add_finding(struct table *table, const json_t *finding)
{
	char text[ERROR_TEXT_MAX * 3];

	snprintf(text, sizeof(text), "%s: %s", document_text(finding, "field"),
		 document_text(finding, "text"));
	table_line(table);
	table_cell(table, document_text(finding, "status"), how(finding)->color);
	table_cell(table, document_text(finding, "limit"), NULL);
	table_cell(table, text, NULL);
}

static bool is_shown(const struct cli *cli, const json_t *finding)
{
	return cli->options.verbose || how(finding)->always;
}

static bool shows_findings(const struct cli *cli, const json_t *verdict)
{
	const json_t *finding;
	size_t i;

	json_array_foreach (json_object_get(verdict, "findings"), i, finding) {
		if (is_shown(cli, finding))
			return true;
	}
	return false;
}

static struct table *findings_table(const struct cli *cli, const json_t *verdict)
{
	struct table *table = table_new(cli);
	const json_t *finding;
	size_t i;

	table_column(table, "STATUS", 0);
	table_column(table, "LIMIT", 0);
	table_column(table, "FINDING", TABLE_WRAP);
	json_array_foreach (json_object_get(verdict, "findings"), i, finding) {
		if (is_shown(cli, finding))
			add_finding(table, finding);
	}
	return table;
}

int verdict_print(const struct cli *cli, const json_t *verdict, int status)
{
	bool error = document_is(verdict, "verdict", "error"), shows = shows_findings(cli, verdict);
	struct table *table;

	if (error && !cli->options.verbose)
		return status;
	/*
	 * A verdict must not be printed without its findings, so the table is made first.
	 */
	table = shows ? findings_table(cli, verdict) : NULL;
	if (shows && !table_whole(table))
		return table_print(table, status);
	if (!error)
		output_headline(cli, "", verdict);
	print_notes(cli, verdict);
	return shows ? table_print(table, status) : status;
}

/* With --available, a target that is not available is no yes. */
static int check_status(const struct cli *cli, const json_t *verdict)
{
	int status = verdict_document_status(verdict);
	bool taken = document_is(json_object_get(verdict, "availability"), "state", "no");

	return status == CLI_YES && cli->options.available && taken ? CLI_NO : status;
}

int verdict_answer(const struct cli *cli, json_t *verdict)
{
	int status = check_status(cli, verdict);

	if (status == CLI_TROUBLE)
		output_sentence("%s", document_text(verdict, "reason"));
	if (cli->options.json)
		return output_json(cli, verdict, status);
	status = verdict_print(cli, verdict, status);
	json_decref(verdict);
	return status;
}
