/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat ask: possible targets, best first. */
#include <errno.h>
#include <string.h>

#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/facts/macros.h"

static const char *state_color(const char *state)
{
	return strcmp(state, "yes") == 0 ? "green" : strcmp(state, "no") == 0 ? "red" : NULL;
}

static int choices_table(const struct cli *cli, const json_t *choices)
{
	/* All compatible ones have the same type. */
	static const struct {
		const char *name;
		unsigned flags;
	} columns[] = {
		{"DEVICE", 0},
		{"HOST", 0},
		{"KIND", TABLE_DROP(2)},
		{"TYPE", TABLE_DROP(1)},
		{"GRADE", TABLE_DROP(5)},
		{"AVAILABLE", 0},
		{"MECHANISM", TABLE_DROP(3)},
		{"SET", TABLE_DROP(6)},
		{"NOTE", TABLE_WRAP | TABLE_DROP(4)},
	};
	struct table *table = table_new(cli);
	bool set = false, note = false;
	const json_t *choice;
	size_t i;

	for (i = 0; i < COUNT(columns); i++)
		table_column(table, columns[i].name, columns[i].flags);
	json_array_foreach (choices, i, choice) {
		const char *grade = document_text(choice, "grade"),
			   *available = document_state(choice, "availability");
		const char *mechanism = document_state(choice, "mechanism");

		set |= document_text(choice, "set") != NULL;
		note |= !document_is(choice, "text", "");
		table_line(table);
		table_cell(table, document_text(choice, "device"), NULL);
		table_cell(table, document_text(choice, "host"), NULL);
		table_cell(table, document_text(choice, "kind"), NULL);
		table_cell(table, document_text(choice, "type"), NULL);
		table_cell(table, grade ? grade : "forced", NULL);
		table_cell(table, available, state_color(available));
		table_cell(table, mechanism, state_color(mechanism));
		table_cell(table, document_text(choice, "set"), NULL);
		table_cell(table, document_text(choice, "text"), NULL);
	}
	if (!set)
		table_hide(table, 7);
	if (!note)
		table_hide(table, 8);
	return table_print(table, CLI_YES);
}

static int answer_print(const struct cli *cli, const json_t *answer)
{
	const json_t *choices = json_object_get(answer, "choices"),
		     *unanswered = json_object_get(answer, "unanswered"), *entry;
	const char *reason = document_text(answer, "reason");
	int status = json_array_size(choices) ? choices_table(cli, choices) : CLI_NO;
	size_t i;

	if (status == CLI_TROUBLE)
		return status;
	if (!json_array_size(choices) && reason)
		output_line("no choice: %s", reason);
	else if (!json_array_size(choices) && !document_count(answer, "asked"))
		output_line("no choice: this backend has no other device");
	else if (!json_array_size(choices))
		output_line("no choice: none of the %zu devices of this backend can take it%s",
			    document_count(answer, "asked") - json_array_size(unanswered),
			    cli->options.available ? " now" : "");
	json_array_foreach (json_object_get(answer, "refused"), i, entry) {
		output_line("cannot take it: %s//%s: %s", document_text(entry, "host"),
			    document_text(entry, "device"), document_text(entry, "text"));
	}
	json_array_foreach (unanswered, i, entry) {
		output_line("could not be asked: %s//%s: %s", document_text(entry, "host"),
			    document_text(entry, "device"), document_text(entry, "text"));
	}
	return status;
}

int command_ask(struct cli *cli)
{
	const struct answers *answers = &answers_own;
	struct cli_source source;
	json_t *answer = NULL;
	int status;

	if (cli->options.other_hosts && strcmp(cli->arguments[0], "-") == 0)
		return output_fail(
			cli, -EINVAL,
			"ask - takes no --other-hosts: a version string does not name its host");
	status = cli_read_source(cli, &source);
	if (!status)
		status = answer_choose(cli, &answers);
	if (!status)
		status = answers->ask(cli, &source, &answer);
	if (status)
		return status;
	if (document_text(answer, "verdict")) {
		status = CLI_TROUBLE;
		output_sentence("%s", document_text(answer, "reason"));
	} else {
		status = json_array_size(json_object_get(answer, "choices")) ? CLI_YES : CLI_NO;
	}
	if (cli->options.json)
		return output_json(cli, answer, status);
	output_doubts(json_object_get(answer, "findings"));
	if (status != CLI_TROUBLE)
		status = answer_print(cli, answer);
	json_decref(answer);
	return status;
}
